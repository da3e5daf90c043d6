"""A centre's statement tells the month once: what stands by verdict, by day and in the account is the same month."""

import json
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.settlement.statements import Account, Judged, Statement, statement
from tests.support.documents import self_billed

DOCUMENT = self_billed()
VERDICTS: tuple[Verdict, ...] = ("used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable", "cancelled")
NOTHING = Account(Decimal(0), Decimal(0), Decimal(0), None, None)
octobers = st.integers(1, 31).map(lambda day: date(2026, 10, day))
seconds = st.integers(0, 40_000)
judgements = st.lists(
    st.builds(Judged, octobers, st.sampled_from(VERDICTS), st.booleans(), st.integers(1, 9), seconds, seconds, seconds),
    unique_by=lambda one: (one.day, one.verdict, one.signed),
)
cents = st.integers(-100_000, 100_000).map(lambda amount: Decimal(amount) / 100)
lines = st.lists(st.tuples(st.dates(date(2026, 6, 1), date(2026, 10, 31)), cents), max_size=30)


@given(judged=judgements, charged=lines)
def test_verdicts_days_and_charges_tell_the_same_month(judged: list[Judged], charged: list[tuple[date, Decimal]]) -> None:
    found = statement(DOCUMENT, judged, [], charged, NOTHING)
    assert sum(part.count for part in found.verdicts) == sum(one.count for one in judged)
    by_day = sum(row.bookings + row.walk_ins + row.unsigned for row in found.days)
    assert by_day == sum(one.count for one in judged if one.verdict != "cancelled")
    assert sum(row.no_shows for row in found.days) == sum(p.count for p in found.verdicts if p.verdict == "no_show")
    assert sum(row.unsigned for row in found.days) == sum(p.count for p in found.verdicts if not p.signed)
    assert found.charged == sum((row.net for row in found.days), Decimal(0)) + found.earlier
    assert found.charged == sum((net for _, net in charged), Decimal(0))
    assert [row.day for row in found.days] == sorted({row.day for row in found.days})


@given(judged=judgements)
def test_a_statement_is_read_again_as_it_was_kept(judged: list[Judged]) -> None:
    found = statement(DOCUMENT, judged, [], [], NOTHING)
    assert Statement.parse(json.loads(found.canonical())) == found


def test_the_account_closes_with_what_was_not_paid() -> None:
    assert Account(Decimal("-30.49"), Decimal("20.00"), Decimal(0), None, None).closing == Decimal("-10.49")
    assert Account(Decimal("5.00"), Decimal("20.00"), Decimal("25.00"), date(2026, 11, 2), "mons").closing == 0
