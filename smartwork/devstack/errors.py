"""The one error that the devstack raises, and how it tells of its progress."""

from collections.abc import Mapping
from pathlib import Path

from smartwork.errors import SmartworkError


class DevstackError(SmartworkError):
    """Something that the user can mend; the message says how. Show it without a traceback."""


WITHOUT_DEVSTACK = (
    "Instead you can run `docker compose up -d`, or set SMARTWORK_DATABASE_URL and SMARTWORK_BROKER_URL "
    "to a TimescaleDB and an MQTT 5 broker of your own."
)


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message; empty where there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-count:])


def plain_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """A small, predictable environment for servers and tools: nothing of the caller's shell leaks into them."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", **(env or {})}
