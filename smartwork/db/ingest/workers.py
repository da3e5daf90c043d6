"""Which worker stores: advisory locks, held by the connection that the worker stores through."""

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql


def take_worker_name(connection: Connection, worker: str) -> bool:
    """Claim the name of a worker until the connection ends; False while another connection holds it."""
    with wrap_database_errors():
        connection.execute(sql("detect_lost_workers"))
        return _is_true(connection.execute(sql("take_worker_name"), (worker,)).fetchone())


def become_active_worker(connection: Connection) -> bool:
    """Become the one worker that stores, until the connection ends; False while another worker is it."""
    with wrap_database_errors():
        return _is_true(connection.execute(sql("become_active_worker")).fetchone())


def _is_true(row: tuple[object, ...] | None) -> bool:
    return row is not None and row[0] is True
