"""The alarm of a centre that sends more than its quota. The server raises it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql


def raise_quota_alarms(connection: Connection, messages: Mapping[str, str], at: datetime) -> list[str]:
    """Raise an alarm for each of these centres that exists, or change its text; returns those for which it is new."""
    row = {"centres": list(messages), "messages": list(messages.values()), "at": at}
    with wrap_database_errors():
        return [str(slug) for slug, is_new in connection.execute(sql("raise_quota_alarms"), row) if is_new]


def end_quota_alarms(connection: Connection, centres_over: Sequence[str], at: datetime) -> None:
    """End the alarms of all centres but those in `centres_over`."""
    with wrap_database_errors():
        connection.execute(sql("end_quota_alarms"), {"centres": list(centres_over), "at": at})
