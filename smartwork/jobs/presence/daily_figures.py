"""The daily figures of a month for pages and reports: use of places, peak occupancy, and lighting energy by presence.

Figures of a month that is still running cover the time before `now`. Days that have not begun have no figures.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.presence import daily_figures as figures
from smartwork.db.presence.daily_figures import MonthEnergy
from smartwork.db.presence.retention import final_before
from smartwork.domain.lighting.zone_energy import Meter, zone_energy, zone_metered
from smartwork.domain.presence.spans import Span, clip, in_state, peak_occupancy, seconds_by_state
from smartwork.domain.time import Interval, days_of_month, local_day, local_month
from smartwork.progress import Progress


def summarise_month(connection: Connection, month: date, now: datetime, progress: Progress) -> MonthEnergy:
    """Compute and store the daily figures of the local month as of `now`; returns the lighting energy of all zones."""
    days = days_of_month(month)
    with wrap_database_errors():
        centres = figures.centres(connection)
        for done, centre in enumerate(centres):
            progress(f"Summing up {centre.name}", done, len(centres))
            with connection.transaction():
                _summarise_centre(connection, centre, days, now)
        progress("Summed up", len(centres), len(centres))
        return figures.energy_total(connection, days)


def _summarise_centre(connection: Connection, centre: figures.CentreHours, days: Sequence[date], now: datetime) -> None:
    month = local_month(days[0], centre.hours.timezone)
    spans = figures.spans(connection, centre.centre_id, month)
    resources = figures.resources(connection, centre.centre_id)
    use = [u for resource in resources for day in days if (u := _use(resource, day, spans.get(resource, []), centre, now))]
    desks = [clip(spans.get(resource, []), month) for resource, (_, kind) in resources.items() if kind == "desk"]
    peaks = [(day, *_peak(desks, past)) for day in days if (past := local_day(day, centre.hours.timezone).before(now))]
    figures.replace_use(connection, centre.centre_id, days, use, peaks)
    _summarise_energy(connection, centre, days, _by_zone(resources, spans), now)


def _by_zone(
    resources: Mapping[int, tuple[int, str]], spans: Mapping[int, Sequence[Span]]
) -> dict[int, list[Sequence[Span]]]:
    by_zone: dict[int, list[Sequence[Span]]] = {}
    for resource, (zone, _) in resources.items():
        by_zone.setdefault(zone, []).append(spans.get(resource, []))
    return by_zone


def _summarise_energy(
    connection: Connection,
    centre: figures.CentreHours,
    days: Sequence[date],
    spans_by_zone: Mapping[int, Sequence[Sequence[Span]]],
    now: datetime,
) -> None:
    timezone = centre.hours.timezone
    month = local_month(days[0], timezone)
    # Before this instant readings of meters may be dropped, so the energy of those days stays as it is.
    final = final_before(connection)
    open_days = [day for day in days if final is None or local_day(day, timezone).start >= final]
    energy = []
    for zone_id, group in groupby(figures.light_meters(connection, centre.centre_id), key=attrgetter("zone_id")):
        devices = list(group)
        meters = [Meter(d.since, figures.counter(connection, d.device_id, month), d.retired_at).up_to(now) for d in devices]
        metered = zone_metered(meters, month.before(now) or month)
        for day in open_days:
            if past := local_day(day, timezone).before(now):
                rated = (devices[0].rated_w, centre.hours.of(day))
                energy.append((zone_id, day, zone_energy(meters, spans_by_zone.get(zone_id, []), past, metered, rated)))
    figures.replace_energy(connection, centre.centre_id, open_days, energy)


def _use(
    resource: int, day: date, spans: Sequence[Span], centre: figures.CentreHours, now: datetime
) -> figures.DailyUse | None:
    """The seconds of the day by state in opening hours before `now`; None if the centre was not open on that day so far."""
    opening = centre.hours.of(day)
    opening = opening.before(now) if opening else None
    if opening is None:
        return None
    total = {state: round(s) for state, s in seconds_by_state(spans, opening).items()}
    return figures.DailyUse(
        resource, day, round(opening.seconds), total["occupied"], total["vacant"], total["unknown"], total["suspect"]
    )


def _peak(desks: Sequence[Sequence[Span]], day: Interval) -> tuple[int, datetime | None]:
    return peak_occupancy(occupied for spans in desks for occupied in in_state(clip(spans, day), "occupied"))
