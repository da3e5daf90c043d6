"""Spans in the database, derived again from the first instant that new or late readings touched."""

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
_DEVICES_PER_TRANSACTION = 1_000
_ROWS_PER_FETCH = 50
_SAMPLES_PER_GROUP = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SpansNotDerived(SmartworkError):  # noqa: N818 - a state that passes, not a fault
    """The database refused the spans of some sensors; they are still in the queue."""


def queued_devices(connection: Connection) -> int:
    """How many devices are in the span queue: their latest readings are not in spans yet."""
    row = connection.execute(sql("count_queued_devices")).fetchone()
    return int(row[0]) if row else 0


def derive_queued_spans(
    connection: Connection, quiet: timedelta = timedelta(0), longest_wait: timedelta = timedelta(0)
) -> int:
    """Derive the spans of devices in the span queue; returns how many devices were taken from it.

    Takes devices without new readings for `quiet`, and devices that have been in the queue for `longest_wait`. Each group
    of devices is one transaction, so a crash leaves the devices in the queue. Raises ServiceUnavailable if the database is
    lost, and SpansNotDerived if it refuses, for example because another worker derives a second sensor of the same desk.
    """
    arguments = {"most": _DEVICES_PER_TRANSACTION, "quiet": quiet, "longest_wait": longest_wait}
    done = 0
    while True:
        try:
            with wrap_database_errors(), connection.transaction():
                taken = connection.execute(sql("take_queued_devices"), arguments).fetchall()
                if taken:
                    _derive(connection, {int(device): int(since_us) for device, since_us in taken})
        except psycopg.Error as error:
            message = f"Spans could not be derived and will be tried again: {error.diag.message_primary}"
            raise SpansNotDerived(message) from error
        done += len(taken)
        if len(taken) < _DEVICES_PER_TRANSACTION:
            return done


def _derive(connection: Connection, since_us: dict[int, int]) -> None:
    """Derive the spans of devices from an instant on; `since_us` is by device, in microseconds since 1970 UTC."""
    watching = connection.execute(sql("watching_devices"), (array_text(list(since_us)),)).fetchall()
    if not watching:
        return
    device, resource, interval_s = np.array(watching, dtype=np.int64).T
    timeout = np.array([microseconds(silence_timeout(float(each))) for each in interval_s], dtype=np.int64)
    since = np.array([since_us[each] for each in device.tolist()], dtype=np.int64)
    reach = timeout + microseconds(MAX_GAP)
    spans = concatenated(
        [
            fill_gaps(states(sensor, at, present, timeout), MAX_GAP)
            for sensor, at, present in _presence_since(connection, device, since, 2 * reach)
        ]
    )
    # Readings before the anchor are not read, so the first spans after it may be wrong; spans that end after `since - reach`
    # do not depend on them. Whole spans are replaced: the unknown span that a new reading ends began earlier.
    start = since - reach
    spans = spans.where(spans.end > start[spans.sensor])
    final = final_before(connection)
    if final is not None:  # earlier readings may be dropped, so earlier spans stay as they are
        first_us = microseconds(final - _EPOCH)
        spans = spans.where(spans.end > first_us)
        np.maximum(spans.start, first_us, out=spans.start)
        np.maximum(start, first_us, out=start)
    is_first = np.append(True, np.diff(spans.sensor) != 0)[: len(spans.sensor)]
    start[spans.sensor[is_first]] = spans.start[is_first]
    _replace(connection, resource, start, spans, is_first)


def _presence_since(
    connection: Connection, device: Integers, since: Integers, lookback: Integers
) -> Iterator[tuple[Integers, Integers, Flags]]:
    """The presence readings that count, in groups of whole devices, so that memory stays small however many are late.

    Each group has three columns: index into `device`, time in microseconds since 1970 UTC, and whether somebody was there.
    """
    arguments = {
        "device_ids": array_text(device.tolist()),
        "since_us": array_text(since.tolist()),
        "lookback_us": array_text(lookback.tolist()),
    }
    index_of = {device_id: index for index, device_id in enumerate(device.tolist())}
    with connection.cursor() as cursor:
        group: list[tuple[int, Integers, Flags]] = []
        samples = 0
        for device_id, ats, present in cursor.stream(sql("presence_since"), arguments, binary=True, size=_ROWS_PER_FETCH):
            group.append((index_of[device_id], times(ats), flags(present)))
            samples += len(group[-1][1])
            if samples > _SAMPLES_PER_GROUP:
                yield _as_columns(group)
                group, samples = [], 0
        if group:
            yield _as_columns(group)


def _as_columns(group: list[tuple[int, Integers, Flags]]) -> tuple[Integers, Integers, Flags]:
    sensor = np.repeat([index for index, _, _ in group], [len(at) for _, at, _ in group])
    return sensor, np.concatenate([at for _, at, _ in group]), np.concatenate([present for _, _, present in group])


def _replace(connection: Connection, resource: Integers, start: Integers, spans: SpanColumns, is_first: Flags) -> None:
    """Replace the spans of each resource from `start` on by `found`.

    If the first new span has the state of the span that is cut at `start`, the two are joined. `is_first` flags the first
    span of each sensor in `found`.
    """
    arguments = {"resource_ids": array_text(resource.tolist()), "since_us": array_text(start.tolist())}
    connection.execute(sql("delete_spans_since"), arguments)
    first = {int(resource[spans.sensor[i]]): i for i in np.flatnonzero(is_first).tolist()}
    joined: dict[int, int] = {}
    for resource_id, starts_us, state in connection.execute(sql("cut_spans"), arguments):
        i = first.get(resource_id)
        if i is not None and STATES[spans.state[i]] == state:
            spans.start[i] = joined[resource_id] = starts_us
    if joined:
        gone = {"resource_ids": array_text(list(joined)), "starts_us": array_text(list(joined.values()))}
        connection.execute(sql("delete_joined_spans"), gone)
    with connection.cursor() as cursor, cursor.copy(sql("copy_spans")) as copy:
        copy.write(binary_spans(resource[spans.sensor], spans))
