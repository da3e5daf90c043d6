"""Alarms about a gateway that the server raises: the gateway's own reports neither begin nor end them."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql

ServerAlarm = Literal["two_gateways", "outbox_restored", "ledger_report_wrong", "clock_wrong", "batches_refused"]
SERVER_ALARMS: tuple[ServerAlarm, ...] = (
    "two_gateways",
    "outbox_restored",
    "ledger_report_wrong",
    "clock_wrong",
    "batches_refused",
)
CLOCK_BEHIND = "clock_behind"
"""Not an alarm yet: a gateway's reports seem to come from a clock behind, or they waited at the broker."""
Gateway = tuple[int, str]
"""The id of the centre, and the edge's name."""
Alarms = dict[tuple[int, str, str], datetime]
"""By centre, edge and kind the beginning of an active alarm."""


def server_alarms_of(connection: Connection, gateways: Collection[Gateway]) -> Alarms:
    """The active server alarms of these gateways, and since when their clocks have seemed behind (CLOCK_BEHIND)."""
    centre_ids, edges = zip(*sorted(gateways), strict=True)
    parameters = {"centre_ids": list(centre_ids), "edges": list(edges), "kinds": list(SERVER_ALARMS)}
    rows = connection.execute(sql("server_alarms"), parameters)
    return {(centre_id, str(edge), str(kind)): since for centre_id, edge, kind, since in rows}


def begin_server_alarm(
    connection: Connection, centre_id: int, edge: str, kind: ServerAlarm, message: str, at: datetime
) -> None:
    """Begin an alarm, or change the message of an active one; in the caller's transaction."""
    row = {"centre_id": centre_id, "edge": edge, "kind": kind, "message": message, "at": at}
    connection.execute(sql("begin_server_alarm"), row)


def end_server_alarm(
    connection: Connection,
    centre_id: int,
    edge: str,
    kind: ServerAlarm,
    at: datetime,
    *,
    since_before: datetime | None = None,
) -> None:
    """End an active alarm; with `since_before` only if it began before that instant."""
    row = {"centre_id": centre_id, "edge": edge, "kind": kind, "at": at, "since_before": since_before}
    connection.execute(sql("end_server_alarm"), row)
