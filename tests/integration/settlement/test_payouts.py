"""Payouts: ordered, and then paid or refused by the bank; a refused one is owed again."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from lxml import etree

from smartwork.db.accounting import journal
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts
from smartwork.domain.settlement.payouts import PayoutEvent
from smartwork.errors import InputError
from smartwork.jobs.settlement.payouts import mark_payout
from tests.support.accounts import ISSUED, audited, bill, settle

pytestmark = pytest.mark.services
PAID = PayoutEvent("paid", date(2026, 11, 3), "statement 211")
REFUSED = PayoutEvent("refused", date(2026, 11, 3), "statement 211", "AC04 account closed")
OWED = Decimal("37.30")


@pytest.fixture
def ordered(connection: Connection, tmp_path: Path) -> Connection:
    """October is settled, and its payout is ordered."""
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    return connection


def balances(connection: Connection) -> dict[str, Decimal]:
    every = journal.balances(connection)
    return {account: amount for account in ("payable:namur", "transit", "bank") if (amount := every.get(account))}


def test_a_payout_is_in_transit_until_the_bank_pays_it(ordered: Connection) -> None:
    assert balances(ordered) == {"transit": -OWED}
    [payout] = payouts.payouts(ordered)
    assert (payout.reference, payout.state, payout.documents) == ("namur-2026-10", "ordered", ("SB-namur-2026-00001",))
    assert audited(ordered).is_clean
    [paid] = mark_payout(ordered, "namur-2026-10", PAID, ISSUED)
    assert (paid.state, paid.events[0].recorded_by, paid.events[0].source) == ("paid", "smartwork", "statement 211")
    assert payouts.payouts(ordered) == [paid]
    assert balances(ordered) == {"bank": -OWED}
    assert audited(ordered).is_clean


@pytest.mark.parametrize("was_paid", [False, True])
def test_a_refused_payout_is_owed_again_and_in_the_next_payment_file(
    ordered: Connection, tmp_path: Path, was_paid: bool
) -> None:
    if was_paid:
        mark_payout(ordered, "namur-2026-10", PAID, ISSUED)
    mark_payout(ordered, "namur-2026-10", REFUSED, ISSUED)
    assert balances(ordered) == {"payable:namur": -OWED}
    assert audited(ordered).is_clean
    # The centre gives another account; its document has the old one.
    ordered.execute(b"UPDATE centre_contract SET iban = 'BE62510007547061'")
    [_, (order, path)] = settle(ordered, tmp_path).payouts
    assert (order.name, order.total) == ("payout-2026-10-2.xml", OWED)
    assert [node.text for node in etree.parse(path).getroot().iter("{*}IBAN")][1:] == ["BE62510007547061"]
    assert [(each.reference, each.state) for each in payouts.payouts(ordered)] == [
        ("namur-2026-10", "refused"),
        ("namur-2026-10-2", "ordered"),
    ]
    mark_payout(ordered, "namur-2026-10-2", PAID, ISSUED)
    assert balances(ordered) == {"bank": -OWED}
    assert audited(ordered).is_clean
    with pytest.raises(
        InputError, match=r"SB-namur-2026-00001 is paid by the payout namur-2026-10-2\. If the bank paid both"
    ):
        mark_payout(ordered, "namur-2026-10", PAID, ISSUED)


def test_a_payout_is_marked_once(ordered: Connection) -> None:
    mark_payout(ordered, "payout-2026-10-1.xml", PAID, ISSUED)
    with pytest.raises(InputError, match="paid already: since 2026-11-03, recorded by smartwork from"):
        mark_payout(ordered, "namur-2026-10", PAID, ISSUED)
    with pytest.raises(InputError, match=r"No payout of payout-2026-10-1\.xml is ordered"):
        mark_payout(ordered, "payout-2026-10-1.xml", PAID, ISSUED)
    with pytest.raises(InputError, match="There is no payout or payment file 'namur'"):
        mark_payout(ordered, "namur", PAID, ISSUED)
    assert balances(ordered) == {"bank": -OWED}


def test_what_the_bank_did_stays_as_it_was_recorded(ordered: Connection) -> None:
    mark_payout(ordered, "namur-2026-10", PAID, ISSUED)
    for statement in (b"UPDATE payout_event SET source = 'x'", b"DELETE FROM payout_event", b"DELETE FROM payout_document"):
        with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
            ordered.execute(statement)


def test_a_refusal_that_was_a_mistake_is_taken_back(ordered: Connection, tmp_path: Path) -> None:
    mark_payout(ordered, "namur-2026-10", REFUSED, ISSUED)
    mark_payout(ordered, "namur-2026-10", PAID, ISSUED)
    assert balances(ordered) == {"bank": -OWED}
    assert len(settle(ordered, tmp_path).payouts) == 1
    assert audited(ordered).is_clean


def test_each_operator_of_a_centre_is_paid_for_its_own_documents(ordered: Connection, tmp_path: Path) -> None:
    mark_payout(ordered, "namur-2026-10", REFUSED, ISSUED)
    ordered.execute(b"UPDATE centre_contract SET valid_until = '2026-11-01'")
    ordered.execute(
        b"""INSERT INTO centre_contract SELECT 2, centre_id, '2026-11-01', NULL, 'fixed', 100, 'Other', '0404616494', street,
            postcode, town, 'BE62510007547061', language, vat_category, vat_rate, vat_code, vat_reason, NULL, NULL, NULL,
            NULL, '1', '2026-01-01', 'D. Petit' FROM centre_contract"""
    )
    bill(ordered, tmp_path, months_later=1)
    settle(ordered, tmp_path, months_later=1)
    [_, *again] = payouts.payouts(ordered)
    assert {(each.iban, each.documents, each.amount) for each in again} == {
        ("BE68539007547034", ("SB-namur-2026-00001",), OWED),
        ("BE62510007547061", ("SB-namur-2026-00002",), Decimal(121)),
    }
    assert audited(ordered).is_clean
