"""The alarm of a gateway from which nothing arrives. The server raises it, because a silent gateway cannot."""

from datetime import datetime
from typing import NamedTuple

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql


class Gateway(NamedTuple):
    """A gateway: its centre and its name in topics."""

    centre: str
    edge: str


def begin_silence_alarms(connection: Connection, silent_before: datetime) -> list[Gateway]:
    """Raise an alarm for each gateway whose last message arrived before `silent_before`; returns those it is new for."""
    with wrap_database_errors():
        rows = connection.execute(sql("begin_silent_gateway_alarms"), {"silent_before": silent_before})
        return [Gateway(*row) for row in rows]


def end_silence_alarms(connection: Connection, silent_before: datetime) -> list[Gateway]:
    """End the alarms of the gateways from which a message arrived at `silent_before` or later; returns these gateways."""
    with wrap_database_errors():
        rows = connection.execute(sql("end_silent_gateway_alarms"), {"silent_before": silent_before})
        return [Gateway(*row) for row in rows]
