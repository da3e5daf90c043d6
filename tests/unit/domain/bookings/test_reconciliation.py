"""Reconciliation: one verdict for each booking, and each measured second counted at most once."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.reconciliation import BookedSlot, Judgement, RecordedCheckIn, Rules, reconcile
from smartwork.domain.presence.spans import Span, State
from smartwork.domain.time import Interval

DAY = datetime(2026, 3, 10, tzinfo=UTC)
WINDOW = Interval(DAY, DAY + timedelta(days=1))
RULES = Rules()
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
"""A time after everything that is judged."""


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-10T{clock}+00:00")


def booking(start: str, end: str, number: int = 1, *, cancelled: bool = False) -> BookedSlot:
    return BookedSlot(number, 7, Interval(at(start), at(end)), cancelled)


def measured(*stays: tuple[str, str] | tuple[str, str, State]) -> list[Span]:
    """Spans of the whole day: the given stays (occupied unless they name a state), vacant between them."""
    found, now = [], DAY
    for start, end, *state in stays:
        if at(start) > now:
            found.append(Span(now, at(start), "vacant"))
        found.append(Span(at(start), at(end), state[0] if state else "occupied"))
        now = at(end)
    return [*found, Span(now, WINDOW.end, "vacant")]


def judge(slots: Sequence[BookedSlot], spans: Sequence[Span], *check_ins: RecordedCheckIn) -> list[Judgement]:
    return reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER)


def verdicts(slots: Sequence[BookedSlot], spans: Sequence[Span], *check_ins: RecordedCheckIn) -> list[str]:
    return [finding.verdict for finding in judge(slots, spans, *check_ins)]


@pytest.mark.parametrize(
    ("stays", "verdict"),
    [
        ([("09:05", "11:55")], "used"),
        ([("09:00", "12:10")], "used"),  # ten minutes over are within the grace
        ([("09:00", "11:00")], "left_early"),
        ([("09:00", "12:16")], "overstayed"),
        ([], "no_show"),
        ([("10:00", "10:04")], "no_show"),  # somebody passing by
        ([("09:00", "09:30"), ("09:30", "12:00", "unknown")], "unverifiable"),
        ([("09:00", "09:20", "unknown")], "unverifiable"),  # nobody seen, but twenty minutes not looked at
        ([("09:00", "11:30"), ("11:30", "12:00", "unknown")], "used"),  # not seen to leave
    ],
)
def test_an_example_of_each_verdict(stays: list[tuple[str, str]], verdict: str) -> None:
    assert verdicts([booking("09:00", "12:00")], measured(*stays)) == [verdict]


def test_presence_during_a_cancelled_booking_is_a_walk_in() -> None:
    found = judge([booking("09:00", "12:00", cancelled=True)], measured(("09:00", "11:00")))
    assert [(f.verdict, f.booked_s, f.occupied_s) for f in found] == [("cancelled", 0, 0), ("walk_in", 0, 7200)]


def test_a_stay_without_booking_is_a_walk_in_of_the_company_that_checked_in() -> None:
    check_ins = RecordedCheckIn(5, 9, at("13:55"))
    (found,) = judge([], measured(("14:00", "15:30")), check_ins)
    assert (found.verdict, found.company_id, found.check_in_id, found.occupied_s) == ("walk_in", 9, 5, 5400)
    assert found.period == Interval(at("14:00"), at("15:30"))


def test_a_walk_in_without_a_check_in_is_unattributed() -> None:
    late = RecordedCheckIn(5, 9, at("15:30"))
    (found,) = judge([], measured(("14:00", "15:30")), late)
    assert (found.company_id, found.check_in_id) == (None, None)


def test_lunch_is_part_of_one_walk_in_and_is_not_counted_as_presence() -> None:
    (found,) = judge([], measured(("09:00", "12:00"), ("12:45", "16:00")))
    assert (found.period, found.occupied_s, found.vacant_s) == (Interval(at("09:00"), at("16:00")), 22500, 2700)


def test_short_presence_is_not_a_walk_in() -> None:
    assert verdicts([], measured(("09:00", "09:14"))) == []


def test_a_check_in_of_the_company_makes_a_no_show_unverifiable() -> None:
    check_ins = RecordedCheckIn(5, 7, at("09:02"))
    (found,) = judge([booking("09:00", "12:00")], measured(), check_ins)
    assert (found.verdict, found.check_in_id) == ("unverifiable", 5)
    somebody_else = RecordedCheckIn(6, 8, at("09:02"))
    assert verdicts([booking("09:00", "12:00")], measured(), somebody_else) == ["no_show"]


def test_a_check_in_that_a_company_sends_after_its_booking_makes_no_doubt() -> None:
    def sent(clock: str) -> RecordedCheckIn:
        return RecordedCheckIn(5, 7, at("09:02"), at(clock))

    slot = booking("09:00", "12:00")
    assert verdicts([slot], measured(), sent("12:00")) == ["unverifiable"]
    (late,) = judge([slot], measured(), sent("12:01"))
    assert (late.verdict, late.check_in_id) == ("no_show", None)
    in_time = RecordedCheckIn(6, 7, at("09:30"))
    (judged,) = judge([slot], measured(), sent("12:01"), in_time)
    assert (judged.verdict, judged.check_in_id) == ("unverifiable", 6)
    assert verdicts([], measured(("09:00", "12:00")), sent("12:01")) == ["walk_in"], "it still names a walk-in"


def test_a_late_cancellation_has_its_booked_time_and_a_cancellation_in_time_has_none() -> None:
    late = BookedSlot(1, 7, Interval(at("09:00"), at("12:00")), cancelled=True, cancelled_late_at=at("08:00"))
    cancelled, walk_in = judge([late], measured(("09:00", "10:00")))
    assert (cancelled.verdict, cancelled.cancelled_at, cancelled.booked_s, cancelled.vacant_s, cancelled.occupied_s) == (
        "cancelled_late", at("08:00"), 10800, 10800, 0,
    )  # fmt: skip
    assert (walk_in.verdict, walk_in.occupied_s) == ("walk_in", 3600), "others may use the place"
    assert [each.booked_s for each in judge([booking("09:00", "12:00", cancelled=True)], measured())] == [0]


def test_suspect_time_counts_as_unknown() -> None:
    stuck = [Span(at("00:00"), at("23:00"), "occupied", suspect=True)]
    (found,) = judge([booking("09:00", "12:00")], stuck)
    assert (found.verdict, found.occupied_s, found.unknown_s, found.over_s) == ("unverifiable", 0, 10800, 0)


def test_an_overstay_ends_where_the_next_booking_starts() -> None:
    slots = [booking("09:00", "12:00", 1), booking("12:20", "14:00", 2)]
    first, second = judge(slots, measured(("09:00", "14:00")))
    assert (first.verdict, first.over_s) == ("overstayed", 20 * 60)
    assert (second.verdict, second.occupied_s) == ("used", 100 * 60)


def test_back_to_back_bookings_share_no_second() -> None:
    slots = [booking("09:00", "12:00", 1), booking("12:00", "14:00", 2)]
    first, second = judge(slots, measured(("09:00", "14:00")))
    assert (first.occupied_s, first.over_s, second.occupied_s) == (10800, 0, 7200)


def test_a_cancelled_booking_does_not_end_an_overstay() -> None:
    slots = [booking("09:00", "12:00", 1), booking("12:20", "14:00", 2, cancelled=True)]
    assert judge(slots, measured(("09:00", "13:00")))[0].over_s == 3600


def test_presence_after_the_longest_overstay_is_a_walk_in() -> None:
    over, stay = judge([booking("09:00", "10:00")], measured(("09:00", "16:00")))
    assert (over.over_s, stay.verdict, stay.period) == (4 * 3600, "walk_in", Interval(at("14:00"), at("16:00")))


def test_a_fraction_of_a_second_behind_an_overstay_does_not_begin_the_next_stay() -> None:
    left = at("12:20") + timedelta(milliseconds=400)
    spans = [
        Span(at("09:00"), left, "occupied"),
        Span(left, at("13:00"), "vacant"),
        Span(at("13:00"), at("15:00"), "occupied"),
    ]
    over, stay = judge([booking("09:00", "12:00")], spans)
    assert (over.verdict, stay.period.start) == ("overstayed", at("13:00"))


def test_rounding_never_makes_a_part_negative() -> None:
    lengths: list[tuple[float, State]] = [(1200.8, "occupied"), (600.6, "unknown"), (1800.0, "occupied")]
    spans, now = [], at("09:00")
    for seconds, state in lengths:
        spans.append(Span(now, now + timedelta(seconds=seconds), state))
        now = spans[-1].end
    (stay,) = judge([], spans)
    assert (stay.occupied_s, stay.vacant_s, stay.unknown_s) == (3001, 0, 600)


STATES: list[State] = ["occupied", "vacant", "unknown"]


@st.composite
def a_day(draw: st.DrawFn) -> tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]:
    """Bookings that do not overlap (some touch, some are cancelled), spans in milliseconds, check-ins."""
    slots, now = [], 6 * 60
    for number in range(draw(st.integers(0, 5))):
        start = now + draw(st.sampled_from([0, 0, 10, 20, 90]))
        now = start + draw(st.sampled_from([15, 30, 60, 180]))
        period = Interval(DAY + timedelta(minutes=start), DAY + timedelta(minutes=now))
        slots.append(BookedSlot(number, draw(st.integers(1, 2)), period, draw(st.integers(0, 4)) == 0))
    spans, moment = [], DAY + timedelta(hours=5)
    for _ in range(draw(st.integers(0, 14))):
        moment += timedelta(minutes=draw(st.sampled_from([0, 0, 0, 30])))
        end = moment + timedelta(milliseconds=draw(st.integers(1, 200 * 60_000)))
        spans.append(Span(moment, end, draw(st.sampled_from(STATES)), draw(st.integers(0, 5)) == 0))
        moment = end
    minutes = draw(st.lists(st.integers(300, 1_200), max_size=4))
    check_ins = [RecordedCheckIn(i, draw(st.integers(1, 2)), DAY + timedelta(minutes=m)) for i, m in enumerate(minutes)]
    return slots, spans, check_ins


@given(a_day())
def test_each_booking_gets_exactly_one_verdict(day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]) -> None:
    slots, spans, check_ins = day
    found = reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER)
    judged = [f.booking_id for f in found if f.verdict != "walk_in"]
    assert sorted(judged, key=str) == sorted((c.booking_id for c in slots), key=str)
    assert {f.booking_id for f in found if f.verdict == "cancelled"} == {c.booking_id for c in slots if c.cancelled}


@given(a_day())
def test_seconds_are_conserved_and_never_negative(day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]) -> None:
    slots, spans, check_ins = day
    for f in reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER):
        assert min(f.occupied_s, f.vacant_s, f.unknown_s, f.over_s) >= 0
        length = 0 if f.verdict == "cancelled" else round(f.period.seconds)
        assert f.occupied_s + f.vacant_s + f.unknown_s == length
        assert f.booked_s == (0 if f.verdict == "walk_in" else length)


@given(a_day(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]], chance: random.Random
) -> None:
    slots, spans, check_ins = day
    other_slots, other_check_ins = list(slots), list(check_ins)
    chance.shuffle(other_slots)
    chance.shuffle(other_check_ins)
    again = reconcile(other_slots, other_check_ins, spans, WINDOW, RULES, AFTER)
    assert again == reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER)


@given(a_day())
def test_no_occupied_second_is_in_two_judgements(day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]) -> None:
    slots, spans, check_ins = day
    found = [f for f in reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER) if f.verdict != "cancelled"]
    claimed = sorted((f.period.start, f.period.end + timedelta(seconds=f.over_s)) for f in found)
    for (_, end), (start, _) in pairwise(claimed):
        assert end <= start + timedelta(seconds=1)  # an overstay is in whole seconds


@given(a_day())
def test_no_walk_in_overlaps_a_booking(day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]]) -> None:
    slots, spans, check_ins = day
    for f in reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER):
        if f.verdict == "walk_in":
            assert not any(f.period.intersect(c.period) for c in slots if not c.cancelled)
            assert f.occupied_s >= RULES.shortest_walk_in.total_seconds()


@given(a_day())
def test_suspect_spans_and_unknown_spans_give_the_same_judgements(
    day: tuple[list[BookedSlot], list[Span], list[RecordedCheckIn]],
) -> None:
    slots, spans, check_ins = day
    doubted = [Span(s.start, s.end, "unknown") if s.suspect else s for s in spans]
    assert reconcile(slots, check_ins, spans, WINDOW, RULES, AFTER) == reconcile(
        slots, check_ins, doubted, WINDOW, RULES, AFTER
    )
