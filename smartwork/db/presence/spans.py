"""Spans in the database, derived again from the first instant that new or late readings touched.

The spans of a place come from the readings of the devices that watched it then (`device_assignment`). Most places have one
device, whose spans are joined with those before. For a place of several devices, spans are derived from so far back that
whether a sensor was stuck, and whether sensors contradicted each other, does not depend on where the derivation starts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.copy_rows import array_text, binary_spans, flags, times
from smartwork.db.core.queries import sql
from smartwork.db.presence.retention import final_before
from smartwork.domain.presence.derivation import (
    STATES,
    Flags,
    Integers,
    PlaceSpans,
    SpanColumns,
    combine,
    concatenated,
    fill_gaps,
    microseconds,
    states,
    within_watch,
)
from smartwork.domain.presence.sensor_limits import CONTRADICTION_AFTER, MAX_GAP, STUCK_AFTER, silence_timeout
from smartwork.errors import SmartworkError

_COMBINED_REACH = 2 * STUCK_AFTER + CONTRADICTION_AFTER + 2 * MAX_GAP
"""How far back a reading may change spans at a place of several devices, besides the silence timeout.

It may end or prolong the presence of a sensor, which is then stuck or not. That changes the state of the place, whose own
presence is then suspect or not.
"""
_INFLUENCE = timedelta(days=10)
"""Assignments that ended this long before have no influence: twice the reach of the slowest sensor, and its timeout."""
_PER_TRANSACTION = 1_000
_ROWS_PER_FETCH = 50
_SAMPLES_PER_GROUP = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER_US = np.iinfo(np.int64).max


class SpansNotDerived(SmartworkError):  # noqa: N818 - a state that passes, not a fault
    """The database refused the spans of some sensors; they are still in the queue."""


def queued_devices(connection: Connection) -> int:
    """How many devices and places are in the span queue: what was received or assigned last is not in spans yet."""
    row = connection.execute(sql("count_queued_devices")).fetchone()
    return int(row[0]) if row else 0


def derive_queued_spans(
    connection: Connection, quiet: timedelta = timedelta(0), longest_wait: timedelta = timedelta(0)
) -> int:
    """Derive the spans of what is in the span queue; returns how many devices and places were taken from it.

    Takes devices without new readings for `quiet`, devices that have been in the queue for `longest_wait`, and places to
    which other devices were assigned. Each group of them is one transaction, so a crash leaves them in the queue. Raises
    ServiceUnavailable if the database is lost, and SpansNotDerived if it refuses.
    """
    arguments = {"most": _PER_TRANSACTION, "quiet": quiet, "longest_wait": longest_wait}
    done = 0
    while True:
        try:
            with wrap_database_errors(), connection.transaction():
                connection.execute(sql("lock_derivation"))
                devices = connection.execute(sql("take_queued_devices"), arguments).fetchall()
                places = connection.execute(sql("take_queued_places"), arguments).fetchall()
                if devices or places:
                    _derive(connection, devices, places)
        except psycopg.Error as error:
            message = f"Spans could not be derived and will be tried again: {error.diag.message_primary}"
            raise SpansNotDerived(message) from error
        done += len(devices) + len(places)
        if max(len(devices), len(places)) < _PER_TRANSACTION:
            return done


@dataclass(frozen=True, slots=True)
class _Watches:
    """The assignments from whose readings the spans of places are derived, and those places, as columns.

    `place`, `assignment`, `timeout` and `until` have an entry for each assignment, the others one for each place; `place` is
    an index into those. A place is combined if several devices watch it, or if its assignments have changed. Durations and
    times are in microseconds.
    """

    place: Integers
    assignment: Integers
    timeout: Integers
    until: Integers
    resource: Integers
    since: Integers
    reach: Integers
    combined: Flags


def _watches(
    connection: Connection, devices: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]
) -> _Watches | None:
    """What to derive for queued devices and places, each with the instant from which on; None if no place is touched."""
    arguments = {
        "device_ids": array_text([device for device, _ in devices]),
        "device_since_us": array_text([since for _, since in devices]),
        "place_ids": array_text([place for place, _ in places]),
        "place_since_us": array_text([since for _, since in places]),
        "influence": _INFLUENCE,
    }
    rows = connection.execute(sql("watches_to_derive"), arguments).fetchall()
    if not rows:
        return None
    resource, since, assignment, interval_s, until, combined = zip(*rows, strict=True)
    places_of_rows, first, place = np.unique(np.array(resource, dtype=np.int64), return_index=True, return_inverse=True)
    timeout = np.array([microseconds(silence_timeout(float(each or 0))) for each in interval_s], dtype=np.int64)
    is_combined = np.array(combined, dtype=np.bool_)[first]
    reach = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(reach, place, timeout)
    reach += np.where(is_combined, microseconds(_COMBINED_REACH), microseconds(MAX_GAP))
    real = np.array([each is not None for each in assignment], dtype=np.bool_)
    return _Watches(
        place[real],
        np.array([each for each in assignment if each is not None], dtype=np.int64),
        timeout[real],
        np.array([_FOREVER_US if each is None else each for each in until], dtype=np.int64)[real],
        places_of_rows,
        np.array(since, dtype=np.int64)[first],
        reach,
        is_combined,
    )


def _derive(connection: Connection, devices: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]) -> None:
    """Derive the spans of queued devices and places, each with the instant from which on in microseconds since 1970 UTC."""
    watches = _watches(connection, devices, places)
    if watches is None:
        return
    if watches.combined.any():
        connection.execute(sql("lock_places"), (array_text(watches.resource[watches.combined].tolist()),))
    # Readings before the anchor are not read, so the first spans after it may be wrong; spans that end after `since - reach`
    # do not depend on them. Of one device whole spans are replaced: the unknown span that a new reading ends began earlier.
    start = watches.since - watches.reach
    found = _place_spans(watches, start, _sensor_spans(connection, watches))
    final = final_before(connection)
    if final is not None:  # earlier readings may be dropped, so earlier spans stay as they are
        first_us = microseconds(final - _EPOCH)
        found = _from(found, np.full(len(start), first_us, dtype=np.int64))
        np.maximum(start, first_us, out=start)
    if watches.combined.any():
        found = _changed(connection, watches, start, found)
    _replace(connection, watches, start, found)


def _sensor_spans(connection: Connection, watches: _Watches) -> SpanColumns:
    """The spans of each assignment on its own, with gaps filled; `sensor` is an index into the assignments."""
    is_bounded = bool((watches.until < _FOREVER_US).any())
    parts = []
    for sensor, at, present in _presence_since(connection, watches):
        found = states(sensor, at, present, watches.timeout)
        parts.append(fill_gaps(within_watch(found, watches.until) if is_bounded else found, MAX_GAP))
    return concatenated(parts)


def _place_spans(watches: _Watches, start: Integers, found: SpanColumns) -> PlaceSpans:
    """The spans of each place that end after its `start`; those of combined places begin there. `sensor` is the place."""
    place = watches.place[found.sensor]
    combined = watches.combined[place]
    alone = replace(found, sensor=place).where(~combined)
    alone = alone.where(alone.end > start[alone.sensor])
    no = np.zeros(len(alone.sensor), dtype=np.bool_)
    if not combined.any():
        return PlaceSpans(alone, no, no)
    several = _from(combine(found.where(combined), watches.place, MAX_GAP), start)
    return PlaceSpans(
        concatenated([alone, several.spans]),
        np.concatenate([no, several.suspect]),
        np.concatenate([no, several.contradicted]),
    )


def _from(found: PlaceSpans, start: Integers) -> PlaceSpans:
    """What of the spans lies after `start`, which is indexed by place."""
    later = found.spans.end > start[found.spans.sensor]
    spans = found.spans.where(later)
    np.maximum(spans.start, start[spans.sensor], out=spans.start)
    return PlaceSpans(spans, found.suspect[later], found.contradicted[later])


def _changed(connection: Connection, watches: _Watches, start: Integers, found: PlaceSpans) -> PlaceSpans:
    """The spans without those of combined places that are stored already; moves `start` to each place's first difference."""
    wanted = np.flatnonzero(watches.combined)
    arguments = {
        "resource_ids": array_text(watches.resource[wanted].tolist()),
        "since_us": array_text(start[wanted].tolist()),
    }
    stored: dict[int, list[tuple[int, int, str, bool, bool]]] = {}
    for resource_id, *span in connection.execute(sql("stored_spans_since"), arguments):
        stored.setdefault(resource_id, []).append(tuple(span))
    spans = found.spans
    keep = np.ones(len(spans.sensor), dtype=np.bool_)
    for place in wanted.tolist():
        before = stored.get(int(watches.resource[place]), [])
        here = np.flatnonzero(spans.sensor == place).tolist()
        same = 0
        for i, old in zip(here, before, strict=False):
            state, flagged = STATES[spans.state[i]], (bool(found.suspect[i]), bool(found.contradicted[i]))
            if (int(spans.start[i]), int(spans.end[i]), state, *flagged) != old:
                break
            same += 1
        keep[here[:same]] = False
        if same:
            start[place] = before[same - 1][1]
    return PlaceSpans(spans.where(keep), found.suspect[keep], found.contradicted[keep])


def _without_gaps(connection: Connection, watches: _Watches, start: Integers, found: PlaceSpans) -> PlaceSpans:
    """The spans with the unknown time since the last stored span of each combined place, in which no sensor was living.

    It may have begun long before `start`: only a later reading shows that time went on unknown. Unknown time that is the last
    of a place is deleted.
    """
    wanted = np.flatnonzero(watches.combined)
    unknown_state = STATES.index("unknown")
    index = dict(zip(*(each.tolist() for each in np.unique(found.spans.sensor, return_index=True)), strict=True))
    first = {place: int(found.spans.start[i]) for place, i in index.items()}
    arguments = {
        "resource_ids": array_text(watches.resource[wanted].tolist()),
        "until_us": array_text([first.get(place, int(start[place])) for place in wanted.tolist()]),
    }
    place_of = {int(watches.resource[place]): place for place in wanted.tolist()}
    gone: list[tuple[int, int]] = []
    added: list[tuple[int, int, int]] = []
    for resource_id, starts_us, ends_us, state in connection.execute(sql("spans_before"), arguments):
        place = place_of[resource_id]
        is_unknown = state == "unknown"
        if is_unknown and (place not in first or ends_us < first[place]):
            gone.append((resource_id, starts_us))
        if place in first and ends_us < first[place]:
            begins_us = starts_us if is_unknown else ends_us
            if found.spans.state[index[place]] == unknown_state:
                found.spans.start[index[place]] = begins_us
            else:
                added.append((place, begins_us, first[place]))
    if gone:
        columns = {"resource_ids": array_text([r for r, _ in gone]), "starts_us": array_text([s for _, s in gone])}
        connection.execute(sql("delete_joined_spans"), columns)
    sensor, begin, end = (np.array([each[i] for each in added], dtype=np.int64) for i in range(3))
    unknown = SpanColumns(sensor, begin, end, np.full(len(added), unknown_state, dtype=np.int64))
    no = np.zeros(len(added), dtype=np.bool_)
    return PlaceSpans(
        concatenated([unknown, found.spans]),
        np.concatenate([no, found.suspect]),
        np.concatenate([no, found.contradicted]),
    )


def _presence_since(connection: Connection, watches: _Watches) -> Iterator[tuple[Integers, Integers, Flags]]:
    """The presence readings that count, in groups of whole assignments, so that memory stays small however many are late.

    Each group has three columns: index of the assignment, time in microseconds since 1970 UTC, and presence.
    """
    arguments = {
        "assignment_ids": array_text(watches.assignment.tolist()),
        "since_us": array_text(watches.since[watches.place].tolist()),
        "lookback_us": array_text((2 * watches.reach[watches.place]).tolist()),
    }
    index_of = {assignment_id: index for index, assignment_id in enumerate(watches.assignment.tolist())}
    with connection.cursor() as cursor:
        group: list[tuple[int, Integers, Flags]] = []
        samples = 0
        for assignment_id, ats, present in cursor.stream(sql("presence_since"), arguments, binary=True, size=_ROWS_PER_FETCH):
            group.append((index_of[assignment_id], times(ats), flags(present)))
            samples += len(group[-1][1])
            if samples > _SAMPLES_PER_GROUP:
                yield _as_columns(group)
                group, samples = [], 0
        if group:
            yield _as_columns(group)


def _as_columns(group: list[tuple[int, Integers, Flags]]) -> tuple[Integers, Integers, Flags]:
    sensor = np.repeat([index for index, _, _ in group], [len(at) for _, at, _ in group])
    return sensor, np.concatenate([at for _, at, _ in group]), np.concatenate([present for _, _, present in group])


def _replace(connection: Connection, watches: _Watches, start: Integers, found: PlaceSpans) -> None:
    """Replace the spans of each place from `start` on by `found`; of a place of one device, from its first new span on.

    If the first new span has the state of the span that is cut there, the two are joined.
    """
    spans = found.spans
    is_first = np.append(True, np.diff(spans.sensor) != 0)[: len(spans.sensor)]
    begins = np.flatnonzero(is_first & ~watches.combined[spans.sensor])
    start[spans.sensor[begins]] = spans.start[begins]
    arguments = {"resource_ids": array_text(watches.resource.tolist()), "since_us": array_text(start.tolist())}
    connection.execute(sql("delete_spans_since"), arguments)
    first = {int(watches.resource[spans.sensor[i]]): i for i in np.flatnonzero(is_first).tolist()}
    joined: dict[int, int] = {}
    for resource_id, ends_us, starts_us, state in connection.execute(sql("cut_spans"), arguments):
        i = first.get(resource_id)
        if i is not None and spans.start[i] == ends_us and STATES[spans.state[i]] == state:
            spans.start[i] = joined[resource_id] = starts_us
    if joined:
        gone = {"resource_ids": array_text(list(joined)), "starts_us": array_text(list(joined.values()))}
        connection.execute(sql("delete_joined_spans"), gone)
    if watches.combined.any():
        found = _without_gaps(connection, watches, start, replace(found, spans=spans))
        spans = found.spans
    suspect = found.suspect | spans.is_suspect()
    with connection.cursor() as cursor, cursor.copy(sql("copy_spans")) as copy:
        copy.write(binary_spans(watches.resource[spans.sensor], PlaceSpans(spans, suspect, found.contradicted)))
