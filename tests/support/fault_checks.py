"""What must hold after any fault: nothing is lost or stored twice, and the invoices are the same."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import LiteralString

from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import gaps, ledger, overlaps
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.progress import no_progress

_READINGS: LiteralString = """
SELECT DISTINCT c.slug, d.slug, r.metric, r.at, r.value
FROM reading r JOIN device d USING (device_id) JOIN centre c USING (centre_id)"""
_SPANS: LiteralString = """
SELECT c.slug, r.slug, s.starts_at, s.ends_at, s.state, s.suspect
FROM span s JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)"""
_VERDICTS: LiteralString = """
SELECT c.slug, r.slug, b.external_id, k.external_id, p.slug, v.verdict, v.starts_at, v.ends_at, v.first_seen, v.last_seen,
       v.booked_s, v.occupied_s, v.vacant_s, v.unknown_s, v.over_s
FROM verdict v JOIN resource r USING (resource_id) JOIN centre c USING (centre_id)
LEFT JOIN booking b USING (booking_id) LEFT JOIN check_in k USING (check_in_id)
LEFT JOIN company p ON p.company_id = v.company_id"""
_LINES: LiteralString = """
SELECT p.slug, i.net, i.vat, i.gross, l.line, l.kind, l.verdict, c.slug, r.slug, l.starts_at, l.ends_at, l.hours, l.per_hour,
       l.net, l.evidence - 'batches' - 'ledger'
FROM invoice_line l JOIN invoice i USING (invoice_id) JOIN company p USING (company_id)
JOIN resource r USING (resource_id) JOIN centre c ON c.centre_id = l.centre_id"""
_NUMBERS: LiteralString = """
SELECT c.slug, count(*), count(DISTINCT n), min(n), max(n)
FROM (SELECT outbox_id, n FROM reading UNION ALL SELECT outbox_id, n FROM rejected WHERE n IS NOT NULL) AS numbered
JOIN outbox o USING (outbox_id) JOIN centre c USING (centre_id) GROUP BY c.slug, o.outbox_id"""


def rows_of(connection: Connection, statement: LiteralString) -> set[str]:
    """The rows of a statement as text, with the count of each row that occurs more than once."""
    found: dict[str, int] = {}
    for row in connection.execute(statement):
        text = json.dumps(row, default=str, sort_keys=True)
        found[text] = found.get(text, 0) + 1
    return {text if times == 1 else f"{times} times {text}" for text, times in found.items()}


def last_number(outbox: Path) -> int:
    """The last number of an outbox. Another process may have it open."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as box:
        return int(box.execute("SELECT value FROM meta WHERE name = 'last'").fetchone()[0])


def unconfirmed(outbox: Path) -> int:
    """Number of batches in an outbox that are not confirmed."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as box:
        return int(box.execute("SELECT count(*) FROM batch").fetchone()[0])


def readings_stored(connection: Connection) -> int:
    """Number of different readings, whatever their numbers.

    An edge that is killed between writing a reading and acknowledging the device's message numbers the reading twice.
    """
    row = connection.execute(f"SELECT count(*) FROM ({_READINGS}) AS r").fetchone()
    return int(row[0]) if row else 0


def assert_nothing_lost_or_twice(database_url: str, outboxes: Mapping[str, Path]) -> None:
    """Assert that every number of each centre's outbox is in the database once, and that the ledger balances."""
    with connect(database_url) as connection:
        numbers = {str(row[0]): tuple(row[1:]) for row in connection.execute(_NUMBERS)}
        days = [day for centre_days in ledger(connection).values() for day in centre_days]
        assert not gaps(connection)
        assert not overlaps(connection)
    given = {centre: last_number(path) for centre, path in outboxes.items()}
    expected = {centre: (last, last, 1, last) for centre, last in given.items()}
    assert numbers == expected, f"(count, distinct, first, last) of the numbers stored: {numbers}, given: {expected}"
    assert sum(day.numbered for day in days) == sum(given.values())
    open_days = [day for day in days if day.in_outbox or day.missing or not day.is_complete]
    assert not open_days, f"the ledger does not balance: {open_days}"


def billed(database_url: str, month: date, folder: Path) -> dict[str, set[str]]:
    """Reconcile and bill the month.

    Returns readings, spans, verdicts and invoice lines, without batch and document numbers.
    """
    with connect(database_url) as connection:
        reconcile_month(connection, month, datetime(2100, 1, 1, tzinfo=UTC), no_progress)
        bill_month(
            connection,
            month,
            datetime.combine((month + timedelta(days=45)).replace(day=1), time(9), UTC),
            folder,
            no_progress,
        )
        return {
            "readings": rows_of(connection, _READINGS),
            "spans": rows_of(connection, _SPANS),
            "verdicts": rows_of(connection, _VERDICTS),
            "invoice lines": rows_of(connection, _LINES),
        }


def assert_equal(found: Mapping[str, set[str]], expected: Mapping[str, set[str]]) -> None:
    """Assert that both have the same rows. The error shows the first that differ."""
    for what, rows in expected.items():
        assert rows, f"there are no {what} to compare"
        assert found[what] == rows, f"{what} differ: {_few(found[what] - rows)} instead of {_few(rows - found[what])}"


def _few(rows: Iterable[str]) -> str:
    some = sorted(rows)
    return f"{len(some)} such as {some[:3]}"
