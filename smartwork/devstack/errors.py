"""The error that the development stack raises, and what its messages are made of."""

from collections.abc import Mapping
from pathlib import Path

from smartwork.errors import SmartworkError


class DevstackError(SmartworkError):
    """The user can correct it; the message says how. Show it without a traceback."""


WITHOUT_DEVSTACK = (
    "Instead you can run `docker compose up -d`, or set SMARTWORK_DATABASE_URL and SMARTWORK_BROKER_URL "
    "to a TimescaleDB and an MQTT 5 broker of your own."
)


def last_lines(log: Path, count: int = 15) -> str:
    """The last lines of a log for an error message; empty if there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-count:])


def plain_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """A minimal environment for servers and tools, without variables of the caller, plus `env`."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", **(env or {})}
