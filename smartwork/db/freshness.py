"""How far what is derived lies behind what is stored."""

from smartwork.db.connection import Connection
from smartwork.db.sql import sql


def awaiting(connection: Connection) -> int:
    """How many devices have readings that their spans do not know yet."""
    row = connection.execute(sql("stale_count")).fetchone()
    return int(row[0]) if row else 0
