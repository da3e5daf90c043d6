"""Orders of items and subscriptions, from the file of agreements to documents, settlement and accounts."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.invoice import Invoice
from smartwork.jobs.billing import agreements
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute
from tests.support.accounts import ISSUED, audited, bill, command, rows, settle, silent

pytestmark = pytest.mark.services

ITEM = """
[[company.item]]
order = "2026-231"
product = "print"
description = "Impressions A3, couleur"
supplied_on = 2026-10-12
quantity = 40
price = 0.35
centre = "namur"
"""
MEMBERSHIP = """
[[company.subscription]]
order = "2026-044"
product = "membership"
description = "Membre, bureau flexible"
valid_from = 2026-10-15
quantity = 3
unit = "seat"
price = 180
"""


def agree(connection: Connection, folder: Path, *orders: str) -> agreements.ApplyResult:
    """Put the agreements in force with these orders of acme and no others, and return the result."""
    parts = agreements.show(connection).split("\n[[")
    kept = [part for part in parts if not part.startswith(("company.item", "company.subscription"))]
    text = "\n[[".join(kept)
    head, rest = text.split('\n[[company]]\nslug = "bolt"')
    file = folder / "agreements.toml"
    file.write_text("\n".join([head, *orders, f'[[company]]\nslug = "bolt"{rest}']))
    return agreements.apply_file(connection, file, ISSUED, remove=True, dry_run=False)


def acme(connection: Connection, month: str) -> Invoice:
    """Acme's document of a month."""
    query = b"SELECT number FROM invoice WHERE company_id = 1 AND month = %s AND corrects_id IS NULL"
    [(number,)] = connection.execute(query, (month,)).fetchall()
    return documents.numbered(connection, number).invoice


def ordered(invoice: Invoice) -> list[tuple[str, str | None, str]]:
    """Kind, order and net of the lines that rest on an order."""
    sign = -1 if invoice.is_credit else 1
    return [(line.kind, line.label, f"{sign * line.net}") for line in invoice.lines if line.supply]


def mismatches(connection: Connection) -> list[str]:
    """What the audit finds."""
    return [mismatch for check in audited(connection).checks for mismatch in check.mismatches]


def test_orders_are_billed_once_and_settled_with_their_centre(connection: Connection, tmp_path: Path) -> None:
    assert agree(connection, tmp_path, ITEM, MEMBERSHIP).problems == ()
    first = bill(connection, tmp_path)
    october = acme(connection, "2026-10-01")
    assert ordered(october) == [("item", "2026-231", "14.00"), ("subscription", "2026-044", "296.13")]
    assert bill(connection, tmp_path).net == first.net
    settle(connection, tmp_path)
    [(settled,)] = connection.execute(b"SELECT document FROM invoice WHERE centre_id = 1").fetchall()
    shares = {line.place_kind: str(line.net) for line in Invoice.parse(settled).lines}
    assert shares["other"] == "8.40"  # 60 % of the prints; the membership is the network's own
    assert rows(connection, b"SELECT sum(amount) FROM entry JOIN account USING (account_id) WHERE code = 'sales'") == [
        (-october.lines[-1].net,)
    ]
    bill(connection, tmp_path, months_later=1)
    assert ordered(acme(connection, "2026-11-01")) == [("subscription", "2026-044", "540.00")]
    settle(connection, tmp_path, months_later=1)
    assert mismatches(connection) == []


def test_a_cancelled_order_is_credited_and_a_membership_that_ended_is_billed_anew(
    connection: Connection, tmp_path: Path
) -> None:
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    changed = agree(connection, tmp_path, ITEM + "cancelled_on = 2026-11-05\n", MEMBERSHIP + "valid_until = 2026-10-26\n")
    assert changed.problems == ()
    bill(connection, tmp_path, months_later=1)
    november = acme(connection, "2026-11-01")
    assert november.is_credit
    assert sorted(ordered(november)) == [
        ("correction", "2026-044", "-296.13"),
        ("correction", "2026-231", "-14.00"),
        ("subscription", "2026-044", "191.61"),
    ]
    settle(connection, tmp_path, months_later=1)
    assert mismatches(connection) == []
    bill(connection, tmp_path, months_later=2)
    assert ordered(acme(connection, "2026-11-01")) == ordered(november)
    assert rows(connection, b"SELECT count(*) FROM billed_supply") == [(1,)]


def test_a_billed_order_cannot_be_left_out_of_the_agreements(connection: Connection, tmp_path: Path) -> None:
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    bill(connection, tmp_path)
    left_out = agree(connection, tmp_path)
    assert {problem.where for problem in left_out.problems} == {
        "item 2026-231 of acme",
        "subscription 2026-044 of acme",
    }
    assert left_out.version is None


def test_an_order_that_a_dispute_credited_is_not_charged_again(connection: Connection, tmp_path: Path) -> None:
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    bill(connection, tmp_path)
    october = acme(connection, "2026-10-01")
    [line] = [line.line for line in october.lines if line.kind == "item"]
    dispute(connection, october.number, line, ISSUED, "never printed")
    credit(connection, DisputedLine(october.number, line), "never printed", ISSUED, tmp_path, silent)
    agree(connection, tmp_path, ITEM.replace("0.35", "0.40"), MEMBERSHIP)
    bill(connection, tmp_path, months_later=1)
    assert ordered(acme(connection, "2026-11-01")) == [("subscription", "2026-044", "540.00")]
    assert mismatches(connection) == []


def test_the_database_refuses_to_bill_an_order_twice(connection: Connection, tmp_path: Path) -> None:
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    bill(connection, tmp_path)
    other = b"""
        INSERT INTO billed_supply
        SELECT invoice_id, 1, company_id, kind, external_id, ends_on, ends_on + 5 FROM billed_supply WHERE kind = %s
    """
    for kind in ("item", "subscription"):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(other, (kind,))


def test_an_order_of_a_charge_that_was_tampered_with_is_found(connection: Connection, tmp_path: Path) -> None:
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    bill(connection, tmp_path)
    connection.execute(b"DELETE FROM billed_supply WHERE kind = 'item'")
    assert [mismatch for mismatch in mismatches(connection) if "order" in mismatch] == [
        f"{acme(connection, '2026-10-01').number}, line 2, order: the table differs from the document"
    ]


def test_a_company_that_only_has_a_subscription_is_billed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        b"INSERT INTO subscription VALUES (3, 'L-1', 'locker', 'Locker 7', '2026-10-01', NULL, 1, 'month', 12.50, 1)"
    )
    bill(connection, tmp_path)
    [(document,)] = connection.execute(b"SELECT document FROM invoice WHERE company_id = 3").fetchall()
    assert ordered(Invoice.parse(document)) == [("subscription", "L-1", "12.50")]
    again = datetime(2026, 11, 3, tzinfo=UTC)
    assert agreements.apply_file(connection, _shown(connection, tmp_path), again, remove=False, dry_run=False).changes == ()
    assert mismatches(connection) == []


def _shown(connection: Connection, folder: Path) -> Path:
    file = folder / "shown.toml"
    file.write_text(agreements.show(connection))
    return file


def test_the_role_of_an_operator_may_do_all_of_it(connection: Connection, database_url: str, tmp_path: Path) -> None:
    bare = tmp_path / "bare.toml"
    bare.write_text(agreements.show(connection))
    agree(connection, tmp_path, ITEM, MEMBERSHIP)
    file, again = tmp_path / "agreements.toml", tmp_path / "again.toml"
    wanted = [
        ("agreements", "apply", str(bare), "--remove"),
        ("agreements", "apply", str(file)),
        ("bill", "--month", "2026-10", "--out", str(tmp_path)),
        ("settle", "--month", "2026-10", "--out", str(tmp_path)),
        ("agreements", "show", "-o", str(again)),
        ("audit",),
    ]
    for arguments in wanted:
        done = command(database_url, *arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    assert "2026-044" in again.read_text()
    assert ordered(acme(connection, "2026-10-01")) == [("item", "2026-231", "14.00"), ("subscription", "2026-044", "296.13")]
