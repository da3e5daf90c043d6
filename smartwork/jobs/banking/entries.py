"""The entries of bank statements as they are now."""

from datetime import datetime

from smartwork.db.banking.statements import lock_statements
from smartwork.db.billing.documents import issuing_transaction
from smartwork.db.core.connection import Connection
from smartwork.jobs.banking.apply_rules import AllocatedEntry, apply_rules


def allocated_entries(connection: Connection, at: datetime) -> list[AllocatedEntry]:
    """All entries, by day, after the rules were applied to what has changed since: documents were issued, for example."""
    with issuing_transaction(connection):
        lock_statements(connection)
        return apply_rules(connection, at)
