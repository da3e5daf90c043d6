"""Opening hours of a centre."""

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from smartwork.domain.time import Interval, local_instant


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The same local hours on each open ISO weekday, except on the days in `closures`."""

    timezone: str
    opens: time
    closes: time
    open_days: frozenset[int]
    closures: frozenset[date] = frozenset()

    @property
    def zone_info(self) -> ZoneInfo:
        """The time zone `timezone`."""
        return ZoneInfo(self.timezone)

    def of(self, day: date) -> Interval | None:
        """The opening hours of a local day as instants in UTC, or None if the centre is closed that day."""
        if day.isoweekday() not in self.open_days or day in self.closures:
            return None
        return Interval(local_instant(day, self.opens, self.timezone), local_instant(day, self.closes, self.timezone))
