"""What all dialects share: a message of a simulated device, a command to a lamp."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class SimulatedMessage:
    """A message that a simulated device publishes on its centre's broker."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class LampCommand:
    """A command to a lamp: on or off, and a level from 0 to 1 if the command has one."""

    on: bool
    level: float | None = None

    @property
    def commanded_level(self) -> float:
        """The level that the lamp is to have: 0 if off, full light if on without a level."""
        if not self.on:
            return 0.0
        return 1.0 if self.level is None else self.level


def to_json(value: object) -> bytes:
    """Compact JSON, as devices write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def to_iso_utc(at: datetime, timespec: str = "milliseconds") -> str:
    """An instant as ISO 8601 in UTC with the suffix Z."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def json_object(payload: bytes) -> dict[str, object]:
    """The JSON object in `payload`; an empty one if it holds anything else, because devices ignore such commands."""
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def on_or_off(word: object) -> bool | None:
    """True for ON and False for OFF in any case; None for anything else."""
    return {"ON": True, "OFF": False}.get(word.upper()) if isinstance(word, str) else None


def to_level(value: object, full: float) -> float | None:
    """A number on the scale from 0 to `full` as a level from 0 to 1; None for anything but a number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return min(max(value / full, 0.0), 1.0)


def lamp_command(on: bool | None, level: float | None) -> LampCommand | None:
    """The command that a state and a level make; a level alone switches the lamp on, or off at 0. None without both."""
    if on is None and level is None:
        return None
    return LampCommand(on if on is not None else bool(level), level)
