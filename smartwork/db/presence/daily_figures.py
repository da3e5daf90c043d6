"""A centre's month in the database: what the daily figures read and write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.lighting.energy import Counter, Use
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval


@dataclass(frozen=True, slots=True)
class CentreHours:
    """A centre and when it is open."""

    centre_id: int
    slug: str
    name: str
    hours: OpeningHours


@dataclass(frozen=True, slots=True)
class Meter:
    """The light meter of a zone."""

    zone_id: int
    zone: str
    rated_w: float
    device_id: int


@dataclass(frozen=True, slots=True)
class UseDay:
    """Seconds of one resource and local day by state, within opening hours."""

    resource_id: int
    day: date
    open_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    suspect_s: int


def _rows(
    connection: Connection, name: str, arguments: Sequence[object] | Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    return connection.execute(sql(name), arguments).fetchall()


def centres(connection: Connection) -> list[CentreHours]:
    """All centres with their opening hours, by slug."""
    found = []
    for centre_id, slug, name, zone, opens, closes, days, closures in _rows(connection, "centre_hours"):
        found.append(
            CentreHours(centre_id, slug, name, OpeningHours(zone, opens, closes, frozenset(days), frozenset(closures)))
        )
    return found


def resources(connection: Connection, centre_id: int) -> dict[int, tuple[int, str]]:
    """Bookable resources of a centre: id to (zone id, kind)."""
    return {resource: (zone, kind) for resource, zone, kind in _rows(connection, "bookable_resources", (centre_id,))}


def spans(connection: Connection, centre_id: int, window: Interval) -> dict[int, list[Span]]:
    """The spans that touch `window`, by resource, in order."""
    found: dict[int, list[Span]] = {}
    for resource, start, end, state, suspect in _rows(connection, "spans_of_centre", _at(centre_id, window)):
        found.setdefault(resource, []).append(Span(start, end, state, suspect))
    return found


def meters(connection: Connection, centre_id: int) -> list[Meter]:
    """The light meters of a centre, by zone."""
    return [Meter(*row) for row in _rows(connection, "zone_meters", {"centre_id": centre_id})]


def counter(connection: Connection, device_id: int, window: Interval) -> list[Counter]:
    """A meter's cumulative readings around `window` in order, an hour more on both sides."""
    arguments = {"device_id": device_id, "start": window.start, "end": window.end}
    return [(at, value) for at, value in _rows(connection, "counter_between", arguments)]


def replace_use(
    connection: Connection,
    centre_id: int,
    days: Sequence[date],
    use: Iterable[UseDay],
    peaks: Iterable[tuple[date, int, datetime | None]],
) -> None:
    """Put the daily figures of `days` in the place of those that are there; in the caller's transaction."""
    at = {"centre_id": centre_id, "days": list(days)}
    connection.execute(sql("delete_daily_use"), at)
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_use")) as copy:
        for u in use:
            copy.write_row((u.resource_id, u.day, u.open_s, u.occupied_s, u.vacant_s, u.unknown_s, u.suspect_s))
    connection.execute(sql("delete_daily_peaks"), at)
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_peaks")) as copy:
        for day, most, when in peaks:
            copy.write_row((centre_id, day, most, when))


def replace_energy(
    connection: Connection, centre_id: int, days: Sequence[date], energy: Iterable[tuple[int, date, Use, float]]
) -> None:
    """Put (zone, day, use, baseline in Wh) in the place of the energy figures of `days`; in the caller's transaction."""
    connection.execute(sql("delete_daily_energy"), {"centre_id": centre_id, "days": list(days)})
    with connection.cursor() as cursor, cursor.copy(sql("copy_daily_energy")) as copy:
        for zone, day, use, baseline in energy:
            copy.write_row((zone, day, use.used_wh, use.empty_wh, use.unknown_wh, baseline))


def energy_total(connection: Connection, days: Sequence[date]) -> tuple[Use, float]:
    """Use and baseline, in Wh, of all zones over `days`."""
    used, empty, unknown, baseline = _rows(connection, "energy_total", (list(days),))[0]
    return Use(used, empty, unknown), baseline


def _at(centre_id: int, window: Interval) -> dict[str, object]:
    return {"centre_id": centre_id, "start": window.start, "end": window.end}
