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
    samples = _presence_since(connection, anchors)
    replaced: dict[int, tuple[datetime, list[occupancy.Piece]]] = {}
    for device, resource, interval in watchers:
        found = occupancy.bridge(occupancy.pieces(samples.get(device, []), occupancy.patience(interval)), GAP_S)
        # The first pieces after the anchor lack what lay before it; one reach later they no longer depend on it.
        # Whole pieces are replaced: a silence that ends now began long ago.
        start = max(anchors[device], since[device] - timedelta(seconds=reach[device]))
        found = [piece for piece in found if piece[1] > start.timestamp()]
        replaced[resource] = (_instant(found[0][0]) if found else start, found)
    _replace(connection, replaced)


def _presence_since(connection: Connection, anchors: dict[int, datetime]) -> dict[int, list[occupancy.Sample]]:
    """Each device's presence readings from its anchor on, in time order."""
    arguments = {"device_ids": list(anchors), "since": list(anchors.values())}
    rows = connection.execute(sql("presence_since"), arguments, binary=True)
    return {device: list(zip(ats, present, strict=True)) for device, ats, present in rows}


def presence(connection: Connection, device_id: int, start: datetime, end: datetime) -> list[occupancy.Sample]:
    """A device's presence readings in [start, end) in time order, as the domain takes them."""
    rows = connection.execute(sql("presence_between"), {"device_id": device_id, "start": start, "end": end})
    return [(at, bool(present)) for at, present in rows]


def _replace(connection: Connection, replaced: dict[int, tuple[datetime, list[occupancy.Piece]]]) -> None:
    """Put pieces in the place of all that a resource has from an instant on, grown together with what stays before."""
    at = {"resource_ids": list(replaced), "since": [since for since, _ in replaced.values()]}
    connection.execute(sql("drop_spans"), at)
    grown: dict[int, datetime] = {}
    for resource, begin, state in connection.execute(sql("cut_spans"), at):
        since, found = replaced[resource]
        if found and found[0][2] == state:
            grown[resource] = _instant(begin)
            replaced[resource] = (since, [(begin, found[0][1], state), *found[1:]])
    if grown:
        connection.execute(sql("drop_grown_spans"), {"resource_ids": list(grown), "starts_at": list(grown.values())})
    with connection.cursor() as cursor, cursor.copy(sql("copy_spans")) as copy:
        for resource, (_, found) in replaced.items():
            for piece in found:
                begin, end, state = piece
                copy.write_row((resource, _instant(begin), _instant(end), state, occupancy.is_suspect(piece)))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
