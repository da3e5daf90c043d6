"""What pages read: the settings of the process, and one snapshot of the database for each page."""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby

from smartwork.db.read.dashboard import CentreMonthUse, EnergyRow, Reader, Use, ratio, reading
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.settings import DashboardSettings


@cache
def settings() -> DashboardSettings:
    """The settings of this process; raises SettingError if one is missing."""
    return DashboardSettings.from_env(os.environ)


def opened() -> AbstractContextManager[Reader]:
    """A reader for one page; raises ServiceUnavailable if the database is not available."""
    return reading(settings().database_url)


@dataclass(frozen=True, slots=True)
class Light:
    """Lighting of a zone, a centre or the network in the metered time of a month, in Wh."""

    name: str
    centre: str
    area_m2: float
    used_wh: float
    empty_wh: float
    unknown_wh: float
    baseline_wh: float
    metered_s: int | None
    elapsed_s: int | None

    @property
    def is_measured(self) -> bool:
        """Whether any time was metered; True if that was not recorded."""
        return self.metered_s is None or self.metered_s > 0

    @property
    def metered_share(self) -> float | None:
        """Metered time over elapsed time of the zones; None if it was not recorded."""
        return None if self.metered_s is None else ratio(self.metered_s, self.elapsed_s or 0)

    @property
    def saved_wh(self) -> float:
        """Baseline minus use; negative if more was used."""
        return self.baseline_wh - self.used_wh

    @property
    def saving(self) -> float | None:
        """Share of the baseline that was not used."""
        return ratio(self.saved_wh, self.baseline_wh)

    @property
    def waste_share(self) -> float | None:
        """Share of the energy that was used while nobody was in the zone."""
        return ratio(self.empty_wh, self.used_wh)

    @property
    def kwh_per_m2(self) -> float | None:
        """Lighting energy per area, kWh/m²."""
        return ratio(self.used_wh / 1000, self.area_m2) if self.is_measured else None


def network_use(centres: list[CentreMonthUse]) -> Use:
    """The use of all centres' desks together."""
    return Use(
        open_s=sum(c.open_s for c in centres),
        occupied_s=sum(c.occupied_s for c in centres),
        vacant_s=sum(c.vacant_s for c in centres),
        unknown_s=sum(c.unknown_s for c in centres),
    )


def zones_worst_first(rows: list[EnergyRow]) -> list[Light]:
    """Each zone's month, most energy wasted on empty zones first."""
    ordered = sorted(rows, key=lambda row: row.zone_id)
    zones = [list(group) for _, group in groupby(ordered, key=lambda row: row.zone_id)]
    lights = [light(zone[0].zone, zone[0].centre, zone) for zone in zones]
    return sorted(lights, key=lambda zone: -zone.empty_wh)


def light(name: str, centre: str, rows: list[EnergyRow]) -> Light:
    """The sum of `rows`; the area counts each zone once."""
    return Light(
        name=name,
        centre=centre,
        area_m2=sum({row.zone_id: row.area_m2 for row in rows}.values()),
        used_wh=sum(row.used_wh for row in rows),
        empty_wh=sum(row.empty_wh for row in rows),
        unknown_wh=sum(row.unknown_wh for row in rows),
        baseline_wh=sum(row.baseline_wh for row in rows),
        metered_s=_sum(row.metered_s for row in rows),
        elapsed_s=_sum(row.elapsed_s for row in rows),
    )


def _sum(seconds: Iterable[int | None]) -> int | None:
    """The sum of the values that were recorded; None if none was."""
    recorded = [value for value in seconds if value is not None]
    return sum(recorded) if recorded else None


def in_month(days: Iterable[LedgerDay], month: date) -> Iterator[LedgerDay]:
    """The days of `days` in `month`."""
    return (day for day in days if (day.day.year, day.day.month) == (month.year, month.month))
