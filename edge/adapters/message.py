"""What adapters share: a message as it was heard, the readings made of it, and how values are taken out of it."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

CLOCK_AHEAD = timedelta(minutes=2)
CLOCK_BEHIND = timedelta(days=31)
"""A device that stores while its network is away may be late by days; a clock that is ahead is wrong."""
_EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
Convert = Callable[[object], float | None]


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message of a registered device, when it arrived, and what the registry knows of the device.

    A time in it that lies more than `max_age` before its arrival is not believed.
    """

    topic: str
    payload: bytes
    device: str
    address: str
    arrived: datetime
    model: str | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    max_age: timedelta = CLOCK_BEHIND


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was observed, and whether only the arrival of the message says so."""

    at: datetime
    is_arrival: bool

    @property
    def ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.at.timestamp() * 1000)


def arrival(heard: DeviceMessage) -> Moment:
    """For devices that name no time."""
    return Moment(heard.arrived, is_arrival=True)


def observed(heard: DeviceMessage, claimed: datetime | None) -> Moment:
    """The device's own time where it is believable, else the arrival, marked as such.

    Raises ValueError where the clock was never set: such a device's past cannot be told from its present.
    """
    if claimed is None:
        return arrival(heard)
    if claimed < _EARLIEST:
        raise ValueError(f"the device's clock is not set: it says {claimed.isoformat()}")
    if claimed > heard.arrived + CLOCK_AHEAD or heard.arrived - claimed > heard.max_age:
        return arrival(heard)
    return Moment(claimed, is_arrival=False)


def instant(value: object, name: str, zone: ZoneInfo | None = None, near: datetime | None = None) -> datetime | None:
    """An ISO 8601 time or seconds since 1970 as an instant; None where the field is absent.

    A time without an offset is local to `zone`; of the two instants of a repeated hour it is the one that is nearer to
    `near`, by itself the first. Raises ValueError, naming the field, for anything else.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            raise ValueError(f"{name} is {value!r}") from None
    try:
        at = datetime.fromisoformat(_to_microseconds(str(value)))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        if zone is not None:
            both = [at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
            return both[0] if near is None else min(both, key=lambda one: abs(near - one))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {str(value)[:40]!r}") from None
    raise ValueError(f"{name} is {str(value)[:40]!r}, which has no offset from UTC")


def _to_microseconds(text: str) -> str:
    """Network servers write nanoseconds, which Python does not read."""
    whole, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6]}{rest[len(digits) :]}" if dot and digits else text


def json_object(payload: bytes) -> dict[str, object]:
    """The JSON object that the payload is; raises ValueError where it is none."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {str(error)[:80]}") from None
    if not isinstance(said, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - a wrong value, whatever its type
    return said


def text_of(payload: bytes) -> str:
    """The payload as text, without surrounding blanks."""
    return payload.decode(errors="replace").strip()


def child(parent: dict[str, object], name: str) -> dict[str, object]:
    """The object below `name`, empty where it is absent; raises ValueError where it is something else."""
    found = parent.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{name} is {str(found)[:40]!r}; expected an object")  # noqa: TRY004
    return found


def number(value: object) -> float | None:
    """A finite number, None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def numeral(value: object) -> float | None:
    """A finite number that may be written as text."""
    if not isinstance(value, str):
        return number(value)
    try:
        return number(float(value))
    except ValueError:
        return None


def truth(value: object) -> float | None:
    """1 or 0 of a JSON truth value."""
    return float(value) if isinstance(value, bool) else None


def on_off(value: object) -> float | None:
    """1 or 0 of ON and OFF, in any case."""
    return {"on": 1.0, "off": 0.0}.get(value.lower()) if isinstance(value, str) else None


def scaled(factor: float, digits: int = 6) -> Convert:
    """A converter: a number times `factor`, rounded."""

    def convert(value: object) -> float | None:
        found = number(value)
        return None if found is None or not math.isfinite(found * factor) else round(found * factor, digits)

    return convert


def level_of(full: float) -> Convert:
    """A converter: brightness from 0 to `full` as a share from 0 to 1."""

    def convert(value: object) -> float | None:
        found = number(value)
        return None if found is None or found < 0 else min(round(found / full, 4), 1.0)

    return convert


@dataclass(slots=True)
class Taken:
    """Readings of one message as they are found: one a metric, the first wins."""

    heard: DeviceMessage
    moment: Moment
    found: dict[Metric, Reading] = field(default_factory=dict)

    def take(self, source: dict[str, object], name: str, metric: Metric, convert: Convert) -> None:
        """The field `name` as `metric`, where it is there; raises ValueError, naming it, where it says nonsense."""
        value = source.get(name)
        if value is not None:
            self.put(metric, convert(value), name, value)

    def put(self, metric: Metric, value: float | None, name: str, said: object) -> None:
        """One value; `name` and `said` are what a complaint about it mentions."""
        if value is None or not math.isfinite(value):
            raise ValueError(f"{name} is {str(said)[:40]!r}")
        self.found.setdefault(
            metric, Reading(self.moment.ms, self.heard.device, metric, value, by_arrival=self.moment.is_arrival)
        )

    def readings(self) -> list[Reading]:
        """What was found, in the order of finding."""
        return list(self.found.values())


def switch_reading(heard: DeviceMessage, metric: Metric, words: dict[str, float], name: str) -> list[Reading]:
    """A payload that is one word, as one reading on arrival; raises ValueError for other words."""
    word = text_of(heard.payload)
    taken = Taken(heard, arrival(heard))
    taken.put(metric, words.get(word.lower()), name, word)
    return taken.readings()
