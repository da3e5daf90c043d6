"""The network: operators, centres, zones, what can be occupied there, and the devices that watch it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from smartwork.contracts.policy import Role, ZoneLight

ResourceKind = Literal["desk", "room", "recording"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, half-open: [start, end)."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Length in seconds; never negative for a well-formed interval."""
        return (self.end - self.start).total_seconds()

    def cut(self, other: "Interval") -> "Interval | None":
        """What both have in common, or None where that is nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Rect:
    """A place on a centre's floor plan, in metres from its upper left corner."""

    x_m: float
    y_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a centre."""

    name: str
    kind: Literal["public", "private"]
    enterprise_number: str


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a centre is open: the same hours on each open ISO weekday, except on closures; local time."""

    timezone: str
    opens: time
    closes: time
    open_days: frozenset[int]
    closures: frozenset[date] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)

    def of(self, day: date) -> Interval | None:
        """The open stretch of a local day as instants in UTC, or None where the centre stays shut."""
        if day.isoweekday() not in self.open_days or day in self.closures:
            return None
        return Interval(_instant(day, self.opens, self.timezone), _instant(day, self.closes, self.timezone))


@dataclass(frozen=True, slots=True)
class Resource:
    """A desk or meeting room (or a recording that is replayed); slug is unique in its centre."""

    slug: str
    name: str
    kind: ResourceKind
    seats: int
    zone: str
    place: Rect


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a centre that is lit together; without settings its lights are left alone."""

    slug: str
    name: str
    area_m2: float
    light_power_w: float
    place: Rect
    light: ZoneLight | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A sensor or light as installed: what it watches is a resource or a zone, by slug."""

    slug: str
    profile: str
    address: str
    interval_s: int
    zone: str | None = None
    resource: str | None = None
    role: Role = "presence"
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Centre:
    """One Smart Work Center and all that stands in it."""

    slug: str
    name: str
    operator: str
    region: str
    town: str
    latitude: float
    longitude: float
    hours: OpeningHours
    closure_reasons: dict[date, str]
    plan_width_m: float
    plan_height_m: float
    zones: tuple[Zone, ...]
    resources: tuple[Resource, ...]
    devices: tuple[Device, ...]


def local_day(day: date, timezone: str) -> Interval:
    """The whole local day as instants in UTC: 23 or 25 hours when the clocks change."""
    return Interval(_instant(day, time(), timezone), _instant(day + timedelta(days=1), time(), timezone))


def _instant(day: date, at: time, timezone: str) -> datetime:
    """The instant in UTC: the difference of two times of one zone would be clock time, an hour off twice a year."""
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def days_of_month(month: date) -> list[date]:
    """Every day of the month that `month` lies in, in order."""
    first = month.replace(day=1)
    return [first + timedelta(days=i) for i in range(31) if (first + timedelta(days=i)).month == first.month]


def local_month(month: date, timezone: str) -> Interval:
    """The whole local month that `month` lies in, as instants in UTC."""
    days = days_of_month(month)
    return Interval(local_day(days[0], timezone).start, local_day(days[-1], timezone).end)
