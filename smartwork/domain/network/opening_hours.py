"""When a centre is open."""

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from smartwork.domain.time import Interval, local_instant


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
        return Interval(local_instant(day, self.opens, self.timezone), local_instant(day, self.closes, self.timezone))
