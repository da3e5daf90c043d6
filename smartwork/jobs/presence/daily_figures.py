"""The daily figures of a month for pages and reports: use of places, peak occupancy, and lighting energy by presence."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.presence import daily_figures as figures
from smartwork.db.presence.retention import final_before
from smartwork.domain.lighting.energy import LightingEnergy, MeterReading, baseline_wh, split_by_occupancy
from smartwork.domain.presence.spans import Span, clip, in_state, peak_occupancy, seconds_by_state
from smartwork.domain.time import Interval, days_of_month, local_day, local_month, subtract, union
from smartwork.progress import Progress


def summarise_month(connection: Connection, month: date, progress: Progress) -> tuple[LightingEnergy, float]:
    """Compute and store the daily figures of the local month; returns lighting energy and baseline of all zones, in Wh."""
    days = days_of_month(month)
    with wrap_database_errors():
        centres = figures.centres(connection)
        for done, centre in enumerate(centres):
            progress(f"Summing up {centre.name}", done, len(centres))
            with connection.transaction():
                _summarise_centre(connection, centre, days)
        progress("Summed up", len(centres), len(centres))
        return figures.energy_total(connection, days)


def _summarise_centre(connection: Connection, centre: figures.CentreHours, days: Sequence[date]) -> None:
    month = local_month(days[0], centre.hours.timezone)
    spans = figures.spans(connection, centre.centre_id, month)
    resources = figures.resources(connection, centre.centre_id)
    use = [u for resource in resources for day in days if (u := _use(resource, day, spans.get(resource, []), centre))]
    desks = [clip(spans.get(resource, []), month) for resource, (_, kind) in resources.items() if kind == "desk"]
    peaks = [(day, *_peak(desks, local_day(day, centre.hours.timezone))) for day in days]
    figures.replace_use(connection, centre.centre_id, days, use, peaks)
    _summarise_energy(connection, centre, days, _by_zone(resources, spans))


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
) -> None:
    timezone = centre.hours.timezone
    month = local_month(days[0], timezone)
    # Before this instant readings of meters may be dropped, so the energy of those days stays as it is.
    final = final_before(connection)
    metered = [day for day in days if final is None or local_day(day, timezone).start >= final]
    energy = []
    for zone_id, group in groupby(figures.light_meters(connection, centre.centre_id), key=attrgetter("zone_id")):
        meters = list(group)
        counters = [figures.counter(connection, meter.device_id, month) for meter in meters]
        for day in metered:
            use = _energy(counters, spans_by_zone.get(zone_id, []), local_day(day, timezone))
            energy.append((zone_id, day, use, baseline_wh(meters[0].rated_w, centre.hours.of(day))))
    figures.replace_energy(connection, centre.centre_id, metered, energy)


def _use(resource: int, day: date, spans: Sequence[Span], centre: figures.CentreHours) -> figures.DailyUse | None:
    """The seconds of the day by state in opening hours; None on a day when the centre is closed."""
    opening = centre.hours.of(day)
    if opening is None:
        return None
    total = {state: round(s) for state, s in seconds_by_state(spans, opening).items()}
    return figures.DailyUse(
        resource, day, round(opening.seconds), total["occupied"], total["vacant"], total["unknown"], total["suspect"]
    )


def _peak(desks: Sequence[Sequence[Span]], day: Interval) -> tuple[int, datetime | None]:
    return peak_occupancy(occupied for spans in desks for occupied in in_state(clip(spans, day), "occupied"))


def _energy(counters: Sequence[Sequence[MeterReading]], watched: Sequence[Sequence[Span]], day: Interval) -> LightingEnergy:
    """The energy of a zone on one day, by presence.

    A zone is occupied while any of its resources is, and vacant while all of them are. Otherwise its state is unknown.
    """
    clipped = [clip(spans, day) for spans in watched]
    occupied = union(interval for spans in clipped for interval in in_state(spans, "occupied"))
    not_vacant = [interval for spans in clipped for interval in subtract(day, in_state(spans, "vacant"))]
    vacant = subtract(day, union([*occupied, *not_vacant]))
    parts = [split_by_occupancy(_within(counter, day), occupied, vacant) for counter in counters]
    return LightingEnergy(sum(p.used_wh for p in parts), sum(p.empty_wh for p in parts), sum(p.unknown_wh for p in parts))


def _within(counter: Sequence[MeterReading], window: Interval) -> list[MeterReading]:
    """The counter's readings in `window`, with values at its start and end interpolated between the readings around them."""
    cut: list[MeterReading] = []
    first = max(bisect_left(counter, window.start, key=itemgetter(0)) - 1, 0)
    last = bisect_right(counter, window.end, lo=first, key=itemgetter(0)) + 1
    for (start, before), (end, after) in pairwise(counter[first:last]):
        shared = Interval(start, end).intersect(window)
        if shared is None:
            continue
        # A counter that falls was reset: what it shows was used since the reset.
        base, used = (before, after - before) if after >= before else (0.0, after)
        per_second = used / (end - start).total_seconds()
        if not cut:
            cut.append((shared.start, base + per_second * (shared.start - start).total_seconds()))
        cut.append((shared.end, base + per_second * (shared.end - start).total_seconds()))
    return cut
