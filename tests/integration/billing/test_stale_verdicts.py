"""A bill never works on stale verdicts, and whatever changes in a verdict is found by the next bill."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from smartwork.db.billing import billed_months
from smartwork.db.core.connection import connect
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval
from smartwork.jobs.billing.bill_month import draft_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from tests.support.accounts import silent
from tests.support.memory_accounts import Booked
from tests.support.stored_accounts import StoredAccounts, later

pytestmark = pytest.mark.services

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
BOLT = Booked(1, 2, "d-1", Interval(NINE, NINE + timedelta(hours=4)))
CALM = Booked(2, 3, "d-2", Interval(NINE, NINE + timedelta(hours=5)))


@pytest.fixture
def accounts(database_url: str, tmp_path: Path) -> Iterator[StoredAccounts]:
    """A desk that bolt booked and used for four hours; on 3 November."""
    with closing(connect(database_url)) as connection:
        stored = StoredAccounts(connection, tmp_path, datetime(2026, 11, 3, 9, tzinfo=UTC))
        stored.fill()
        connection.execute(b"DELETE FROM prepaid_lot")
        stored.put(BOLT)
        stored.observe("d-1", [Span(NINE, NINE + timedelta(hours=4), "occupied")])
        yield stored


def nets(accounts: StoredAccounts) -> dict[str, str]:
    return {document.account: f"{document.net}" for document in accounts.documents()}


def test_a_month_that_was_never_reconciled_is_billed(accounts: StoredAccounts) -> None:
    accounts.bill(OCTOBER)
    assert nets(accounts) == {"bolt": "30.00"}


def test_what_was_cancelled_or_imported_after_the_reconciliation_is_billed_as_it_is(accounts: StoredAccounts) -> None:
    reconcile_month(accounts.connection, OCTOBER, accounts.now, silent)
    accounts.put(replace(BOLT, cancelled=True))
    accounts.put(CALM)
    assert [draft.account for draft in draft_month(accounts.connection, OCTOBER, accounts.now, silent).drafts] == ["calm"]
    accounts.bill(OCTOBER)
    assert nets(accounts) == {"calm": "37.50"}  # no sensor reported there: as booked


def test_a_booking_that_is_not_over_waits_for_the_next_document(accounts: StoredAccounts) -> None:
    long = Booked(3, 1, "r-1", Interval(datetime(2026, 10, 25, 8, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)))
    accounts.put(long)
    accounts.bill(OCTOBER)
    assert nets(accounts) == {"bolt": "30.00"}
    assert accounts.put(replace(long, period=Interval(long.period.start, long.period.start + timedelta(hours=2)))), "unbilled"
    accounts.now = later(accounts.now)
    accounts.bill(NOVEMBER)
    assert nets(accounts) == {"bolt": "30.00", "acme": "48.00"}
    assert accounts.mismatches() == []


CHANGES = {
    "first_seen": "first_seen + interval '1 minute'",
    "last_seen": "last_seen - interval '1 minute'",
    "verdict": "'unverifiable'",
    "starts_at": "starts_at + interval '1 minute'",
    "ends_at": "ends_at - interval '1 minute'",
    "reassigned_at": "ends_at - interval '1 hour'",
    "booked_s": "booked_s - 1",
    "occupied_s": "occupied_s - 1",
    "vacant_s": "vacant_s + 1",
    "unknown_s": "unknown_s + 1",
    "over_s": "over_s + 1",
    "resource_id": "2",
}


def test_every_figure_of_a_verdict_is_in_the_digest_of_its_month(accounts: StoredAccounts) -> None:
    connection = accounts.connection
    reconcile_month(connection, OCTOBER, accounts.now, silent)
    digests = {billed_months.verdict_digests(connection, OCTOBER, OCTOBER)[2, OCTOBER]}
    for column, changed in CHANGES.items():
        with connection.transaction(force_rollback=True):
            connection.execute(f"UPDATE verdict SET {column} = {changed}".encode())
            digests.add(billed_months.verdict_digests(connection, OCTOBER, OCTOBER)[2, OCTOBER])
    with connection.transaction(force_rollback=True):
        connection.execute(b"INSERT INTO member VALUES (9, 'm-9', 2); UPDATE booking SET member_id = 9")
        digests.add(billed_months.verdict_digests(connection, OCTOBER, OCTOBER)[2, OCTOBER])
    assert len(digests) == len(CHANGES) + 2
