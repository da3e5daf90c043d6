"""Reconciliation at midnight, at the end of a month, when clocks change, at released desks and with faulty sensors."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.reconciliation import (
    CONTEXT,
    LONGEST_OVERSTAY,
    BookedSlot,
    Judgement,
    RecordedCheckIn,
    Rules,
    reconcile,
)
from smartwork.domain.presence.derivation import fill_gaps, sensor_states, to_spans
from smartwork.domain.presence.spans import Span, State
from smartwork.domain.time import Interval, local_day, local_month

START = datetime(2026, 10, 30, 22, tzinfo=UTC)
BORDER = datetime(2026, 10, 31, 23, tzinfo=UTC)  # midnight in Brussels: October ends
WHOLE = Interval(START, START + timedelta(days=2))
EARLIER, LATER = Interval(START, BORDER), Interval(BORDER, WHOLE.end)
RULES = Rules()
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
"""A time after everything that is judged."""

STEP = timedelta(minutes=5)


@st.composite
def life(draw: st.DrawFn) -> tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]:
    """Two days of one desk around the end of a month, in steps of five minutes, with absences of every length."""
    states: list[State] = ["occupied", "vacant", "unknown", "vacant"]
    spans, now = [], START
    while now < WHOLE.end:
        end = now + STEP * draw(st.integers(1, 60))
        spans.append(Span(now, end, draw(st.sampled_from(states)), draw(st.integers(0, 9)) == 0))
        now = end
    slots, now = [], START
    for number in range(draw(st.integers(0, 6))):
        begin = now + STEP * draw(st.integers(0, 40))
        now = begin + STEP * draw(st.integers(1, 60))
        slots.append(BookedSlot(number, draw(st.integers(1, 2)), Interval(begin, now), draw(st.booleans())))
    check_ins = [RecordedCheckIn(n, draw(st.integers(1, 2)), START + STEP * draw(st.integers(0, 570))) for n in range(3)]
    return slots, spans, check_ins


@given(life())
def test_two_months_give_the_judgements_of_one_window_over_both(
    day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]],
) -> None:
    slots, spans, check_ins = day
    parts = [f for window in (EARLIER, LATER) for f in reconcile(slots, check_ins, spans, window, RULES, AFTER)]
    assert sorted(parts, key=repr) == sorted(reconcile(slots, check_ins, spans, WHOLE, RULES, AFTER), key=repr)


@st.composite
def released(draw: st.DrawFn) -> tuple[list[BookedSlot], list[Span]]:
    """A released booking, later bookings during its period, and spans of the desk."""
    first = BookedSlot(0, 1, Interval(START, START + STEP * 100), cancelled=False)
    now = START + STEP * draw(st.integers(1, 50))
    slots = [first]
    for number in range(1, draw(st.integers(2, 4))):
        begin = now + STEP * draw(st.integers(0, 10))
        now = begin + STEP * draw(st.integers(1, 20))
        slots.append(BookedSlot(number, 2, Interval(begin, now), cancelled=False))
    _, spans, _ = draw(life())
    return slots, spans


@given(released())
def test_presence_at_a_released_desk_belongs_to_one_booking_at_a_time_and_minutes_are_conserved(
    desk: tuple[list[BookedSlot], list[Span]],
) -> None:
    slots, spans = desk
    found = reconcile(slots, [], spans, WHOLE, RULES, AFTER)
    assert sorted(f.booking_id for f in found if f.booking_id is not None) == [c.booking_id for c in slots]
    present = sum(s.seconds for s in spans if s.state == "occupied" and not s.suspect and s.start < WHOLE.end)
    assert sum(f.occupied_s + f.over_s for f in found) <= present
    for f in found:
        assert f.occupied_s + f.vacant_s + f.unknown_s == round(f.period.seconds)
        assert min(f.occupied_s, f.vacant_s, f.unknown_s) >= 0
    reassigned = found[0]
    assert reassigned.booking_id == 0
    if slots[1].period.start < slots[0].period.end:
        assert reassigned.reassigned_at == slots[1].period.start
        assert reassigned.over_s == 0


def test_a_booking_of_a_released_desk_does_not_change_the_no_show() -> None:
    nine = datetime(2026, 10, 5, 7, tzinfo=UTC)
    hour = timedelta(hours=1)
    absent = BookedSlot(1, 7, Interval(nine, nine + 8 * hour), cancelled=False)
    comes = BookedSlot(2, 8, Interval(nine + hour, nine + 3 * hour), cancelled=False)
    spans = [
        Span(nine, nine + hour, "vacant"),
        Span(nine + hour, nine + 3 * hour, "occupied"),
        Span(nine + 3 * hour, nine + 9 * hour, "vacant"),
    ]
    window = local_day(date(2026, 10, 5), "Europe/Brussels")
    first, second = reconcile([absent, comes], [], spans, window, RULES, AFTER)
    assert (first.verdict, first.occupied_s, first.vacant_s, first.reassigned_at) == ("no_show", 0, 8 * 3600, nine + hour)
    assert (second.verdict, second.occupied_s, second.reassigned_at) == ("used", 2 * 3600, None)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_booking_of_a_whole_day_has_as_many_hours_as_the_day(day: date, hours: int) -> None:
    whole = local_day(day, "Europe/Brussels")
    slot = BookedSlot(1, 7, whole, cancelled=False)
    (found,) = reconcile([slot], [], [Span(whole.start, whole.end, "vacant")], whole, RULES, AFTER)
    assert (found.verdict, found.booked_s, found.vacant_s) == ("no_show", hours * 3600, hours * 3600)


def test_a_booking_over_the_end_of_a_month_is_judged_whole_in_the_month_in_which_it_begins() -> None:
    late = Interval(BORDER - timedelta(hours=1), BORDER + timedelta(hours=2))
    spans = [Span(late.start, late.end, "occupied")]
    slot = BookedSlot(1, 7, late, cancelled=False)
    october, november = (local_month(date(2026, month, 1), "Europe/Brussels") for month in (10, 11))
    assert [(f.verdict, f.occupied_s) for f in reconcile([slot], [], spans, october, RULES, AFTER)] == [("used", 3 * 3600)]
    assert reconcile([slot], [], spans, november, RULES, AFTER) == []


def test_two_people_at_one_desk_are_one_presence_and_the_first_check_in_of_the_company_counts() -> None:
    nine = datetime(2026, 10, 5, 7, tzinfo=UTC)
    slot = BookedSlot(1, 7, Interval(nine, nine + timedelta(hours=2)), cancelled=False)
    check_ins = [RecordedCheckIn(1, 8, nine), RecordedCheckIn(2, 7, nine + timedelta(minutes=1)), RecordedCheckIn(3, 7, nine)]
    window = local_day(date(2026, 10, 5), "Europe/Brussels")
    (found,) = reconcile([slot], check_ins, [Span(nine, nine + timedelta(hours=2), "occupied")], window, RULES, AFTER)
    assert (found.verdict, found.check_in_id, found.occupied_s) == ("used", 3, 7200)


def test_a_check_in_for_a_booking_does_not_put_an_unmatched_stay_on_the_same_companys_bill() -> None:
    nine = datetime(2026, 10, 5, 7, tzinfo=UTC)
    hour = timedelta(hours=1)
    slot = BookedSlot(1, 7, Interval(nine, nine + hour), cancelled=False)
    spans = [
        Span(nine, nine + hour * 0.9, "occupied"),
        Span(nine + hour * 0.9, nine + hour * 1.1, "vacant"),
        Span(nine + hour * 1.1, nine + hour * 2, "occupied"),
    ]
    window = local_day(date(2026, 10, 5), "Europe/Brussels")
    late = RecordedCheckIn(1, 7, nine + hour * 0.8)
    assert [(f.verdict, f.company_id) for f in reconcile([slot], [late], spans, window, RULES, AFTER)] == [
        ("used", 7),
        ("walk_in", None),
    ]
    again = RecordedCheckIn(2, 7, nine + hour * 1.1)
    assert [f.check_in_id for f in reconcile([slot], [late, again], spans, window, RULES, AFTER)] == [1, 2]


def judged(readings: list[tuple[float, bool]], slot: BookedSlot, window: Interval) -> list[Judgement]:
    """Judgements from a sensor's readings, by the derivation that production uses."""
    samples = [(datetime.fromtimestamp(at, UTC), present) for at, present in readings]
    found = fill_gaps(sensor_states(samples, interval_s=60), timedelta(seconds=300))
    spans = [replace(s, suspect=stuck) for s, stuck in zip(to_spans(found), found.is_suspect().tolist(), strict=True)]
    return reconcile([slot], [], spans, window, RULES, AFTER)


DAY = local_day(date(2026, 10, 5), "Europe/Brussels")
NINE = DAY.start + timedelta(hours=9)


def minutes(start: int, end: int, *, present: bool) -> list[tuple[float, bool]]:
    return [((DAY.start + timedelta(minutes=m)).timestamp(), present) for m in range(start, end)]


def test_a_sensor_that_fails_during_a_booking_does_not_make_it_left_early() -> None:
    slot = BookedSlot(1, 7, Interval(NINE, NINE + timedelta(hours=4)), cancelled=False)
    reports = minutes(480, 540, present=False) + minutes(540, 700, present=True)
    (found,) = judged(reports, slot, DAY)
    assert found.verdict == "used"
    assert found.unknown_s > 70 * 60
    (blind,) = judged(minutes(480, 540, present=False) + minutes(540, 600, present=True), slot, DAY)
    assert blind.verdict == "unverifiable"


def test_a_stuck_sensor_makes_a_booking_unverifiable() -> None:
    slot = BookedSlot(1, 7, Interval(NINE, NINE + timedelta(hours=4)), cancelled=False)
    (found,) = judged(minutes(0, 1440, present=True), slot, DAY)
    assert (found.verdict, found.occupied_s) == ("unverifiable", 0)


@given(
    st.lists(st.tuples(st.integers(400, 900), st.booleans()), min_size=1, max_size=60, unique_by=lambda m: m[0]), st.randoms()
)
def test_late_readings_give_the_verdict_of_timely_ones(reports: list[tuple[int, bool]], chance: object) -> None:
    slot = BookedSlot(1, 7, Interval(NINE, NINE + timedelta(hours=4)), cancelled=False)
    readings = [((DAY.start + timedelta(minutes=m)).timestamp(), present) for m, present in reports]
    late = list(readings)
    chance.shuffle(late)  # type: ignore[attr-defined]
    assert judged(sorted(late), slot, DAY) == judged(sorted(readings), slot, DAY)


def test_the_context_is_longer_than_the_longest_overstay() -> None:
    assert LONGEST_OVERSTAY < CONTEXT
