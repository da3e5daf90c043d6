"""A billed month counts as changed where verdicts, contracts or prices differ from those it was billed by, and only there."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.changed_months import (
    MonthDigests,
    changed_months,
    contracts_digest,
    month_digests,
    tariffs_digest,
)
from smartwork.domain.billing.tariffs import Tariff
from smartwork.errors import InputError
from tests.support.stays import contract

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
WAS = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"))
BILLED = MonthDigests("v", "c", "t")


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
    assert contracts_digest([replace(was, payment_days=60)], OCTOBER) == contracts_digest([was], OCTOBER)
    assert contracts_digest([replace(was, no_show_share=Decimal("0.6"))], OCTOBER) != contracts_digest([was], OCTOBER)


def test_the_order_of_contracts_and_tariffs_changes_nothing() -> None:
    other = replace(WAS, centre="namur")
    assert tariffs_digest([WAS, other], OCTOBER) == tariffs_digest([other, WAS], OCTOBER)


def test_the_format_of_the_digests_is_fixed() -> None:
    """These digests are stored: other ones for the same terms need another DIGEST_VERSION."""
    assert contracts_digest([contract()], OCTOBER) == "92a1c84a217af2919a592d9fbe6af8dc315b17412ed37bc16b3093d01a3f1496"
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
    made = month_digests({(1, OCTOBER): "v", (2, OCTOBER): "v"}, {1: [contract()]}, [WAS])
    assert made[1, OCTOBER] == MonthDigests("v", contracts_digest([contract()], OCTOBER), tariffs_digest([WAS], OCTOBER))
    assert made[2, OCTOBER] == replace(made[1, OCTOBER], contracts=contracts_digest([], OCTOBER))
