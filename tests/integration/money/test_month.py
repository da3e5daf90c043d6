"""A month that is billed: drafts, hours bought ahead, and what stops the run."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db import books, documents
from smartwork.db.connection import Connection
from smartwork.jobs.bill import NotProvable, draft_month
from smartwork.testing.accounts import ISSUED, OCTOBER, audited, bill, rows, settle, silent

pytestmark = pytest.mark.services


def test_draft_is_what_would_be_issued_and_takes_no_number(connection: Connection, tmp_path: Path) -> None:
    drafts = draft_month(connection, OCTOBER, ISSUED, silent)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]
    assert [one.account for one in documents.drafts(connection, OCTOBER)] == ["acme", "bolt"]
    report = bill(connection, tmp_path)
    assert [(one.account, one.gross) for one in drafts] == [(one.company, one.gross) for one in report.invoices]
    assert documents.drafts(connection, OCTOBER) == []


def test_hours_bought_ahead_pay_and_their_rest_is_owed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"INSERT INTO credit_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO credit_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 10, 6)")
    bill(connection, tmp_path)
    acme = documents.numbered(connection, "INV-2026-00001").invoice
    assert [(line.kind, line.hours, line.net) for line in acme.lines] == [
        ("occupancy", Decimal("1.2500"), Decimal("0.00")),
        ("credits_bought", Decimal("10.0000"), Decimal("60.00")),
    ]
    [pool] = acme.pools
    assert (pool.opening, pool.bought, pool.spent, pool.closing) == (0, Decimal(10), Decimal("1.25"), Decimal("8.75"))
    assert books.balances(connection)["pool:acme"] == Decimal("-52.50")
    assert settle(connection, tmp_path).charged == Decimal("49.50")  # 1.25 h at 6.00, and bolt's 42.00
    assert audited(connection).is_clean


def test_minute_that_two_verdicts_claim_stops_the_run(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"""
        INSERT INTO verdict VALUES
            (9, 1, NULL, NULL, 3, 'walk_in', '2026-10-05 07:30Z', '2026-10-05 08:00Z', NULL, NULL, 0, 1800, 0, 0, 0)
    """)
    with pytest.raises(documents.BilledTwice, match="billed twice"):
        bill(connection, tmp_path)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]


def test_verdict_that_its_spans_do_not_prove_is_not_billed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        b"UPDATE span SET ends_at = ends_at - interval '20 minutes' WHERE resource_id = 2 AND state = 'occupied'"
    )
    with pytest.raises(NotProvable, match="for bolt, B-2, occupied seconds is 6000, and its evidence says 4800"):
        bill(connection, tmp_path)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]
    assert rows(connection, b"SELECT coalesce(sum(last), 0) FROM document_series") == [(0,)]


Run = Callable[[Connection, Path], object]


@pytest.mark.parametrize("run", [bill, settle])
def test_nobody_is_billed_while_the_network_has_no_name(connection: Connection, tmp_path: Path, run: Run) -> None:
    connection.execute(b"DELETE FROM seller")
    with pytest.raises(Exception, match="smartwork agreements apply"):
        run(connection, tmp_path)
