"""Spans kept in step with readings: only what late or new readings touched is derived again."""

from collections.abc import Iterator
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
    SpanColumns,
    concatenated,
    fill_gaps,
    microseconds,
    states,
)
from smartwork.domain.presence.sensor_limits import silence_timeout
from smartwork.errors import SmartworkError

MAX_GAP = timedelta(minutes=5)
"""Vacant time of at most this between two detections counts as presence."""
_AT_ONCE, _ROWS_AT_ONCE = 1_000, 50
_SAMPLES_AT_ONCE = 50_000


class NotDerived(SmartworkError):  # noqa: N818 - says what waits
    """The spans of some sensors wait."""


def derive_stale(connection: Connection, quiet: timedelta = timedelta(0), longest: timedelta = timedelta(0)) -> int:
    """Derive the spans of devices that were touched and then not for `quiet`, or `longest` ago; returns how many.

    Each portion is one transaction: after a crash the marks are still there and the same work is done again.
    Raises ServiceAway where the database is lost, NotDerived where it refuses, as two sensors of one desk may cause that
    are derived at the same time.
    """
    how = {"most": _AT_ONCE, "quiet": quiet, "longest": longest}
    done = 0
    while True:
        try:
            with wrap_database_errors(), connection.transaction():
                taken = connection.execute(sql("take_stale"), how).fetchall()
                if taken:
                    _derive(connection, {int(device): int(since_us) for device, since_us in taken})
        except psycopg.Error as error:
            raise NotDerived(f"Spans could not be derived, and will be tried again: {error.diag.message_primary}") from error
        done += len(taken)
        if len(taken) < _AT_ONCE:
            return done


def _derive(connection: Connection, since_us: dict[int, int]) -> None:
    watchers = connection.execute(sql("watchers"), (array_text(list(since_us)),)).fetchall()
    if not watchers:
        return
    device, resource, interval_s = np.array(watchers, dtype=np.int64).T
    timeout = np.array([microseconds(silence_timeout(float(each))) for each in interval_s], dtype=np.int64)
    since = np.array([since_us[each] for each in device.tolist()], dtype=np.int64)
    reach = timeout + microseconds(MAX_GAP)
    found = concatenated(
        [
            fill_gaps(states(sensor, at, present, timeout), MAX_GAP)
            for sensor, at, present in _presence_since(connection, device, since, 2 * reach)
        ]
    )
    # The first spans after the reading where derivation restarts may be too short: what came before it is not read. Spans
    # that end more than `reach` later do not depend on it. Whole spans are replaced: a silence that ends now began earlier.
    start = since - reach
    found = found.where(found.end > start[found.sensor])
    final = final_before(connection)
    if final is not None:  # readings before this instant may be dropped already, so the spans before it stay as they are
        first = microseconds(final - datetime(1970, 1, 1, tzinfo=UTC))
        found = found.where(found.end > first)
        np.maximum(found.start, first, out=found.start)
        np.maximum(start, first, out=start)
    heads = np.append(True, np.diff(found.sensor) != 0)[: len(found.sensor)]
    start[found.sensor[heads]] = found.start[heads]
    _replace(connection, resource, start, found, heads)


def _presence_since(
    connection: Connection, device: Integers, since: Integers, lookback: Integers
) -> Iterator[tuple[Integers, Integers, Flags]]:
    """The presence readings that count, some whole devices at a time, so that memory stays small whatever comes late.

    Of each reading the place of its device, its time in microseconds since 1970 UTC, and whether somebody was there.
    """
    arguments = {
        "device_ids": array_text(device.tolist()),
        "since_us": array_text(since.tolist()),
        "lookback_us": array_text(lookback.tolist()),
    }
    places = {number: place for place, number in enumerate(device.tolist())}
    with connection.cursor() as cursor:
        held: list[tuple[int, Integers, Flags]] = []
        many = 0
        for number, ats, states in cursor.stream(sql("presence_since"), arguments, binary=True, size=_ROWS_AT_ONCE):
            held.append((places[number], times(ats), flags(states)))
            many += len(held[-1][1])
            if many > _SAMPLES_AT_ONCE:
                yield _together(held)
                held, many = [], 0
        if held:
            yield _together(held)


def _together(held: list[tuple[int, Integers, Flags]]) -> tuple[Integers, Integers, Flags]:
    sensor = np.repeat([place for place, _, _ in held], [len(at) for _, at, _ in held])
    return sensor, np.concatenate([at for _, at, _ in held]), np.concatenate([present for _, _, present in held])


def _replace(
    connection: Connection,
    resource: Integers,
    start: Integers,
    found: SpanColumns,
    heads: Flags,
) -> None:
    """Put pieces in the place of all that a resource has from an instant on, grown together with what stays before.

    `heads` flags the first piece of each sensor.
    """
    where = {"resource_ids": array_text(resource.tolist()), "since_us": array_text(start.tolist())}
    connection.execute(sql("drop_spans"), where)
    first = {int(resource[found.sensor[i]]): i for i in np.flatnonzero(heads).tolist()}
    grown: dict[int, int] = {}
    for number, begin, state in connection.execute(sql("cut_spans"), where):
        i = first.get(number)
        if i is not None and STATES[found.state[i]] == state:
            found.start[i] = grown[number] = begin
    if grown:
        gone = {"resource_ids": array_text(list(grown)), "starts_us": array_text(list(grown.values()))}
        connection.execute(sql("drop_grown_spans"), gone)
    with connection.cursor() as cursor, cursor.copy(sql("copy_spans")) as copy:
        copy.write(binary_spans(resource[found.sensor], found))
