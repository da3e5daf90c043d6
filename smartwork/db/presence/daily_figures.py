"""Daily figures in the database: use of places, peak occupancy and lighting energy, and the data they are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.lighting.energy import LightingEnergy, MeterReading
from smartwork.domain.lighting.zone_energy import ZoneEnergy
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval


@dataclass(frozen=True, slots=True)
class CentreHours:
    """A centre and its opening hours."""

    centre_id: int
    slug: str
    name: str
    hours: OpeningHours


@dataclass(frozen=True, slots=True)
class LightMeter:
    """A meter of a zone's lighting, with its first reading and its retirement, and the rated power of the zone."""

    zone_id: int
    rated_w: float
    device_id: int
    since: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class DailyUse:
    """Seconds of one resource and local day by state, within opening hours."""

    resource_id: int
    day: date
    open_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    suspect_s: int


@dataclass(frozen=True, slots=True)
class MonthEnergy:
    """Lighting energy and baseline, in Wh, of the metered time of all zones; their metered and elapsed seconds added up."""

    use: LightingEnergy
    baseline_wh: float
    metered_s: int
    elapsed_s: int

    @property
    def metered_share(self) -> float | None:
        """The share of the elapsed time that was metered; None if no zone has a meter."""
        return self.metered_s / self.elapsed_s if self.elapsed_s else None


def _rows(
    connection: Connection, name: str, arguments: Sequence[object] | Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    return connection.execute(sql(name), arguments).fetchall()


def centres(connection: Connection) -> list[CentreHours]:
    """All centres with their opening hours, by slug."""
    listed = []
    for centre_id, slug, name, zone, opens, closes, days, closures in _rows(connection, "centre_hours"):
        hours = OpeningHours(zone, opens, closes, frozenset(days), frozenset(closures))
        listed.append(CentreHours(centre_id, slug, name, hours))
    return listed


def resources(connection: Connection, centre_id: int) -> dict[int, tuple[int, str]]:
    """The bookable resources of a centre, by id: (zone id, kind)."""
    return {resource: (zone, kind) for resource, zone, kind in _rows(connection, "bookable_resources", (centre_id,))}


def spans(connection: Connection, centre_id: int, window: Interval) -> dict[int, list[Span]]:
    """The spans that overlap `window`, uncut, by resource and in order."""
    arguments = {"centre_id": centre_id, "start": window.start, "end": window.end}
    by_resource: dict[int, list[Span]] = {}
    for resource, start, end, state, suspect in _rows(connection, "spans_of_centre", arguments):
        by_resource.setdefault(resource, []).append(Span(start, end, state, suspect))
    return by_resource


def light_meters(connection: Connection, centre_id: int) -> list[LightMeter]:
    """The light meters of a centre, by zone."""
    with connection.cursor(row_factory=class_row(LightMeter)) as cursor:
        return cursor.execute(sql("light_meters"), (centre_id,)).fetchall()


def counter(connection: Connection, device_id: int, window: Interval) -> list[MeterReading]:
    """A meter's cumulative readings in `window`, the last one before it and the first one after it, in order."""
    arguments = {"device_id": device_id, "start": window.start, "end": window.end}
    return [(at, value) for at, value in _rows(connection, "counter_around", arguments)]


def replace_use(
    connection: Connection,
    centre_id: int,
    days: Sequence[date],
    use: Iterable[DailyUse],
    peaks: Iterable[tuple[date, int, datetime | None]],
) -> None:
    """Replace the use and the peaks (day, places, first instant) of `days`, in the caller's transaction."""
    arguments = {"centre_id": centre_id, "days": list(days)}
    connection.execute(sql("delete_daily_use"), arguments)
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_use")) as copy:
        for u in use:
            copy.write_row((u.resource_id, u.day, u.open_s, u.occupied_s, u.vacant_s, u.unknown_s, u.suspect_s))
    connection.execute(sql("delete_daily_peaks"), arguments)
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_peaks")) as copy:
        for day, peak, first_at in peaks:
            copy.write_row((centre_id, day, peak, first_at))


def replace_energy(
    connection: Connection, centre_id: int, days: Sequence[date], energy: Iterable[tuple[int, date, ZoneEnergy]]
) -> None:
    """Replace the energy of `days` by that of each zone id and day, in the caller's transaction."""
    connection.execute(sql("delete_daily_energy"), {"centre_id": centre_id, "days": list(days)})
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_energy")) as copy:
        for zone_id, day, zone in energy:
            use = zone.use
            copy.write_row(
                (zone_id, day, use.used_wh, use.empty_wh, use.unknown_wh, zone.baseline_wh, zone.metered_s, zone.elapsed_s)
            )


def energy_total(connection: Connection, days: Sequence[date]) -> MonthEnergy:
    """The energy of all zones over `days`."""
    used, empty, unknown, baseline, metered_s, elapsed_s = _rows(connection, "energy_total", (list(days),))[0]
    return MonthEnergy(LightingEnergy(used, empty, unknown), baseline, metered_s, elapsed_s)
