"""What new agreements may not take away from documents, and orders of hours that come too late."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.agreements_in_use import AgreementsInUse, BilledDay, in_use_problems, with_vat_history
from smartwork.domain.billing.contracts import CentreContract, Pool, PrepaidOrder
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, Party, Vat, VatPeriod
from smartwork.domain.billing.tariffs import Tariff
from tests.support.stays import SELLER, company, contract

PAYEE = Party("Ville", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
SINCE, JUNE, NOVEMBER = date(2026, 1, 1), date(2026, 6, 1), date(2026, 11, 1)
DESK = Tariff(None, "desk", SINCE, Decimal("7.50"))
SHARE = CentreContract("namur", SINCE, None, "share", Decimal("0.65"), PAYEE, "fr")
ACME = replace(
    company(Pool("desk", Decimal(6), Decimal(0), 12)), slug="acme", contracts=(replace(contract(), valid_from=SINCE),)
)
ORDER = PrepaidOrder("O-1", "acme", "desk", date(2026, 10, 1), Decimal(10))
AGREED = Agreements(SELLER, (ACME,), (DESK,), (SHARE,), (ORDER,))


def broken(wanted: Agreements, issued: AgreementsInUse) -> list[tuple[str, str]]:
    return [(problem.where, problem.reason) for problem in in_use_problems(wanted, AGREED, issued)]


def test_orders_that_would_expire_before_use_are_refused() -> None:
    old = replace(AGREED, orders=(replace(ORDER, external_id="O-0", bought_on=date(2025, 11, 15)),))
    assert broken(old, AgreementsInUse(billed_to={"acme": date(2026, 10, 1)})) == [], (
        "they expire on 15 November, which is not billed"
    )
    assert broken(old, AgreementsInUse(billed_to={"bolt": date(2026, 12, 1)})) == [], "nothing of acme is billed"
    [(where, reason)] = broken(old, AgreementsInUse(billed_to={"acme": date(2026, 11, 1)}))
    assert (where, "would expire on 2026-11-15" in reason, "billed up to 2026-11-30" in reason) == (
        "order O-0 of acme",
        True,
        True,
    )
    assert broken(old, AgreementsInUse((("acme", "O-0"),), {"acme": date(2026, 11, 1)})) == [], "what was sold stays sold"


def test_a_pool_is_kept_while_prepaid_hours_are_left() -> None:
    left = AgreementsInUse(orders=(("acme", "O-1"),), hours_left={("acme", "desk"): Decimal("7.5000")})
    without = replace(AGREED, companies=(replace(ACME, pools=()),))
    for wanted in (without, replace(AGREED, companies=(), orders=())):
        [(where, reason)] = broken(wanted, left)
        assert (where, reason.startswith("7.5 prepaid hours of acme are left")) == ("pool of acme for desk hours", True)
    assert broken(without, replace(left, hours_left={})) == []
    assert broken(AGREED, left) == []


def ended(day: date) -> Agreements:
    return replace(AGREED, companies=(replace(ACME, contracts=(replace(ACME.contracts[0], valid_until=day),)),))


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        (replace(AGREED, companies=(), orders=()), "contract of acme"),
        (ended(date(2026, 10, 6)), "contract of acme"),
        (
            replace(AGREED, companies=(replace(ACME, contracts=(replace(ACME.contracts[0], kind="room"),)),)),
            "contract of acme",
        ),
        (replace(AGREED, tariffs=()), "tariff for desks"),
        (replace(AGREED, tariffs=(replace(DESK, valid_until=date(2026, 10, 6)),)), "tariff for desks"),
    ],
)
def test_what_billed_visits_rest_on_cannot_be_taken_away(wanted: Agreements, where: str) -> None:
    visits = [BilledDay("acme", "namur", "desk", date(2026, 10, day)) for day in (7, 6, 8)]
    [(found, reason)] = broken(wanted, AgreementsInUse(billed_days=visits))
    assert found == where
    assert "acme at a desk in namur on 2026-10-06 and 2 more days" in reason
    assert "end after 2026-10-08" in reason


def test_what_ends_after_the_last_billed_visit_may_end() -> None:
    visits = [BilledDay("acme", "namur", "desk", date(2026, 10, 6))]
    assert broken(ended(date(2026, 10, 7)), AgreementsInUse(billed_days=visits)) == []
    assert broken(replace(AGREED, companies=(), orders=()), AgreementsInUse()) == []
    elsewhere = [BilledDay("gone", "namur", "room", date(2026, 10, 6))]
    assert broken(AGREED, AgreementsInUse(billed_days=elsewhere)) == [], (
        "a day that has no contract already is no problem of the file"
    )


@pytest.mark.parametrize(
    "rest", [(), (replace(SHARE, valid_until=date(2026, 10, 31)),), (replace(SHARE, valid_from=date(2026, 11, 1)),)]
)
def test_the_contract_by_which_a_month_was_settled_cannot_be_taken_away(rest: tuple[CentreContract, ...]) -> None:
    issued = AgreementsInUse(settled=[("namur", date(2026, 10, 1))])
    [(where, reason)] = broken(replace(AGREED, centre_contracts=rest), issued)
    assert (where, "2026-10-31" in reason, "2026-10 is settled" in reason) == ("contract with centre namur", True, True)
    assert broken(replace(AGREED, centre_contracts=(replace(SHARE, valid_until=date(2026, 11, 1)),)), issued) == []


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        ((), REVERSE_CHARGE, (VatPeriod(NOVEMBER, REVERSE_CHARGE),)),
        ((), STANDARD_VAT, ()),
        ((VatPeriod(NOVEMBER, REVERSE_CHARGE),), REVERSE_CHARGE, (VatPeriod(NOVEMBER, REVERSE_CHARGE),)),
        ((VatPeriod(NOVEMBER, REVERSE_CHARGE),), STANDARD_VAT, (VatPeriod(NOVEMBER, STANDARD_VAT),)),
        (
            (VatPeriod(JUNE, REVERSE_CHARGE),),
            STANDARD_VAT,
            (VatPeriod(JUNE, REVERSE_CHARGE), VatPeriod(NOVEMBER, STANDARD_VAT)),
        ),
    ],
)
def test_a_vat_without_a_day_holds_from_the_first_month_that_is_not_billed(
    before: tuple[VatPeriod, ...], now: Vat, kept: tuple[VatPeriod, ...]
) -> None:
    was = replace(AGREED, companies=(company(later_vat=before),))
    wanted = replace(AGREED, companies=(company(vat=now),))
    in_use = AgreementsInUse(billed_to={"acme": date(2026, 10, 1)})
    [found] = with_vat_history(wanted, was, in_use).companies
    assert (found.vat, found.later_vat) == (STANDARD_VAT, kept)
    again = with_vat_history(wanted, replace(AGREED, companies=(found,)), in_use)
    assert again.companies == (found,), "applied again, it changes nothing"
    assert with_vat_history(wanted, was, AgreementsInUse()) == wanted, "nothing is billed yet"


def test_a_vat_with_a_day_is_taken_as_it_is_written() -> None:
    dated = replace(AGREED, companies=(company(later_vat=(VatPeriod(JUNE, REVERSE_CHARGE),)),))
    assert with_vat_history(dated, AGREED, AgreementsInUse(billed_to={"acme": date(2026, 10, 1)})) == dated
