"""The daily figures of a month for pages and reports: use of desks, peaks, and light by occupancy."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby, pairwise

from smartwork.db.core.connection import Connection, explained
from smartwork.db.presence import daily_figures as store
from smartwork.db.presence.retention import settled_before
from smartwork.domain.lighting.energy import Counter, Stretch, Use, baseline_wh, complement, merged, split
from smartwork.domain.presence.occupancy import clip, peak, seconds_by_state
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, days_of_month, local_day, local_month
from smartwork.progress import Progress


def summarise_month(connection: Connection, month: date, progress: Progress) -> tuple[Use, float]:
    """Derive the daily figures of the local month anew; returns the network's lighting energy and its baseline in Wh."""
    days = days_of_month(month)
    with explained():
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
    settled = settled_before(connection)  # before it the meters' readings are gone, and the figures stay as they are
    metered = [day for day in days if settled is None or local_day(day, zone_name).start >= settled]
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
    stays = [
        (span.start.timestamp(), span.end.timestamp())
        for spans in desks
        for span in clip(spans, day)
        if span.state == "occupied" and not span.suspect
    ]
    most, when = peak(stays)
    return most, None if when is None else datetime.fromtimestamp(when, UTC)


def _energy(counters: Sequence[Sequence[Counter]], watched: Sequence[Sequence[Span]], day: Interval) -> Use:
    """A zone's energy of one day: occupied while any of its resources is, vacant while all are known to be vacant."""
    whole = (day.start.timestamp(), day.end.timestamp())
    seen = [clip(spans, day) for spans in watched]
    occupied = merged(_stretches(seen, "occupied"))
    not_vacant = merged([*occupied, *[s for spans in seen for s in complement(_of(spans, "vacant"), whole)]])
    vacant = complement(not_vacant, whole)
    parts = [split(_within(counter, whole), occupied, vacant) for counter in counters]
    return Use(sum(p.used_wh for p in parts), sum(p.empty_wh for p in parts), sum(p.unknown_wh for p in parts))


def _stretches(seen: Sequence[Sequence[Span]], state: str) -> list[Stretch]:
    return [stretch for spans in seen for stretch in _of(spans, state)]


def _of(spans: Sequence[Span], state: str) -> list[Stretch]:
    return [(s.start.timestamp(), s.end.timestamp()) for s in spans if s.state == state and not s.suspect]


def _within(counter: Sequence[Counter], window: Stretch) -> list[Counter]:
    """The counter between the borders of `window`, its value there found on the straight line between readings."""
    found: list[Counter] = []
    for (start, before), (end, after) in pairwise(counter):
        if end <= window[0] or start >= window[1] or end == start:
            continue
        rise = (after - before if after >= before else after) / (end - start)
        first = max(start, window[0])
        last = min(end, window[1])
        base = before if after >= before else 0.0
        if not found:
            found.append((first, base + rise * (first - start)))
        found.append((last, base + rise * (last - start)))
    return found
