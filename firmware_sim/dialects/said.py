"""What all dialects share: a message as it is published, and what a lamp was told."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a device on its centre's broker."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What a lamp was told: on or off, and its level from 0 to 1 where one was named."""

    on: bool
    level: float | None = None


def text(value: object) -> bytes:
    """JSON as devices write it: no blanks."""
    return json.dumps(value, separators=(",", ":")).encode()


def zulu(at: datetime, timespec: str = "milliseconds") -> str:
    """An instant as ISO 8601 in UTC, with a Z."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def fields(payload: bytes) -> dict[str, object]:
    """The JSON object in a command; a device ignores what it does not understand, so anything else is an empty one."""
    try:
        said = json.loads(payload)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def switched(word: object) -> bool | None:
    """ON and OFF in any case, None for other words."""
    return {"ON": True, "OFF": False}.get(word.upper()) if isinstance(word, str) else None


def share(value: object, full: float) -> float | None:
    """A number from 0 to `full` as a share, None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return min(max(value / full, 0.0), 1.0)
