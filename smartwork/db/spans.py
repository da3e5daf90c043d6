"""Spans kept in step with readings: only what late or new readings touched is derived again."""

from datetime import UTC, datetime, timedelta

from smartwork.db.connection import Connection, explained
from smartwork.db.sql import sql
from smartwork.domain import occupancy

GAP_S = 300.0
"""Seconds without motion that still count as presence where somebody is detected again after them."""
_AT_ONCE = 200


def derive_stale(connection: Connection) -> int:
    """Derive the spans of all devices that were touched since the last call; returns how many devices that were.

    Each portion is one transaction: after a crash the marks are still there and the same work is done again.
    Raises ServiceAway where the database is lost.
    """
    done = 0
    while True:
        with explained(), connection.transaction():
            taken = connection.execute(sql("take_stale"), {"most": _AT_ONCE}).fetchall()
            since = {device: at for device, at in taken if isinstance(at, datetime)}
            _derive(connection, since)
        done += len(taken)
        if len(taken) < _AT_ONCE:
            return done


def _derive(connection: Connection, since: dict[int, datetime]) -> None:
    watchers = [
        (device, resource, interval) for device, resource, interval in connection.execute(sql("watchers"), (list(since),))
    ]
    if not watchers:
        return
    reach = {device: occupancy.patience(interval) + GAP_S for device, _, interval in watchers}
    anchors = {
        device: at
        for device, at in connection.execute(
            sql("anchors"),
            {
                "device_ids": list(reach),
                "since": [since[d] for d in reach],
                "lookback_s": [2 * seconds for seconds in reach.values()],
            },
        )
        if isinstance(at, datetime)
    }
    rows: list[tuple[int, datetime, datetime, str, bool]] = []
    for device, resource, interval in watchers:
        anchor = anchors[device]
        samples = presence(connection, device, anchor)
        found = occupancy.bridge(occupancy.pieces(samples, occupancy.patience(interval)), GAP_S)
        # The first pieces after the anchor lack what lay before it; one reach later they no longer depend on it.
        # Whole pieces are replaced: a silence that ends now began long ago.
        start = max(anchor, since[device] - timedelta(seconds=reach[device]))
        found = [piece for piece in found if piece[1] > start.timestamp()]
        if found:
            start = _instant(found[0][0])
        rows += _replace(connection, resource, start, found)
    with connection.cursor() as cursor, cursor.copy(sql("copy_spans")) as copy:
        for row in rows:
            copy.write_row(row)


def presence(connection: Connection, device_id: int, start: datetime, end: datetime | None = None) -> list[occupancy.Sample]:
    """A device's presence readings in [start, end) in time order, as the domain takes them."""
    name = "presence_since" if end is None else "presence_between"
    rows = connection.execute(sql(name), {"device_id": device_id, "since": start, "start": start, "end": end})
    return [(at, bool(present)) for at, present in rows]


def _replace(
    connection: Connection, resource: int, start: datetime, found: list[occupancy.Piece]
) -> list[tuple[int, datetime, datetime, str, bool]]:
    """Clear the resource's spans from `start` on and return the rows to put there, grown together with what stays."""
    at = {"resource_id": resource, "since": start}
    connection.execute(sql("drop_spans"), at)
    cut = connection.execute(sql("cut_span"), at).fetchone()
    if cut and found and found[0][2] == cut[1]:
        begin = cut[0]
        connection.execute(sql("drop_span"), {"resource_id": resource, "starts_at": _instant(begin)})
        found = [(begin, found[0][1], found[0][2]), *found[1:]]
    return [
        (resource, _instant(begin), _instant(end), state, occupancy.is_suspect((begin, end, state)))
        for begin, end, state in found
    ]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
