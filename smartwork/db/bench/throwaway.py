"""What benches need of a temporary database: a generated network and month, a bare COPY, and counts of stored data."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.sql import SQL, Identifier

from smartwork.contracts.metrics import Metric
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """Counts of the table `batch`: batches, and their stored and rejected readings."""

    batches: int
    stored: int
    rejected: int


def install_centres(connection: Connection, centres: Sequence[str], desks: int) -> None:
    """Insert `centres` into an empty database, each with one zone and `desks` desks `desk-i`, watched by devices `s-i`."""
    with connection.transaction():
        connection.execute(sql("bench_operator"))
        connection.execute(sql("bench_centres"), {"centres": list(centres)})
        connection.execute(sql("bench_zones"))
        connection.execute(sql("bench_desks"), {"desks": desks})
        connection.execute(sql("bench_devices"))
    connection.execute(sql("bench_analyze"))


def clear(connection: Connection) -> None:
    """Delete everything that was measured, and write a checkpoint, so that each measurement starts from the same state."""
    connection.execute(sql("bench_clear"))
    connection.execute(sql("bench_checkpoint"))


def device_ids(connection: Connection) -> dict[tuple[str, str], int]:
    """The id of each device, by centre and slug."""
    return {(str(centre), str(device)): number for centre, device, number in connection.execute(sql("bench_device_ids"))}


def copy_seconds(connection: Connection, parts: Sequence[bytes]) -> float:
    """Seconds that one COPY of binary rows, passed in `parts`, takes until it is committed."""
    began = time.monotonic()
    with connection.cursor() as cursor, cursor.copy(sql("copy_readings")) as copy:
        for part in parts:
            copy.write(part)
    return time.monotonic() - began


def readings(connection: Connection) -> int:
    """The number of stored readings, counted in the table itself."""
    row = connection.execute(sql("bench_readings")).fetchone()
    return int(row[0]) if row else 0


def stored(connection: Connection) -> StoredCounts:
    """The counts of committed batches and readings."""
    row = connection.execute(sql("bench_ledger")).fetchone()
    return StoredCounts(*(int(number) for number in row)) if row else StoredCounts(0, 0, 0)


def numbers_by_value(connection: Connection, metric: Metric) -> dict[float, int]:
    """The outbox number of each reading of `metric`, by its value; the caller makes the values unique."""
    return {value: n for n, value in connection.execute(sql("bench_numbers"), {"metric": int(metric)})}


def install_month(connection: Connection, month: date) -> int:
    """Insert bookings, check-ins and spans of `month` for every desk; returns the number of bookings."""
    connection.execute(sql("bench_without_checks"))
    connection.execute(sql("bench_no_overlap_index"))
    for name in ("bench_companies", "bench_members", "bench_bookings", "bench_spans", "bench_check_ins"):
        connection.execute(sql(name), {"month": month})
    connection.execute(sql("bench_with_checks"))
    connection.execute(sql("bench_analyze_month"))
    row = connection.execute(sql("bench_booking_count")).fetchone()
    return int(row[0]) if row else 0


def forget_verdicts(connection: Connection, month: date) -> None:
    """Delete all verdicts, mark every desk for reconciliation of `month`, and write a checkpoint."""
    connection.execute(sql("bench_forget_verdicts"))
    connection.execute(sql("bench_stale_verdicts"), {"month": month})
    connection.execute(sql("bench_checkpoint"))


def create_database(connection: Connection, name: str) -> None:
    """Create another database on the same temporary server; `name` is not user input."""
    connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database, and close the connections to it."""
    connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
