"""A self-billed document needs an agreement, and its acceptance before it is paid out; a refused one is taken back."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts
from smartwork.db.settlement.acceptance import acceptances
from smartwork.domain.billing.integrity import faults
from smartwork.domain.settlement.acceptance import AcceptanceEvent
from smartwork.errors import InputError
from smartwork.jobs.settlement.acceptance import record_reply, take_back
from smartwork.jobs.settlement.payouts import order_now
from tests.support.accounts import ISSUED, OCTOBER, accept_all, audited, bill, credited, settle, settle_only, silent

pytestmark = pytest.mark.services
FIRST = "SB-namur-2026-00001"
TODAY = ISSUED.date()
ACCEPTED = AcceptanceEvent("accepted", TODAY, "by mail")
REFUSED = AcceptanceEvent("refused", TODAY, "the room was let to us")


@pytest.fixture
def settled(connection: Connection, tmp_path: Path) -> Connection:
    """October is settled; the centre has not replied."""
    bill(connection, tmp_path)
    settle_only(connection, tmp_path)
    return connection


def states(connection: Connection) -> dict[str, str]:
    return {each.number: each.state(TODAY) for each in acceptances(connection)}


def test_a_centre_without_an_agreement_on_self_billing_waits(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"UPDATE centre_contract SET self_billing_valid_until = '2026-11-02'")
    bill(connection, tmp_path)
    report = settle_only(connection, tmp_path)
    assert report.documents == ()
    [waiting] = report.waiting
    assert (waiting.centre, "[centre_contract.self_billing]" in waiting.reason) == ("namur", True)
    assert audited(connection).is_clean
    connection.execute(b"UPDATE centre_contract SET self_billing_valid_until = NULL")
    assert [document.number for document in settle_only(connection, tmp_path).documents] == [FIRST]


def test_a_document_is_paid_out_once_the_centre_accepts_it(settled: Connection, tmp_path: Path) -> None:
    assert order_now(settled, ISSUED, tmp_path) == []
    assert states(settled) == {FIRST: "waiting"}
    accepted = record_reply(settled, FIRST, ACCEPTED, ISSUED)
    assert (accepted.events[0].note, accepted.events[0].recorded_by) == ("by mail", "smartwork")
    [(order, _)] = order_now(settled, ISSUED, tmp_path)
    assert order.total == Decimal("37.30")
    with pytest.raises(InputError, match="is accepted already"):
        record_reply(settled, FIRST, REFUSED, ISSUED)
    assert audited(settled).is_clean


def test_silence_is_acceptance_after_the_days_of_the_agreement(settled: Connection, tmp_path: Path) -> None:
    assert order_now(settled, ISSUED + timedelta(days=14), tmp_path) == []
    assert len(order_now(settled, ISSUED + timedelta(days=15), tmp_path)) == 1
    with pytest.raises(InputError, match="by silence since 2026-11-17"):
        record_reply(settled, FIRST, REFUSED, ISSUED + timedelta(days=15))
    assert audited(settled).is_clean


def test_a_refused_document_is_not_paid_out_and_the_centre_waits(settled: Connection, tmp_path: Path) -> None:
    record_reply(settled, FIRST, REFUSED, ISSUED)
    report = settle(settled, tmp_path)
    assert [waiting.reason.split(":")[0] for waiting in report.waiting] == [f"{FIRST} was refused on 2026-11-02"]
    assert payouts.payouts(settled) == []
    assert audited(settled).is_clean
    record_reply(settled, FIRST, ACCEPTED, ISSUED)  # the centre was wrong
    assert len(settle(settled, tmp_path).payouts) == 1
    assert audited(settled).is_clean


def test_a_refused_document_is_taken_back_and_its_month_settled_again(settled: Connection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is waiting: only a document that the centre has refused is taken back"):
        take_back(settled, FIRST, ISSUED, tmp_path, silent)
    record_reply(settled, FIRST, REFUSED, ISSUED)
    credit = take_back(settled, FIRST, ISSUED, tmp_path, silent).invoice
    assert (credit.number, credit.kind, credit.net) == ("SBC-namur-2026-00001", "self_billed_credit_note", Decimal("30.83"))
    assert faults(credit) == []
    balances = journal.balances(settled)
    assert {account: balances[account] for account in ("payable:namur", "vat:recoverable", "margin")} == {
        "payable:namur": 0, "vat:recoverable": 0, "margin": 0,
    }  # fmt: skip
    assert balances["charges:namur"] == -Decimal("51.38"), "the charges are to be settled again"
    assert audited(settled).is_clean
    settled.execute(b"UPDATE centre_contract SET rate = 0.7")
    [_, _, again] = settle(settled, tmp_path).documents
    assert (again.number, again.net) == ("SB-namur-2026-00002", Decimal("35.97"))
    assert states(settled) == {FIRST: "cancelled", credit.number: "cancelled", again.number: "accepted"}
    assert [payout.documents for payout in payouts.payouts(settled)] == [(again.number,)]
    assert audited(settled).is_clean
    with pytest.raises(InputError, match="is taken back by SBC-namur-2026-00001"):
        record_reply(settled, FIRST, ACCEPTED, ISSUED)


@pytest.mark.parametrize(("mode", "rate", "net"), [("fixed", "900", "900.00"), ("per_seat", "45", "45.00")])
def test_a_rent_that_was_refused_is_owed_once_when_it_is_settled_again(
    connection: Connection, tmp_path: Path, mode: str, rate: str, net: str
) -> None:
    connection.execute(b"UPDATE centre_contract SET mode = %s, rate = %s", (mode, rate))
    bill(connection, tmp_path)
    settle_only(connection, tmp_path)
    record_reply(connection, FIRST, REFUSED, ISSUED)
    take_back(connection, FIRST, ISSUED, tmp_path, silent)
    [*_, again] = settle(connection, tmp_path).documents
    assert again.net == Decimal(net)
    [payout] = payouts.payouts(connection)
    assert payout.amount == again.gross
    assert audited(connection).is_clean


def test_a_credit_note_to_the_centre_is_taken_off_once_it_is_accepted(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    credited(connection, tmp_path)
    settle_only(connection, tmp_path)
    note = "SBC-namur-2026-00001"
    record_reply(connection, note, REFUSED, ISSUED)
    taken = take_back(connection, note, ISSUED, tmp_path, silent).invoice
    assert (taken.number, taken.kind) == ("SB-namur-2026-00002", "self_billed_invoice")
    assert audited(connection).is_clean
    settle_only(connection, tmp_path)
    accept_all(connection, ISSUED)
    assert journal.balances(connection)["payable:namur"] == Decimal("30.49")
    assert order_now(connection, ISSUED, tmp_path) == []
    assert audited(connection).is_clean


def test_a_document_that_a_later_one_corrects_is_not_taken_back(settled: Connection, tmp_path: Path) -> None:
    settled.execute(b"UPDATE centre_contract SET rate = 0.5")
    settle_only(settled, tmp_path)
    record_reply(settled, FIRST, REFUSED, ISSUED)
    with pytest.raises(InputError, match="SBC-namur-2026-00001 takes back lines of SB-namur-2026-00001 already"):
        take_back(settled, FIRST, ISSUED, tmp_path, silent)
    record_reply(settled, "SBC-namur-2026-00001", REFUSED, ISSUED)
    take_back(settled, "SBC-namur-2026-00001", ISSUED, tmp_path, silent)
    assert audited(settled).is_clean
    take_back(settled, FIRST, ISSUED, tmp_path, silent)
    assert audited(settled).is_clean
    [*_, again] = settle(settled, tmp_path).documents
    assert again.net == Decimal("25.69")
    assert documents.settlements_of(settled, OCTOBER)[-1].number == again.number
    assert audited(settled).is_clean
