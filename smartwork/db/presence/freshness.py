"""How far what is derived lies behind what is stored."""

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql


def awaiting(connection: Connection) -> int:
    """How many devices have readings that their spans do not know yet."""
    row = connection.execute(sql("stale_count")).fetchone()
    return int(row[0]) if row else 0
