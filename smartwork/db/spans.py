"""Spans kept in step with readings: only what late or new readings touched is derived again."""

import numpy as np

from smartwork.db.connection import Connection, explained
from smartwork.db.rows import array_text, binary_spans, flags, times
from smartwork.db.sql import sql
from smartwork.domain import occupancy, occupancy_columns
from smartwork.domain.occupancy_columns import SECOND, STATES, Flags, Integers, Pieces

GAP_S = 300.0
"""Seconds without motion that still count as presence where somebody is detected again after them."""
_AT_ONCE = 500


def derive_stale(connection: Connection) -> int:
    """Derive the spans of all devices that were touched since the last call; returns how many devices that were.

    Each portion is one transaction: after a crash the marks are still there and the same work is done again.
    Raises ServiceAway where the database is lost.
    """
    done = 0
    while True:
        with explained(), connection.transaction():
            taken = connection.execute(sql("take_stale"), {"most": _AT_ONCE}).fetchall()
            if taken:
                _derive(connection, {int(device): int(since_us) for device, since_us in taken})
        done += len(taken)
        if len(taken) < _AT_ONCE:
            return done


def _derive(connection: Connection, since_us: dict[int, int]) -> None:
    watchers = connection.execute(sql("watchers"), (array_text(list(since_us)),)).fetchall()
    if not watchers:
        return
    device, resource, interval_s = np.array(watchers, dtype=np.int64).T
    patience = np.array([round(occupancy.patience(float(each)) * SECOND) for each in interval_s], dtype=np.int64)
    since = np.array([since_us[each] for each in device.tolist()], dtype=np.int64)
    reach = patience + round(GAP_S * SECOND)
    sensor, at, present = _presence_since(connection, device, since, 2 * reach)
    found = occupancy_columns.bridge(occupancy_columns.pieces(sensor, at, present, patience), GAP_S)
    # The first pieces after the reading where derivation restarts lack what lay before it; one reach later they no longer
    # depend on it. Whole pieces are replaced: a silence that ends now began long ago.
    start = since - reach
    found = found.where(found.end > start[found.sensor])
    heads = np.append(True, np.diff(found.sensor) != 0)[: len(found.sensor)]
    start[found.sensor[heads]] = found.start[heads]
    _replace(connection, resource, start, found, heads)


def _presence_since(
    connection: Connection, device: Integers, since: Integers, lookback: Integers
) -> tuple[Integers, Integers, Flags]:
    """Of each presence reading that counts: the place of its device, its time, and whether somebody was there."""
    arguments = {
        "device_ids": array_text(device.tolist()),
        "since_us": array_text(since.tolist()),
        "lookback_us": array_text(lookback.tolist()),
    }
    rows = connection.execute(sql("presence_since"), arguments, binary=True).fetchall()
    at, present = times([ats for _, ats, _ in rows]), flags([states for _, _, states in rows])
    many = [len(flags([states])) for _, _, states in rows]
    spoke = np.searchsorted(device, np.array([number for number, _, _ in rows], dtype=np.int64))
    return np.repeat(spoke, many), at, present


def _replace(
    connection: Connection,
    resource: Integers,
    start: Integers,
    found: Pieces,
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
