"""The daily figures of a month for pages and reports: use of desks, peaks, and light by occupancy."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import itemgetter

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.presence import daily_figures as store
from smartwork.db.presence.retention import final_before
from smartwork.domain.lighting.energy import Counter, Use, baseline_wh, split
from smartwork.domain.presence.spans import Span, clip, in_state, peak_occupancy, seconds_by_state
from smartwork.domain.time import Interval, days_of_month, local_day, local_month, subtract, union
from smartwork.progress import Progress


def summarise_month(connection: Connection, month: date, progress: Progress) -> tuple[Use, float]:
    """Derive the daily figures of the local month anew; returns the network's lighting energy and its baseline in Wh."""
    days = days_of_month(month)
    with wrap_database_errors():
        centres = store.centres(connection)
        for done, centre in enumerate(centres):
            progress(f"Summing up {centre.name}", done, len(centres))
            with connection.transaction():
                _summarise_centre(connection, centre, days)
        progress("Summed up", len(centres), len(centres))
        return store.energy_total(connection, days)


def _summarise_centre(connection: Connection, centre: store.CentreHours, days: Sequence[date]) -> None:
    zone_name = centre.hours.timezone
    window = local_month(days[0], zone_name)
    spans = store.spans(connection, centre.centre_id, window)
    places = store.resources(connection, centre.centre_id)
    use = [u for resource in places for day in days if (u := _use(resource, day, spans.get(resource, []), centre))]
    desks = [clip(spans.get(resource, []), window) for resource, (_, kind) in places.items() if kind == "desk"]
    peaks = [(day, *_peak(desks, local_day(day, zone_name))) for day in days]
    store.replace_use(connection, centre.centre_id, days, use, peaks)
    final = final_before(connection)  # earlier readings of meters may be dropped, so their figures stay as they are
    metered = [day for day in days if final is None or local_day(day, zone_name).start >= final]
    energy = []
    for zone_id, group in groupby(store.meters(connection, centre.centre_id), key=lambda m: m.zone_id):
        meters = list(group)
        watched = [spans.get(resource, []) for resource, (zone, _) in places.items() if zone == zone_id]
        counters = [store.counter(connection, meter.device_id, window) for meter in meters]
        for day in metered:
            whole = local_day(day, zone_name)
            baseline = baseline_wh(meters[0].rated_w, centre.hours.of(day))
            energy.append((zone_id, day, _energy(counters, watched, whole), baseline))
    store.replace_energy(connection, centre.centre_id, metered, energy)


def _use(resource: int, day: date, spans: Sequence[Span], centre: store.CentreHours) -> store.UseDay | None:
    """The day's seconds by state in opening hours, or None on a day on which the centre is shut."""
    opened = centre.hours.of(day)
    if opened is None:
        return None
    total = {state: round(s) for state, s in seconds_by_state(spans, opened).items()}
    return store.UseDay(
        resource, day, round(opened.seconds), total["occupied"], total["vacant"], total["unknown"], total["suspect"]
    )


def _peak(desks: Sequence[Sequence[Span]], day: Interval) -> tuple[int, datetime | None]:
    return peak_occupancy(occupied for spans in desks for occupied in in_state(clip(spans, day), "occupied"))


def _energy(counters: Sequence[Sequence[Counter]], watched: Sequence[Sequence[Span]], day: Interval) -> Use:
    """A zone's energy of one day: occupied while any of its resources is, vacant while all are known to be vacant."""
    clipped = [clip(spans, day) for spans in watched]
    occupied = union(interval for spans in clipped for interval in in_state(spans, "occupied"))
    not_vacant = [interval for spans in clipped for interval in subtract(day, in_state(spans, "vacant"))]
    vacant = subtract(day, union([*occupied, *not_vacant]))
    parts = [split(_within(counter, day), occupied, vacant) for counter in counters]
    return Use(sum(p.used_wh for p in parts), sum(p.empty_wh for p in parts), sum(p.unknown_wh for p in parts))


def _within(counter: Sequence[Counter], window: Interval) -> list[Counter]:
    """The counter's readings in `window`, with values at its start and end interpolated between the readings around them."""
    found: list[Counter] = []
    first = max(bisect_left(counter, window.start, key=itemgetter(0)) - 1, 0)
    last = bisect_right(counter, window.end, lo=first, key=itemgetter(0)) + 1
    for (start, before), (end, after) in pairwise(counter[first:last]):
        shared = Interval(start, end).intersect(window)
        if shared is None:
            continue
        # A counter that falls was reset: what it shows was used since the reset.
        base, used = (before, after - before) if after >= before else (0.0, after)
        per_second = used / (end - start).total_seconds()
        if not found:
            found.append((shared.start, base + per_second * (shared.start - start).total_seconds()))
        found.append((shared.end, base + per_second * (shared.end - start).total_seconds()))
    return found
