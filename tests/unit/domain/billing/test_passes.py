"""The cheapest combination is never dearer than any single way to sell the day, and covers all of it."""

import math
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.invoice import Terms
from smartwork.domain.billing.parties import STANDARD_VAT
from smartwork.domain.billing.passes import by_day, cheapest, rate_day
from smartwork.domain.billing.rating import terms_of
from smartwork.domain.money import round_to_cent
from tests.support.stays import TARIFF, contract, stay

EUR = st.decimals(Decimal("0.01"), 200, places=2)
TERMS = st.builds(
    lambda hour, half, length, day: replace(
        terms_of(contract(charge="cheapest"), TARIFF), per_hour=hour, half_day=half, half_day_hours=length, day=day
    ),
    st.decimals(0, 50, places=4),
    st.none() | EUR,
    st.integers(1, 6).map(Decimal),
    st.none() | EUR,
)
HOURS = st.lists(st.integers(1, 40).map(lambda quarters: Decimal(quarters) / 4), min_size=1, max_size=6)
PLAIN = terms_of(contract(charge="cheapest"), TARIFF)


@given(HOURS, TERMS)
def test_never_dearer_than_any_single_choice(hours: list[Decimal], terms: Terms) -> None:
    best = cheapest(hours, terms)
    assert best.net <= sum(round_to_cent(h * terms.per_hour) for h in hours)
    if terms.day is not None:
        assert best.net <= terms.day
    if terms.half_day is not None:
        assert best.net <= terms.half_day * math.ceil(sum(hours) / terms.half_day_hours)


@given(HOURS, TERMS, st.integers(1, 5))
def test_never_dearer_than_any_number_of_half_days_and_the_hours_beyond(hours: list[Decimal], terms: Terms, n: int) -> None:
    if terms.half_day is not None:
        beyond = max(Decimal(0), sum(hours, Decimal(0)) - n * terms.half_day_hours)
        assert cheapest(hours, terms).net <= n * terms.half_day + round_to_cent(beyond * terms.per_hour)


@given(HOURS, TERMS)
def test_a_longer_day_never_costs_less(hours: list[Decimal], terms: Terms) -> None:
    longer = [hours[0] + 1, *hours[1:]]
    assert cheapest(hours, terms).net <= cheapest(longer, terms).net + Decimal("0.01") * len(hours)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), TERMS)
def test_lines_come_to_the_combination_and_keep_every_visit(quarters: list[int], terms: Terms) -> None:
    visits = [stay(15 * n, hour=6 * i, name=f"B-{i}") for i, n in enumerate(quarters)]
    groups = rate_day(visits, terms, STANDARD_VAT)
    lines = [line for group in groups for line in group]
    assert sum(line.net for line in lines) == cheapest([Decimal(n) / 4 for n in quarters], terms).net
    assert sum(line.hours for line in lines) == sum(Decimal(n) / 4 for n in quarters)
    assert sorted(p.visit.booking or "" for line in lines for p in line.visits) == sorted(
        f"B-{i}" for i in range(len(quarters))
    )


def test_a_day_is_that_of_one_member_centre_and_kind() -> None:
    visits = [stay(), stay(hour=3), stay(member="m-2"), stay(centre="mons"), stay(kind="room"), stay(day=1)]
    assert sorted(len(group) for group in by_day(visits)) == [1, 1, 1, 1, 2]


def test_hours_beyond_a_half_day_pass_are_a_line_that_refers_to_it() -> None:
    # 4 h for 25.00 and 15 minutes beyond for 1.88; by the hour it would be 31.88, a day pass 40.00.
    [(sold, beyond)] = rate_day([stay(255)], PLAIN, STANDARD_VAT)
    assert (sold.kind, sold.unit, sold.net, sold.hours) == ("pass", "half_day", Decimal(25), Decimal(4))
    assert (beyond.kind, beyond.of_line, beyond.quantity, beyond.net) == (
        "beyond_pass",
        1,
        Decimal("0.25"),
        Decimal("1.88"),
    )


def test_fee_for_a_no_show_is_not_covered_by_a_pass() -> None:
    terms = replace(PLAIN, no_show_fee=Decimal(12))
    absent = stay(60, hour=8, name="B-2", verdict="no_show", occupied_s=0, vacant_s=3600, spans=())
    groups = rate_day([stay(420), absent], terms, STANDARD_VAT)
    assert [group[0].kind for group in groups] == ["pass", "no_show"]
    assert [group[0].net for group in groups] == [Decimal(40), Decimal(12)]
