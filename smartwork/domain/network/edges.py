"""When an edge counts as silent."""

from datetime import datetime, timedelta

SILENT_AFTER = timedelta(minutes=3)
"""An edge publishes its status every minute and its ledger twice a minute: several of them are missing then."""


def is_silent(last_message_at: datetime, now: datetime) -> bool:
    """Whether the last message of an edge is older than SILENT_AFTER."""
    return now - last_message_at > SILENT_AFTER
