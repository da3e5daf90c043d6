"""Importing bank statements into the tests' accounts, and what the books are then."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.core.connection import Connection
from smartwork.jobs.banking.entries import allocated_entries
from smartwork.jobs.banking.import_statements import ImportReport, import_statements
from tests.support.accounts import audited

LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""When statements are imported."""


def imported(connection: Connection, folder: Path, *contents: bytes) -> ImportReport:
    """Import files with these contents."""
    paths = []
    for at, content in enumerate(contents):
        paths.append(folder / f"statement-{at}")
        paths[-1].write_bytes(content)
    return import_statements(connection, paths, LATER)


def balances(connection: Connection) -> dict[str, Decimal]:
    """The balances that are not 0."""
    return {account: amount for account, amount in journal.balances(connection).items() if amount}


def undecided(connection: Connection) -> dict[Decimal, tuple[Decimal, str]]:
    """What is left of each entry, by its amount, and why."""
    return {
        each.listed.entry.amount: (each.left, each.reason)
        for each in allocated_entries(connection, LATER)
        if each.reason is not None
    }


def require_whole_books(connection: Connection) -> None:
    """Assert that the audit finds nothing."""
    assert [(check.name, check.mismatches) for check in audited(connection).checks if check.mismatches] == []
