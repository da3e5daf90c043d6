"""A month that is billed: drafts, hours bought ahead, and what stops the run."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import documents, drafts
from smartwork.db.core.connection import Connection
from smartwork.errors import InputError
from smartwork.jobs.billing.bill_month import draft_month
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute
from tests.support.accounts import ISSUED, OCTOBER, audited, bill, rows, settle, silent, take_as_judged

pytestmark = pytest.mark.services


def test_draft_is_what_would_be_issued_and_takes_no_number(connection: Connection, tmp_path: Path) -> None:
    made = draft_month(connection, OCTOBER, ISSUED, silent)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]
    assert [document.account for document in drafts.drafts(connection, OCTOBER)] == ["acme", "bolt"]
    report = bill(connection, tmp_path)
    assert [(document.account, document.gross) for document in made.drafts] == [
        (document.company, document.gross) for document in report.invoices
    ]
    assert drafts.drafts(connection, OCTOBER) == []


def test_prepaid_hours_pay_and_the_hours_left_are_a_liability(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 10, 6)")
    bill(connection, tmp_path)
    acme = documents.numbered(connection, "INV-2026-00001").invoice
    assert [(line.kind, line.hours, line.net) for line in acme.lines] == [
        ("occupancy", Decimal("1.2500"), Decimal("0.00")),
        ("credits_bought", Decimal("10.0000"), Decimal("60.00")),
    ]
    [pool] = acme.pools
    assert (pool.opening, pool.bought, pool.spent, pool.closing) == (
        Decimal(0),
        Decimal(10),
        Decimal("1.25"),
        Decimal("8.75"),
    )
    assert journal.balances(connection)["pool:acme"] == Decimal("-52.50")
    assert settle(connection, tmp_path).charged == Decimal("49.50")  # 1.25 h at 6.00, and bolt's 42.00
    assert audited(connection).is_clean


def test_a_minute_in_two_verdicts_is_billed_once_and_the_other_stay_is_open_by_name(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute(b"""
        INSERT INTO check_in VALUES (1, 'K-1', 1, 2, '2026-10-05 07:30Z', 'badge');
        INSERT INTO verdict VALUES
            (9, 1, NULL, 1, 2, 'walk_in', '2026-10-05 07:30Z', '2026-10-05 08:00Z', NULL, NULL, 0, 1800, 0, 0, 0)
    """)
    take_as_judged(connection)
    report = bill(connection, tmp_path)
    assert [(document.company, document.net) for document in report.invoices] == [
        ("acme", Decimal("9.38")),
        ("bolt", Decimal("42.00")),
    ]
    [stay] = report.open_stays
    assert (stay.company, stay.centre, stay.resource, stay.record) == ("bolt", "namur", "d-1", "K-1")
    assert stay.reason.startswith("the verdict of booking B-1 overlaps with it.")
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 1")
    november = bill(connection, tmp_path, months_later=1)
    bolt = next(document for document in november.invoices if document.company == "bolt")
    assert (bolt.net, november.open_stays) == (Decimal("3.75"), ())
    assert audited(connection).is_clean


def test_a_verdict_that_its_spans_do_not_prove_stops_its_company_only(connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        b"UPDATE span SET ends_at = ends_at - interval '20 minutes' WHERE resource_id = 2 AND state = 'occupied'"
    )
    take_as_judged(connection)  # as if the readings arrived between the reconciliation and the bill
    report = bill(connection, tmp_path)
    [waiting] = report.waiting
    assert (waiting.company, waiting.centre) == ("bolt", "namur")
    assert waiting.reason.startswith("B-2: occupied seconds is 6000, but 4800 by its evidence.")
    assert [document.company for document in report.invoices] == ["acme"]
    assert rows(connection, b"SELECT coalesce(sum(last), 0) FROM document_series") == [(1,)]


Run = Callable[[Connection, Path], object]


@pytest.mark.parametrize("run", [bill, settle])
def test_nobody_is_billed_while_the_network_has_no_name(connection: Connection, tmp_path: Path, run: Run) -> None:
    connection.execute(b"DELETE FROM seller")
    with pytest.raises(Exception, match="smartwork agreements apply"):
        run(connection, tmp_path)


def test_visits_of_a_month_billed_for_others_only_are_on_the_next_document(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"UPDATE verdict SET company_id = NULL WHERE company_id = 2")
    connection.execute(b"DELETE FROM contract WHERE company_id = 2")
    bill(connection, tmp_path)
    connection.execute(b"INSERT INTO contract VALUES (2, 2, '2026-01-01', NULL, 'as_measured', 10, 15, 0.5, false, 15)")
    connection.execute(b"UPDATE verdict SET company_id = 2 WHERE booking_id = 2")
    report = bill(connection, tmp_path, months_later=1)
    assert [(document.company, document.net) for document in report.invoices if document.company == "bolt"] == [
        ("bolt", Decimal("42.00"))
    ]
    assert "bolt" not in {document.company for document in bill(connection, tmp_path, months_later=2).invoices}
    assert audited(connection).is_clean


def test_a_month_before_the_first_that_was_billed_may_still_be_billed_and_one_between_must_be(
    connection: Connection, tmp_path: Path
) -> None:
    assert {document.company for document in bill(connection, tmp_path, months_later=1).invoices} == {"acme"}
    october = bill(connection, tmp_path)
    assert [(document.company, document.net) for document in october.invoices] == [
        ("acme", Decimal("9.38")),
        ("bolt", Decimal("42.00")),
    ]
    assert bill(connection, tmp_path).invoices == tuple(
        replace(document, already_issued=True) for document in october.invoices
    )
    assert audited(connection).is_clean


def test_a_month_between_that_nobody_billed_stops_the_next(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    with pytest.raises(InputError, match="2026-11 has bookings and was never billed: bill it first"):
        bill(connection, tmp_path, months_later=2)


POOLS = b"""
INSERT INTO prepaid_pool VALUES (1, 'desk', 3.9, 2, 12), (1, 'room', 20, 2, 12);
INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 2, 3.9);
"""


def test_partly_credited_hours_keep_the_value_of_their_lot_exact(connection: Connection, tmp_path: Path) -> None:
    connection.execute(POOLS)
    bill(connection, tmp_path)
    dispute(connection, "INV-2026-00001", 1, ISSUED, "locked")
    credit(connection, DisputedLine("INV-2026-00001", 1, Decimal("0.25")), "locked", ISSUED, tmp_path, silent)
    assert audited(connection).is_clean


def test_two_pools_may_be_overdrawn_in_one_month(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 3.9, 2, 12), (1, 'room', 20, 2, 12)")
    connection.execute(b"UPDATE verdict SET company_id = 1 WHERE verdict_id = 2")
    bill(connection, tmp_path)
    assert rows(connection, b"SELECT external_id, hours FROM prepaid_lot ORDER BY 1") == [
        ("overdraft 2026-10 desk", Decimal("1.2500")),
        ("overdraft 2026-10 room", Decimal("2.0000")),
    ]
    assert audited(connection).is_clean


def test_hours_that_a_correction_returns_are_there_before_others_draw_them(connection: Connection, tmp_path: Path) -> None:
    connection.execute(POOLS)
    connection.execute(b"UPDATE prepaid_lot SET hours = 1.25")
    bill(connection, tmp_path)
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 1")
    bill(connection, tmp_path, months_later=1)  # November's visit is paid from what October gives back
    assert audited(connection).is_clean


def test_prepaid_hours_stay_in_the_database_when_their_pool_is_removed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(POOLS)
    bill(connection, tmp_path)
    connection.execute(b"DELETE FROM prepaid_pool")
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 1")
    bill(connection, tmp_path, months_later=1)
    assert journal.balances(connection)["pool:acme"] == Decimal("-7.80")
    assert audited(connection).is_clean
