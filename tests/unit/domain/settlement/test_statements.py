"""A centre's statement: its verdicts, days, charges and account describe the same month."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.settlement.statements import CentreAccount, DayVerdicts, Statement, UnattributedStay, statement
from tests.support.documents import self_billed

DOCUMENT = self_billed()
VERDICTS: tuple[Verdict, ...] = ("used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable", "cancelled")
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
NOTHING = CentreAccount(Decimal(0), Decimal(0), Decimal(0), None, None)
octobers = st.integers(1, 31).map(lambda day: date(2026, 10, day))
seconds = st.integers(0, 40_000)
day_verdicts = st.lists(
    st.builds(DayVerdicts, octobers, st.sampled_from(VERDICTS), st.booleans(), st.integers(1, 9), seconds, seconds, seconds),
    unique_by=lambda day_verdicts: (day_verdicts.day, day_verdicts.verdict, day_verdicts.is_attributed),
)
cents = st.integers(-100_000, 100_000).map(lambda amount: Decimal(amount) / 100)
lines = st.lists(st.tuples(st.dates(date(2026, 6, 1), date(2026, 10, 31)), cents), max_size=30)


@given(verdicts=day_verdicts, charged=lines)
def test_verdicts_days_and_charges_add_up_to_the_same_month(
    verdicts: list[DayVerdicts], charged: list[tuple[date, Decimal]]
) -> None:
    found = statement(DOCUMENT, verdicts, [], charged, NOTHING)
    assert sum(part.count for part in found.verdicts) == sum(day_verdicts.count for day_verdicts in verdicts)
    by_day = sum(row.bookings + row.walk_ins + row.unattributed for row in found.days)
    assert by_day == sum(day_verdicts.count for day_verdicts in verdicts if day_verdicts.verdict != "cancelled")
    assert sum(row.no_shows for row in found.days) == sum(p.count for p in found.verdicts if p.verdict == "no_show")
    assert sum(row.unattributed for row in found.days) == sum(p.count for p in found.verdicts if not p.is_attributed)
    assert found.charged == sum((row.net for row in found.days), Decimal(0)) + found.earlier_months
    assert found.charged == sum((net for _, net in charged), Decimal(0))
    assert [row.day for row in found.days] == sorted({row.day for row in found.days})


def test_a_stored_statement_keeps_the_keys_of_its_first_version() -> None:
    stay = UnattributedStay("Europe/Brussels", "d-1", "Desk 1", NOON, NOON, 0)
    walk_in = DayVerdicts(date(2026, 10, 5), "walk_in", is_attributed=False, count=1, booked_s=0, measured_s=60, unknown_s=0)
    stored = json.loads(statement(DOCUMENT, [walk_in], [stay], [], NOTHING).canonical())
    assert set(stored) == {"number", "verdicts", "days", "unsigned", "charged", "earlier", "account"}
    assert (stored["verdicts"][0]["signed"], stored["days"][0]["unsigned"]) == (False, 1)


@given(verdicts=day_verdicts)
def test_a_statement_is_read_again_as_it_was_stored(verdicts: list[DayVerdicts]) -> None:
    found = statement(DOCUMENT, verdicts, [], [], NOTHING)
    assert Statement.parse(json.loads(found.canonical())) == found


def test_the_account_closes_with_what_was_not_paid() -> None:
    assert CentreAccount(Decimal("-30.49"), Decimal("20.00"), Decimal(0), None, None).closing == Decimal("-10.49")
    assert CentreAccount(Decimal("5.00"), Decimal("20.00"), Decimal("25.00"), date(2026, 11, 2), "mons").closing == 0
