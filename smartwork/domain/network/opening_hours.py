"""Opening hours of a centre."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from smartwork.domain.time import Interval, local_instant

_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The same local hours on each open ISO weekday, except on the days in `closures`.

    A closing time of 23:59 or later is the end of the day, so that a centre may be open around the clock.
    """

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
        opens = local_instant(day, self.opens, self.timezone)
        if self.closes >= _LAST_MINUTE:
            return Interval(opens, local_instant(day + timedelta(days=1), time(), self.timezone))
        return Interval(opens, local_instant(day, self.closes, self.timezone))
