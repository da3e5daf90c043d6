"""Reconciliation of a time that is not over: nothing after now is judged or counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.reconciliation import BookedSlot, RecordedCheckIn, Rules, is_unfinished, reconcile
from smartwork.domain.presence.spans import Span, State, clip_at
from smartwork.domain.time import Interval

START = datetime(2026, 11, 1, tzinfo=UTC)
WINDOW = Interval(START, START + timedelta(days=2))
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
RULES = Rules()
NOON = START + timedelta(hours=12)
HOUR = timedelta(hours=1)
Facts = tuple[list[BookedSlot], list[RecordedCheckIn], list[Span]]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Two days of a desk: spans of every state, bookings that do not overlap, check-ins at any time."""
    states: list[State] = ["occupied", "vacant", "unknown"]
    spans, at = [], START
    while at < WINDOW.end:
        end = at + STEP * draw(st.integers(1, 60))
        spans.append(Span(at, end, draw(st.sampled_from(states)), draw(st.integers(0, 9)) == 0))
        at = end
    slots, at = [], START
    for number in range(draw(st.integers(0, 6))):
        begin = at + STEP * draw(st.integers(0, 40))
        at = begin + STEP * draw(st.integers(1, 60))
        slots.append(BookedSlot(number, draw(st.integers(1, 2)), Interval(begin, at), draw(st.booleans())))
    check_ins = [RecordedCheckIn(n, draw(st.integers(1, 2)), START + STEP * draw(st.integers(0, 570))) for n in range(3)]
    return slots, check_ins, spans


moments = st.integers(0, 590).map(lambda steps: START + STEP * steps + timedelta(seconds=7))


@given(facts(), moments)
def test_at_any_time_nothing_after_it_is_judged_or_counted(given_facts: Facts, now: datetime) -> None:
    slots, check_ins, spans = given_facts
    for judgement in reconcile(slots, check_ins, spans, WINDOW, RULES, now):
        assert judgement.ends_at <= now
        assert judgement.ends_at + timedelta(seconds=judgement.over_s) <= now + timedelta(milliseconds=500)
        assert judgement.last_seen is None or judgement.last_seen <= now


@given(facts(), moments)
def test_the_judgements_at_a_time_are_those_of_data_that_end_then(given_facts: Facts, now: datetime) -> None:
    slots, check_ins, spans = given_facts
    known = [check_in for check_in in check_ins if check_in.at < now]
    cut = reconcile(slots, known, clip_at(spans, now), WINDOW, RULES, AFTER)
    assert reconcile(slots, check_ins, spans, WINDOW, RULES, now) == [j for j in cut if j.ends_at <= now]


@given(facts(), moments)
def test_bookings_to_come_change_no_judgement(given_facts: Facts, now: datetime) -> None:
    slots, check_ins, spans = given_facts
    begun = [slot for slot in slots if slot.period.start < now]
    assert reconcile(begun, check_ins, spans, WINDOW, RULES, now) == reconcile(slots, check_ins, spans, WINDOW, RULES, now)


@given(facts(), moments, moments)
def test_judgements_that_are_finished_stay_at_every_later_time(given_facts: Facts, first: datetime, second: datetime) -> None:
    slots, check_ins, spans = given_facts
    now, later = sorted((first, second))
    stored = [span for span in spans if span.start < now and not (span.end > now and span.state == "vacant")]
    recorded = [check_in for check_in in check_ins if check_in.at < now]
    if not is_unfinished(slots, stored, WINDOW, now):
        judged = reconcile(slots, recorded, stored, WINDOW, RULES, now)
        assert judged == reconcile(slots, recorded, stored, WINDOW, RULES, later)


def test_a_booking_that_goes_on_has_no_verdict_and_presence_in_it_is_no_walk_in() -> None:
    slot = BookedSlot(1, 1, Interval(NOON, NOON + 4 * HOUR), cancelled=False)
    spans = [Span(NOON, NOON + HOUR, "occupied")]
    assert reconcile([slot], [], spans, WINDOW, RULES, NOON + HOUR) == []
    assert is_unfinished([slot], spans, WINDOW, NOON + HOUR)
    [judgement] = reconcile([slot], [], spans, WINDOW, RULES, NOON + 4 * HOUR)
    assert (judgement.verdict, judgement.occupied_s) == ("unverifiable", 3600)


def test_a_booking_to_come_and_a_cancelled_one_to_come_have_no_verdict() -> None:
    slot = BookedSlot(1, 1, Interval(NOON, NOON + HOUR), cancelled=False)
    vacant = [Span(START, WINDOW.end, "vacant")]
    for each in (slot, replace(slot, cancelled=True)):
        assert reconcile([each], [], vacant, WINDOW, RULES, NOON) == []
        assert len(reconcile([each], [], vacant, WINDOW, RULES, NOON + HOUR)) == 1


def test_a_stay_that_goes_on_ends_now() -> None:
    [judgement] = reconcile([], [], [Span(NOON, NOON + 3 * HOUR, "occupied")], WINDOW, RULES, NOON + HOUR)
    assert (judgement.verdict, judgement.ends_at, judgement.occupied_s) == ("walk_in", NOON + HOUR, 3600)
