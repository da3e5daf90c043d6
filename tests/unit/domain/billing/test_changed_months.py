"""A billed month counts as changed where verdicts, contracts or prices differ from those it was billed by, and only there."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.changed_months import (
    MonthDigests,
    agreed_digest,
    changed_months,
    month_digests,
    tariffs_digest,
)
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, VatPeriod
from smartwork.domain.billing.tariffs import Tariff
from smartwork.errors import InputError
from tests.support.stays import company, contract

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
WAS = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"))
BILLED = MonthDigests("v", "c", "t")


def agreed(*contracts: Contract) -> str:
    return agreed_digest(company(contracts=contracts), OCTOBER)


@pytest.mark.parametrize(
    "now",
    [
        [replace(WAS, valid_until=NOVEMBER), Tariff(None, "desk", NOVEMBER, Decimal(8))],
        [replace(WAS, valid_from=date(2025, 1, 1))],
        [WAS, Tariff("namur", "desk", date(2025, 1, 1), Decimal(6), OCTOBER)],
        [replace(WAS, per_hour=Decimal("7.5000"))],
    ],
)
def test_prices_of_other_months_leave_a_month_as_it_was(now: list[Tariff]) -> None:
    assert tariffs_digest(now, OCTOBER) == tariffs_digest([WAS], OCTOBER)


@pytest.mark.parametrize(
    "now",
    [
        [replace(WAS, per_hour=Decimal("7.60"))],
        [replace(WAS, valid_until=date(2026, 10, 31)), Tariff(None, "desk", date(2026, 10, 31), Decimal(8))],
        [WAS, Tariff("namur", "desk", date(2026, 10, 20), Decimal(6))],
        [replace(WAS, day=Decimal(40))],
        [],
    ],
)
def test_another_price_on_any_day_of_a_month_is_found(now: list[Tariff]) -> None:
    assert tariffs_digest(now, OCTOBER) != tariffs_digest([WAS], OCTOBER)


def test_a_contract_changes_by_its_rules_and_not_by_its_time_to_pay() -> None:
    was = contract()
    assert agreed(replace(was, payment_days=60)) == agreed(was)
    assert agreed(replace(was, no_show_share=Decimal("0.6"))) != agreed(was)


@pytest.mark.parametrize(
    ("later", "differs"),
    [
        ((), False),
        ((VatPeriod(NOVEMBER, REVERSE_CHARGE),), False),
        ((VatPeriod(date(2026, 10, 31), REVERSE_CHARGE),), True),
        ((VatPeriod(date(2026, 1, 1), REVERSE_CHARGE),), True),
        ((VatPeriod(date(2026, 1, 1), REVERSE_CHARGE), VatPeriod(NOVEMBER, STANDARD_VAT)), True),
    ],
)
def test_vat_that_begins_up_to_the_end_of_a_month_changes_it(later: tuple[VatPeriod, ...], differs: bool) -> None:
    assert (agreed_digest(company(later_vat=later), OCTOBER) != agreed_digest(company(), OCTOBER)) == differs


def test_vat_of_other_months_changes_nothing() -> None:
    dated = (VatPeriod(date(2026, 6, 1), REVERSE_CHARGE),)
    more = (VatPeriod(date(2026, 5, 1), STANDARD_VAT), *dated, VatPeriod(NOVEMBER, STANDARD_VAT))
    first = agreed_digest(company(later_vat=(VatPeriod(OCTOBER, REVERSE_CHARGE),)), OCTOBER)
    assert agreed_digest(company(later_vat=dated), OCTOBER) == first == agreed_digest(company(later_vat=more), OCTOBER)


def test_the_order_of_contracts_and_tariffs_changes_nothing() -> None:
    other = replace(WAS, centre="namur")
    assert tariffs_digest([WAS, other], OCTOBER) == tariffs_digest([other, WAS], OCTOBER)


def test_the_format_of_the_digests_is_fixed() -> None:
    """These digests are stored: other ones for the same terms need another DIGEST_VERSION."""
    assert agreed(contract()) == "92a1c84a217af2919a592d9fbe6af8dc315b17412ed37bc16b3093d01a3f1496"
    assert tariffs_digest([WAS], OCTOBER) == "3b47e609be7b4f22c298a3534cf6b51e10a8ef5a85a18f156d0fb22b4c2621ae"


def test_a_month_is_rated_again_for_the_companies_whose_digests_differ() -> None:
    billed = {(1, OCTOBER): BILLED, (2, OCTOBER): BILLED, (3, OCTOBER): None, (4, OCTOBER): None}
    now = {(1, OCTOBER): BILLED, (2, OCTOBER): replace(BILLED, tariffs="other"), (3, OCTOBER): BILLED}
    assert changed_months(now, billed, NOVEMBER) == {OCTOBER: [2, 3]}
    assert changed_months(now, billed, OCTOBER) == {}, "a month is no correction of itself"


def test_a_month_kept_in_the_former_format_is_rated_again() -> None:
    former = replace(BILLED, version=1)
    assert changed_months({(1, OCTOBER): BILLED}, {(1, OCTOBER): former}, NOVEMBER) == {OCTOBER: [1]}


def test_a_company_that_a_billed_month_left_out_is_rated_for_it() -> None:
    now = {(1, OCTOBER): BILLED, (2, OCTOBER): BILLED}
    assert changed_months(now, {(1, OCTOBER): BILLED}, NOVEMBER) == {OCTOBER: [2]}


def test_a_month_between_billed_ones_has_to_be_billed_first_and_one_before_them_is_left_alone() -> None:
    with pytest.raises(InputError, match=r"2026-10 has bookings and was never billed.*--month 2026-10"):
        changed_months({(1, OCTOBER): BILLED}, {(1, SEPTEMBER): None}, NOVEMBER)
    assert changed_months({(1, SEPTEMBER): BILLED}, {(1, OCTOBER): None}, NOVEMBER) == {}


def test_a_draft_leaves_out_a_month_that_has_to_be_billed_first() -> None:
    assert changed_months({(1, OCTOBER): BILLED}, {(1, SEPTEMBER): None}, NOVEMBER, is_draft=True) == {}


def test_digests_name_the_contracts_of_each_company() -> None:
    known = {1: company(), 2: company(contracts=())}
    made = month_digests({(1, OCTOBER): "v", (2, OCTOBER): "v"}, known, [WAS])
    assert made[1, OCTOBER] == MonthDigests("v", agreed(contract()), tariffs_digest([WAS], OCTOBER))
    assert made[2, OCTOBER] == replace(made[1, OCTOBER], contracts=agreed())
