"""Hellos of edges: which gateway may forward under a name, and whether its outbox is an older copy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from smartwork.contracts.handshake import Answer, Hello, LeftEpoch
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows_as, sql
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import ReceivedHello, outbox_key
from smartwork.db.network.server_alarms import begin_server_alarm, end_server_alarm
from smartwork.domain.ledger.gateway_lease import GatewayLease, Verdict, judge_hello
from smartwork.domain.ledger.report_checks import CLOCK_TOLERANCE, MOST_PER_DAY

RESTORED_ALARM = timedelta(hours=24)
"""How long the alarm about a restored outbox lasts: what it may have lost needs a person's attention, and then it is over."""


@dataclass(frozen=True, slots=True)
class _KnownNumbers:
    known: int
    accepted_for: str | None
    closed_after: int | None


def answer_hellos(
    connection: Connection, ids: IdCache, hellos: Sequence[ReceivedHello], arrived_at: datetime
) -> list[tuple[Topic, Answer]]:
    """Store hellos in one transaction, in order of centre and edge; returns the answer to each, with the hello's topic."""
    in_order = sorted(hellos, key=lambda received: str(received.topic))
    with connection.transaction():
        return [(received.topic, _answer(connection, ids, received, arrived_at)) for received in in_order]


def _answer(connection: Connection, ids: IdCache, received: ReceivedHello, now: datetime) -> Answer:
    hello, centre_id, edge = received.hello, ids.centre_id(received.topic.centre), str(received.topic.name)
    verdict = _lease(connection, centre_id, edge, hello.instance, now)
    outbox_id = ids.outbox_id(outbox_key(received.topic, hello.epoch))
    [numbers] = rows_as(_KnownNumbers, connection, "known_numbers", outbox_id=outbox_id)
    if verdict == "accepted":
        is_restored = _is_restored(hello, numbers)
        if is_restored:
            boundary = hello.last if hello.opened is None else hello.opened
            connection.execute(sql("close_epoch"), {"outbox_id": outbox_id, "closed_after": boundary})
        else:
            connection.execute(sql("accept_epoch"), {"outbox_id": outbox_id, "instance": hello.instance})
        today = now.astimezone(ZoneInfo(ids.timezone(received.topic.centre))).date()
        for left in hello.former:
            _store_former(connection, ids.outbox_id(outbox_key(received.topic, left.epoch)), left, now, today.isoformat())
        _raise_alarms(connection, centre_id, edge, hello, numbers.known if is_restored else None, now)
    return Answer(
        instance=hello.instance,
        epoch=hello.epoch,
        gateway=verdict,
        known=numbers.known,
        sent_ms=hello.sent_ms,
        server_ms=int(now.timestamp() * 1000),
    )


def _lease(connection: Connection, centre_id: int, edge: str, instance: str, now: datetime) -> Verdict:
    """Whether a gateway may have the lease of its name. Stores the lease, and begins or ends the alarm about a second one."""
    key = {"centre_id": centre_id, "edge": edge}
    cursor = connection.cursor(row_factory=class_row(GatewayLease))
    before = cursor.execute(sql("gateway_lease"), key).fetchone()
    lease, verdict = judge_hello(before, instance, now)
    connection.execute(sql("record_gateway_lease"), key | asdict(lease))
    if lease.refused_at == now:
        message = (
            f"Two gateways of this centre run under the name {edge}. The one that came later is refused: it keeps its "
            "readings and sends nothing. Stop one of them."
        )
        begin_server_alarm(connection, centre_id, edge, "two_gateways", message, now)
    elif verdict == "accepted" and lease.refused_at is not None and not lease.is_contested(now):
        end_server_alarm(connection, centre_id, edge, "two_gateways", now)
    return verdict


def _is_restored(hello: Hello, numbers: _KnownNumbers) -> bool:
    """Whether the server knows a number of this epoch that the gateway's outbox did not give.

    A process that was accepted with the epoch has published since. A lower number in its hello only means that the hello was
    delivered again, after the broker or a worker was killed. Conflicting batches reveal a copied process.
    """
    if numbers.accepted_for == hello.instance:
        return False
    return numbers.known > (hello.last if hello.opened is None else hello.opened)


def _store_former(connection: Connection, outbox_id: int, left: LeftEpoch, now: datetime, today: str) -> None:
    """Store what a gateway has left of a former epoch: nothing else of it is in an outbox."""
    [numbers] = rows_as(_KnownNumbers, connection, "known_numbers", outbox_id=outbox_id)
    connection.execute(sql("close_epoch"), {"outbox_id": outbox_id, "closed_after": left.last})
    days, in_outbox = [held.day for held in left.held], [held.in_outbox for held in left.held]
    held = {"outbox_id": outbox_id, "days": days, "in_outbox": in_outbox, "at": now}
    connection.execute(sql("record_held_days"), held)
    known = numbers.known if left.known - numbers.known > MOST_PER_DAY else max(numbers.known, left.known)
    [(counted,)] = connection.execute(sql("counted_numbers"), {"outbox_id": outbox_id}).fetchall()
    if counted < known == left.known:
        row = {"outbox_id": outbox_id, "day": today, "lost": known - counted, "at": now}
        connection.execute(sql("record_lost_numbers"), row)
    elif counted > known:  # lost numbers lie before a batch that has arrived since: they count as the gap before it
        connection.execute(sql("count_fewer_numbers"), {"outbox_id": outbox_id, "excess": counted - known})
    if known > numbers.known:
        connection.execute(sql("raise_known_number"), {"outbox_id": outbox_id, "known": known})


def _raise_alarms(connection: Connection, centre_id: int, edge: str, hello: Hello, known: int | None, now: datetime) -> None:
    if known is not None:
        message = (
            f"An older copy of the outbox was put back: epoch {hello.epoch} was known up to {known} and came back at "
            f"{hello.last if hello.opened is None else hello.opened}. The gateway goes on in a new epoch."
        )
        begin_server_alarm(connection, centre_id, edge, "outbox_restored", message, now)
    else:
        end_server_alarm(connection, centre_id, edge, "outbox_restored", now, since_before=now - RESTORED_ALARM)
    if hello.ahead_ms is not None:
        ahead = timedelta(milliseconds=hello.ahead_ms)
        if abs(ahead) > CLOCK_TOLERANCE:
            begin_server_alarm(connection, centre_id, edge, "clock_wrong", clock_message(ahead), now)
        else:
            end_server_alarm(connection, centre_id, edge, "clock_wrong", now)


def clock_message(ahead: timedelta) -> str:
    """The alarm about a gateway's clock that is `ahead` of the server's; negative: behind."""
    direction = "ahead of" if ahead > timedelta(0) else "behind"
    return (
        f"The gateway's clock is {timedelta(seconds=round(abs(ahead).total_seconds()))} {direction} the server's. Times of "
        "its readings are wrong by as much. Set its clock."
    )
