"""Settlements with centres: what they are owed and paid, and their statements."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from lxml import etree

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import statements
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Unattributed
from smartwork.domain.billing.tariffs import ContractMissing
from smartwork.domain.settlement.statements import AccountPayout
from smartwork.errors import InputError
from tests.support.accounts import ISSUED, NOVEMBER, OCTOBER, audited, bill, credited, settle

pytestmark = pytest.mark.services


def test_correction_of_an_earlier_month_takes_the_centres_share_back(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET company_id = NULL, booking_id = NULL WHERE verdict_id = 2")
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 4")
    report = bill(connection, tmp_path, months_later=1)
    assert [(document.kind, document.net) for document in report.invoices] == [("credit_note", Decimal("-42.00"))]
    settled = settle(connection, tmp_path, months_later=1)
    assert [(document.kind, document.net) for document in settled.documents] == [
        ("self_billed_credit_note", Decimal("-25.20"))
    ]
    assert settled.payouts == ()
    assert audited(connection).is_clean


def test_centre_is_credited_its_share_and_paid(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    report = settle(connection, tmp_path)
    # 60 % of 9.38 and of 42.00, each to the cent; the rest of 51.38 is margin.
    [document] = report.documents
    assert (document.number, document.kind, document.net, document.vat) == (
        "SB-namur-2026-00001",
        "self_billed_invoice",
        Decimal("30.83"),
        Decimal("6.47"),
    )
    assert (report.charged, report.margin) == (Decimal("51.38"), Decimal("20.55"))
    [(order, path)] = report.payouts
    assert (order.total, order.payments) == (Decimal("37.30"), 1)
    paid = etree.parse(path).getroot()
    assert paid.findtext(".//{*}CtrlSum") == "37.30"
    assert [node.text for node in paid.iter("{*}IBAN")] == ["BE92999900000123", "BE68539007547034"]
    issued = documents.settlements_of(connection, OCTOBER)[0]
    assert issued.unattributed == Unattributed(1, Decimal("0.83"))  # 50 minutes of an unattributed stay
    assert [(row.resource, row.visits, row.net) for row in issued.statement] == [
        ("d-1", 1, Decimal("9.38")),
        ("r-1", 1, Decimal("42.00")),
    ]


def test_centre_gets_a_statement_of_its_month_and_of_its_account(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    [document] = settle(connection, tmp_path).documents
    assert document.statement is not None
    first = document.statement.read_bytes()
    kept = statements.statements_of_month(connection, OCTOBER)[document.number]
    assert [(part.verdict, part.is_attributed, part.count) for part in kept.verdicts] == [
        ("left_early", True, 1),
        ("unverifiable", True, 1),
        ("walk_in", False, 1),
        ("cancelled", True, 1),
    ]
    [day] = kept.days
    assert (day.bookings, day.unattributed, day.booked_s, day.measured_s, day.net) == (2, 1, 21600, 12300, Decimal("51.38"))
    assert [(stay.resource, stay.occupied_s) for stay in kept.unattributed] == [("d-1", 3000)]
    assert (kept.charged, kept.earlier_months) == (Decimal("51.38"), Decimal(0))
    account = kept.account
    assert (account.opening, account.gross, account.payouts, account.closing) == (
        Decimal(0), Decimal("37.30"), (), Decimal("37.30"),
    )  # fmt: skip
    # The statement does not change after the month was settled.
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 5")
    [again] = settle(connection, tmp_path / "again").documents
    assert again.statement is not None
    assert again.statement.read_bytes() == first
    with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
        connection.execute(b"UPDATE centre_statement SET document = '{}'")


def test_statement_of_a_centre_that_owes_money_states_no_payment(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    account = statements.statements_of_month(connection, OCTOBER)["SBC-namur-2026-00001"].account
    paid = AccountPayout("namur-2026-10", Decimal("37.30"), ISSUED.date(), "ordered", ISSUED.date(), change=Decimal("-37.30"))
    assert account.payouts == (paid,)
    assert (account.opening, account.gross, account.closing) == (Decimal("37.30"), Decimal("-30.49"), Decimal("-30.49"))


def test_altered_statement_is_refused(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE centre_statement SET document = jsonb_set(document, '{charged}', '\"1.00\"')")
    with pytest.raises(documents.InvoiceAltered, match="statement of SB-namur-2026-00001"):
        settle(connection, tmp_path)


def test_second_settlement_takes_in_only_new_charges(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    first = settle(connection, tmp_path)
    assert [document.already_issued for document in settle(connection, tmp_path).documents] == [True]
    credited(connection, tmp_path)
    second = settle(connection, tmp_path)
    assert [(document.number, document.net) for document in second.documents] == [
        ("SB-namur-2026-00001", Decimal("30.83")),
        ("SBC-namur-2026-00001", Decimal("-25.20")),
    ]
    assert len(second.payouts) == len(first.payouts) == 1
    assert journal.balances(connection)["payable:namur"] == Decimal("30.49")  # the centre owes it: 25.20 and VAT
    assert audited(connection).is_clean


def change_contract(connection: Connection, mode: str, rate: str) -> None:
    connection.execute(b"UPDATE centre_contract SET mode = %s, rate = %s", (mode, rate))


def test_contract_of_a_centre_changed_after_the_settlement_corrects_it(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)  # 60 % of 51.38
    change_contract(connection, "share", "0.5")
    [_, note] = settle(connection, tmp_path).documents
    assert (note.number, note.kind, note.net) == ("SBC-namur-2026-00001", "self_billed_credit_note", Decimal("-5.14"))
    lines = documents.numbered(connection, note.number).invoice.lines
    assert [(line.kind, line.net) for line in lines] == [
        ("correction", Decimal("5.63")),
        ("settlement", Decimal("-4.69")),
        ("correction", Decimal("25.20")),
        ("settlement", Decimal("-21.00")),
    ]
    assert {line.corrects.number for line in lines if line.corrects} == {"SB-namur-2026-00001"}
    assert journal.balances(connection)["margin"] == -Decimal("25.69")  # half of the revenue
    assert len(settle(connection, tmp_path).documents) == 2, "an adjustment is made once"
    assert audited(connection).is_clean


def test_contract_changed_for_an_earlier_month_is_adjusted_on_the_next_document(
    connection: Connection, tmp_path: Path
) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    change_contract(connection, "fixed", "100")
    bill(connection, tmp_path, months_later=1)
    [document] = settle(connection, tmp_path, months_later=1).documents
    # November's rent, October's rent, and October's share taken back.
    assert (document.kind, document.net) == ("self_billed_invoice", Decimal(100) + Decimal(100) - Decimal("30.83"))
    assert documents.settlements_of(connection, OCTOBER)[0].net == Decimal("30.83"), "what is issued never changes"
    assert len(settle(connection, tmp_path, months_later=1).documents) == 1
    assert audited(connection).is_clean


def test_month_that_owed_a_centre_nothing_is_settled_when_its_contract_is_changed(
    connection: Connection, tmp_path: Path
) -> None:
    change_contract(connection, "share", "0")
    bill(connection, tmp_path)
    assert settle(connection, tmp_path).documents == ()
    change_contract(connection, "share", "0.6")
    [document] = settle(connection, tmp_path).documents
    assert (document.number, document.net) == ("SB-namur-2026-00001", Decimal("30.83"))
    [invoice] = documents.settlements_of(connection, OCTOBER)
    assert faults(invoice) == []
    assert sum(row.net for row in invoice.statement) == Decimal("51.38")
    assert journal.balances(connection)["margin"] == -Decimal("20.55")
    assert audited(connection).is_clean


def test_credit_note_after_a_changed_contract_is_settled_by_the_new_one(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    change_contract(connection, "share", "0.5")
    credited(connection, tmp_path)  # 42.00 of the room
    [_, note] = settle(connection, tmp_path).documents
    assert note.net == Decimal("4.69") - Decimal("30.83")  # half of the remaining revenue, 9.38, is owed
    assert audited(connection).is_clean


def test_change_of_payee_address_or_language_adjusts_nothing(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"UPDATE centre_contract SET language = 'nl', street = 'Elsewhere 2'")
    assert [document.already_issued for document in settle(connection, tmp_path).documents] == [True]


def delete_november_verdicts(connection: Connection) -> None:
    connection.execute(b"DELETE FROM verdict WHERE starts_at >= '2026-10-31 23:00Z'")


def in_november(connection: Connection, mode: str, rate: str) -> None:
    """From November on another contract holds."""
    connection.execute(b"UPDATE centre_contract SET valid_until = '2026-11-01' WHERE valid_until IS NULL")
    connection.execute(
        b"""INSERT INTO centre_contract SELECT 2, centre_id, '2026-11-01', NULL, %s, %s, payee, enterprise_number, street,
            postcode, town, iban, language, vat_category, vat_rate, vat_code, vat_reason FROM centre_contract""",
        (mode, rate),
    )


def test_a_month_that_was_settled_on_a_later_document_is_not_settled_twice(connection: Connection, tmp_path: Path) -> None:
    delete_november_verdicts(connection)
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    bill(connection, tmp_path, months_later=1)
    in_november(connection, "share", "0.5")
    assert settle(connection, tmp_path, months_later=1).documents == ()  # no revenue
    connection.execute(b"UPDATE centre_contract SET mode = 'fixed', rate = 900 WHERE valid_from = '2026-11-01'")
    bill(connection, tmp_path, months_later=2)
    [december] = settle(connection, tmp_path, months_later=2).documents
    assert december.net == 1800  # a rent for November and one for December
    connection.execute(b"UPDATE centre_contract SET rate = 950 WHERE valid_from = '2026-11-01'")
    [november] = settle(connection, tmp_path, months_later=1).documents
    assert november.net == 50
    [_, more] = settle(connection, tmp_path, months_later=2).documents
    assert more.net == 50
    assert audited(connection).is_clean


def test_charges_about_an_earlier_month_are_settled_by_that_months_contract(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    in_november(connection, "fixed", "100")
    credited(connection, tmp_path)  # a line of October, after it was settled
    bill(connection, tmp_path, months_later=1)
    [document] = settle(connection, tmp_path, months_later=1).documents
    assert document.net == Decimal(100) - Decimal("25.20")  # November's rent, and 60 % of October's 42.00 back
    [first, *_] = documents.settlements_of(connection, NOVEMBER)
    assert {(line.starts_on, line.net) for line in first.lines} == {
        (NOVEMBER, Decimal("100.00")),
        (OCTOBER, Decimal("-25.20")),
    }
    assert faults(first) == []
    assert audited(connection).is_clean


def test_a_month_is_settled_only_after_it_is_billed_and_the_month_before_is_settled(
    connection: Connection, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="2026-10 is not billed: bill it first"):
        settle(connection, tmp_path)
    bill(connection, tmp_path)
    bill(connection, tmp_path, months_later=1)
    with pytest.raises(InputError, match="namur in 2026-10, which was never settled: settle it first"):
        settle(connection, tmp_path, months_later=1)
    settle(connection, tmp_path)
    settle(connection, tmp_path, months_later=1)


def test_corrections_by_kind_that_add_up_to_zero_are_settled_once(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    # The desk becomes dearer by what the room becomes cheaper.
    connection.execute(b"UPDATE tariff SET per_hour = CASE kind WHEN 'desk' THEN 15.5 ELSE 18.2857 END")
    bill(connection, tmp_path, months_later=1)
    first = settle(connection, tmp_path, months_later=1).documents
    again = settle(connection, tmp_path, months_later=1).documents
    assert [document.number for document in again] == [document.number for document in first]
    assert audited(connection).is_clean


def test_a_price_per_desk_counts_the_desks_of_the_first_settlement_after_any_changes(
    connection: Connection, tmp_path: Path
) -> None:
    change_contract(connection, "per_seat", "45")
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    change_contract(connection, "share", "0")
    settle(connection, tmp_path)
    connection.execute(b"INSERT INTO resource VALUES (9, 1, 1, 'd-9', 'Desk 9', 'desk', 1, 2, 2, 1, 1)")
    change_contract(connection, "per_seat", "50")
    settle(connection, tmp_path)
    owed = sum(
        -document.net if document.is_credit else document.net for document in documents.settlements_of(connection, OCTOBER)
    )
    assert owed == 50


def test_a_centre_whose_contract_ended_is_still_settled_for_the_months_in_its_contract(
    connection: Connection, tmp_path: Path
) -> None:
    delete_november_verdicts(connection)
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"UPDATE centre_contract SET valid_until = '2026-11-01'")
    credited(connection, tmp_path)
    bill(connection, tmp_path, months_later=1)
    [document] = settle(connection, tmp_path, months_later=1).documents
    assert document.net == Decimal("-25.20")
    connection.execute(b"DELETE FROM centre_contract")
    with pytest.raises(ContractMissing, match="namur was settled for 2026-10, and no contract with it holds any more"):
        settle(connection, tmp_path, months_later=1)
