"""What forbids agreements, and what one value of them says otherwise than another."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.agreements import AgreementChange, Agreements, changes, problems, with_sold
from smartwork.domain.billing.contracts import CentreContract, Pool, PrepaidOrder
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.tariffs import Tariff
from tests.support.stays import SELLER, company, contract

NOTHING = Agreements(None, (), (), (), ())
PAYEE = Party("Ville", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
SINCE, JULY = date(2026, 1, 1), date(2026, 7, 1)
DESK = Tariff(None, "desk", SINCE, Decimal("7.50"))
SHARE = CentreContract("namur", SINCE, None, "share", Decimal("0.65"), PAYEE, "fr")
ACME = replace(
    company(Pool("desk", Decimal(6), Decimal(0), 12)), slug="acme", contracts=(replace(contract(), valid_from=SINCE),)
)
ORDER = PrepaidOrder("O-1", "acme", "desk", date(2026, 10, 1), Decimal(10))
AGREED = Agreements(SELLER, (ACME,), (DESK,), (SHARE,), (ORDER,))


def reasons(
    wanted: Agreements, *, billed: tuple[tuple[str, str], ...] = (), before: Agreements = NOTHING
) -> list[tuple[str, str]]:
    return [(problem.where, problem.reason) for problem in problems(wanted, before, ["namur"], billed)]


def test_nothing_is_wrong_with_what_holds_together() -> None:
    assert reasons(AGREED) == []


@pytest.mark.parametrize(
    ("wanted", "where", "reason"),
    [
        (replace(AGREED, tariffs=(DESK, DESK)), "tariff for desks from 2026-01-01", "there twice; remove one"),
        (
            replace(AGREED, tariffs=(DESK, replace(DESK, valid_from=JULY))),
            "tariff for desks from 2026-07-01",
            "give that one valid_until = 2026-07-01",
        ),
        (replace(AGREED, tariffs=(replace(DESK, valid_until=SINCE),)), "tariff for desks from 2026-01-01", "is not after"),
        (
            replace(AGREED, tariffs=(replace(DESK, centre="paris"),)),
            "tariff for desks in paris from 2026-01-01",
            "centre 'paris' does not exist",
        ),
        (
            replace(AGREED, centre_contracts=(replace(SHARE, rate=Decimal(65)),)),
            "contract with centre namur from 2026-01-01",
            "0.65",
        ),
        (
            replace(AGREED, centre_contracts=(replace(SHARE, payee=replace(PAYEE, iban="BE68539007547035")),)),
            "contract with centre namur from 2026-01-01",
            "check digits",
        ),
        (replace(AGREED, seller=replace(SELLER, enterprise_number="0999900151")), "seller", "not a valid Belgian one"),
        (replace(AGREED, companies=(ACME, replace(ACME, slug="bolt"))), "company bolt", "is also that of acme"),
        (replace(AGREED, companies=(replace(ACME, contracts=()),)), "company acme", "no contract"),
        (replace(AGREED, companies=(replace(ACME, pools=()),)), "order O-1 of acme", "no pool of desk hours"),
        (
            replace(AGREED, orders=(replace(ORDER, external_id="overdraft 2026-10"),)),
            "order overdraft 2026-10 of acme",
            "the prefix of overdrafts that billing sells",
        ),
        (
            replace(AGREED, centre_contracts=(replace(SHARE, mode="per_seat", rate=Decimal(10_001)),)),
            "contract with centre namur from 2026-01-01",
            "more than the limit of 10000",
        ),
    ],
)
def test_what_does_not_hold_together_is_named(wanted: Agreements, where: str, reason: str) -> None:
    [(found, stated)] = reasons(wanted)
    assert found == where
    assert reason in stated


def test_a_contract_for_rooms_may_be_valid_together_with_a_general_one() -> None:
    rooms = replace(ACME.contracts[0], kind="room")
    assert reasons(replace(AGREED, companies=(replace(ACME, contracts=(*ACME.contracts, rooms)),))) == []


def test_each_added_changed_or_removed_entry_is_a_change() -> None:
    dearer = replace(DESK, per_hour=Decimal("8.00"))
    room = Tariff(None, "room", SINCE, Decimal(24))
    assert changes(AGREED, AGREED) == []
    assert changes(AGREED, replace(AGREED, tariffs=(dearer, room), orders=())) == [
        AgreementChange(
            "removed", "order O-1 of acme", "external_id O-1, company acme, kind desk, bought_on 2026-10-01, hours 10"
        ),
        AgreementChange("changed", "tariff for desks from 2026-01-01", "per_hour 7.5 → 8"),
        AgreementChange(
            "added", "tariff for rooms from 2026-01-01", "kind room, valid_from 2026-01-01, per_hour 24, half_day_hours 5"
        ),
    ]
    moved = replace(AGREED, seller=replace(SELLER, street="Elsewhere 2"))
    assert [change.detail for change in changes(AGREED, moved)] == [f"street {SELLER.street} → Elsewhere 2"]


def test_an_order_on_an_invoice_stays_as_it_was_sold() -> None:
    billed = (("acme", "O-1"),)
    assert with_sold(replace(AGREED, orders=()), AGREED, billed) == AGREED
    assert with_sold(replace(AGREED, orders=()), AGREED, ()).orders == ()
    larger = replace(AGREED, orders=(replace(ORDER, hours=Decimal(20)),))
    assert [where for where, _ in reasons(larger, billed=billed, before=AGREED)] == ["order O-1 of acme"]
    assert reasons(larger, before=AGREED) == []
