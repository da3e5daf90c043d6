"""The last ledger report and the state of each edge."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.hellos import clock_message
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import EdgeKey, ReceivedLedgerReport, ReceivedStatus, RejectedMessage
from smartwork.db.ingest.outboxes import LockedOutbox
from smartwork.db.network.server_alarms import (
    CLOCK_BEHIND,
    Alarms,
    Gateway,
    ServerAlarm,
    begin_server_alarm,
    end_server_alarm,
    server_alarms_of,
)
from smartwork.domain.ledger.report_checks import (
    CLOCK_WRONG_AFTER,
    ReportedDay,
    ReportedOutbox,
    clock_difference,
    fault_of_report,
    is_older,
)
from smartwork.domain.time import instant_of_ms

EDGES_PER_CENTRE = 20
"""A centre has one gateway, or a few. More names than these are not recorded."""
_SETTLING = timedelta(seconds=10)
"""Messages that arrive so soon after an edge went offline were on their way already."""


def store_ledger_reports(
    connection: Connection,
    ids: IdCache,
    reports: Sequence[ReceivedLedgerReport],
    outboxes: Mapping[int, LockedOutbox],
    arrived_at: datetime,
) -> list[RejectedMessage]:
    """Store what edges numbered by local day; returns the reports that cannot be true, which begin an alarm.

    A report that is older than the stored one changes nothing, nor does one about an epoch that was closed. `outboxes` has
    the locked outboxes of the reports.
    """
    alarms = server_alarms_of(connection, {_gateway(ids, received) for received in reports}) if reports else {}
    rejected = []
    before = {key: ReportedOutbox(row.last, row.in_outbox, row.reported_at) for key, row in outboxes.items()}
    for received in reports:
        outbox_id, report, gateway = ids.outbox_id(received.outbox), received.report, _gateway(ids, received)
        if outboxes[outbox_id].closed_after is not None:
            continue
        days = [ReportedDay(day.day, day.numbered, day.in_outbox) for day in report.days]
        _check_clock(connection, gateway, alarms, instant_of_ms(report.reported_ms), arrived_at)
        if fault := fault_of_report(days, report.last, before[outbox_id], arrived_at):
            message = f"A ledger report of this gateway cannot be true and is not counted: {fault}."
            begin_server_alarm(connection, *gateway, "ledger_report_wrong", message, arrived_at)
            payload = report.model_dump_json().encode()
            reason = f"a ledger report that cannot be true: {fault}"
            rejected.append(RejectedMessage(str(received.topic), reason, payload, outbox_id))
        elif not is_older(days, report.last, before[outbox_id]):
            before[outbox_id] = ReportedOutbox(report.last, sum(day.in_outbox for day in days), arrived_at)
            _store(connection, outbox_id, before[outbox_id], days, instant_of_ms(report.reported_ms))
            _end(connection, gateway, alarms, "ledger_report_wrong", arrived_at)
            if not before[outbox_id].in_outbox:
                _end(connection, gateway, alarms, "batches_refused", arrived_at)
    return rejected


def _gateway(ids: IdCache, received: ReceivedLedgerReport) -> Gateway:
    return ids.centre_id(received.topic.centre), str(received.topic.name)


def _store(
    connection: Connection, outbox_id: int, totals: ReportedOutbox, days: Sequence[ReportedDay], reported_at: datetime
) -> None:
    connection.execute(
        sql("record_ledger_report"),
        {
            "outbox_id": outbox_id,
            "reported_at": reported_at,
            "days": [day.day for day in days],
            "numbered": [day.numbered for day in days],
            "in_outbox": [day.in_outbox for day in days],
            "last": totals.last,
            "total_in_outbox": totals.in_outbox,
            "arrived_at": totals.arrived_at,
        },
    )


def _check_clock(
    connection: Connection, gateway: Gateway, alarms: Alarms, reported_at: datetime, arrived_at: datetime
) -> None:
    """Begin or end the alarm about a wrong clock.

    A report that waited at the broker looks like one from a clock behind: that must last for CLOCK_WRONG_AFTER.
    """
    ahead = clock_difference(reported_at, arrived_at)
    key = dict(zip(("centre_id", "edge"), gateway, strict=True))
    if ahead is not None and ahead < timedelta(0):
        since = alarms.setdefault((*gateway, CLOCK_BEHIND), arrived_at)
        if since == arrived_at:
            connection.execute(sql("clock_behind"), key | {"at": arrived_at})
        elif arrived_at - since >= CLOCK_WRONG_AFTER:
            begin_server_alarm(connection, *gateway, "clock_wrong", clock_message(ahead), arrived_at)
        return
    if alarms.pop((*gateway, CLOCK_BEHIND), None):
        connection.execute(sql("clock_not_behind"), key)
    if ahead is not None:
        begin_server_alarm(connection, *gateway, "clock_wrong", clock_message(ahead), arrived_at)
    else:
        _end(connection, gateway, alarms, "clock_wrong", arrived_at)


def _end(connection: Connection, gateway: Gateway, alarms: Alarms, kind: ServerAlarm, at: datetime) -> None:
    """End an alarm if it is active: most reports find none."""
    if alarms.pop((*gateway, kind), None):
        end_server_alarm(connection, *gateway, kind, at)


def store_edge_states(
    connection: Connection,
    ids: IdCache,
    statuses: Sequence[ReceivedStatus],
    active: Collection[EdgeKey],
    arrived_at: datetime,
) -> None:
    """Store which edges are online, since when, and that a message of each edge in `active` arrived.

    An edge is online if it published that, or if a message of it arrives. All centres must be cached in `ids`.
    """
    states = {(status.topic.centre, str(status.topic.name)): status.state for status in statuses}
    edges = sorted({*states, *active})
    if not edges:
        return
    row = {
        "centre_ids": [ids.centre_id(centre) for centre, _ in edges],
        "edges": [edge for _, edge in edges],
        "states": [states.get(edge) for edge in edges],
        "active": [edge in active for edge in edges],
        "at": arrived_at,
        "settling": _SETTLING,
        "most_edges": EDGES_PER_CENTRE,
    }
    connection.execute(sql("register_edges"), row)
    connection.execute(sql("record_edge_states"), row)
    offline = sorted(edge for edge, state in states.items() if state == "offline")
    if offline:
        gateways = {"centre_ids": [ids.centre_id(centre) for centre, _ in offline], "edges": [edge for _, edge in offline]}
        connection.execute(sql("end_gateway_connections"), gateways)
