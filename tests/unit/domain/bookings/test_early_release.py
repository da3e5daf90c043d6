"""Early release: a desk is released only if a sensor that is not suspect measured it vacant for the time in the policy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.early_release import ReleasePolicy, release
from smartwork.domain.presence.spans import Span, State, seconds_by_state
from smartwork.domain.time import Interval

NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
PERIOD = Interval(NINE, NINE + timedelta(hours=8))
POLICY = ReleasePolicy(timedelta(minutes=30), timedelta(minutes=60))
MINUTE = timedelta(minutes=1)


def at(minute: int) -> datetime:
    return NINE + minute * MINUTE


def seen(*stretches: tuple[int, int, State]) -> list[Span]:
    return [Span(at(start), at(end), state) for start, end, state in stretches]


@pytest.mark.parametrize(
    ("spans", "check_ins", "minute", "expected"),
    [
        (seen((-60, 29, "vacant")), [], 29, None),
        (seen((-60, 30, "vacant")), [], 30, "no_show"),
        (seen((-60, 480, "vacant")), [], 480, None),  # over
        (seen((-60, 30, "vacant")), [], 31, None),  # not seen to this moment
        (seen((-60, 10, "vacant"), (10, 12, "unknown"), (12, 60, "vacant")), [], 60, None),  # may have come
        (seen((-60, 10, "vacant"), (10, 12, "unknown"), (12, 72, "vacant")), [], 72, "left_early"),
        (seen((0, 100, "occupied"), (100, 159, "vacant")), [], 159, None),
        (seen((0, 100, "occupied"), (100, 160, "vacant")), [], 160, "left_early"),
        (seen((-60, 60, "vacant")), [5], 60, None),  # signed in and not seen: that is no no-show
        (seen((-60, 65, "vacant")), [5], 65, "left_early"),
        (seen((-60, 60, "vacant")), [-45], 60, "no_show"),  # too early to be for this booking
        ([], [], 60, None),
    ],
)
def test_when_a_desk_is_released(spans: list[Span], check_ins: list[int], minute: int, expected: str | None) -> None:
    assert release(PERIOD, spans, [at(m) for m in check_ins], at(minute), POLICY) == expected


def test_a_policy_without_limits_never_releases() -> None:
    never = ReleasePolicy(None, None)
    assert release(PERIOD, seen((-60, 400, "vacant")), [], at(400), never) is None


def test_a_stuck_sensor_releases_nothing() -> None:
    stuck = [Span(at(-60), at(400), "vacant", suspect=True)]
    assert release(PERIOD, stuck, [], at(400), POLICY) is None


@st.composite
def morning(draw: st.DrawFn) -> tuple[list[Span], list[datetime], int]:
    states: list[State] = ["occupied", "vacant", "vacant", "unknown"]
    spans, now = [], -60
    while now < 480:
        end = now + draw(st.integers(1, 120))
        spans.append(Span(at(now), at(end), draw(st.sampled_from(states)), draw(st.integers(0, 9)) == 0))
        now = end + draw(st.sampled_from([0, 0, 0, 7]))
    return spans, [at(draw(st.integers(-60, 480))) for _ in range(draw(st.integers(0, 2)))], draw(st.integers(-10, 490))


@given(morning())
def test_a_released_place_was_vacant_and_without_check_in_for_the_time_in_the_policy(
    case: tuple[list[Span], list[datetime], int],
) -> None:
    spans, check_ins, minute = case
    reason = release(PERIOD, spans, check_ins, at(minute), POLICY)
    if reason:
        grace = POLICY.no_show if reason == "no_show" else POLICY.left
        assert grace is not None
        quiet = Interval(at(minute) - grace, at(minute))
        assert seconds_by_state(spans, quiet)["vacant"] == grace.total_seconds()
        assert not any(quiet.start < moment <= quiet.end for moment in check_ins)
        assert PERIOD.start + grace <= at(minute) < PERIOD.end


@given(morning())
def test_a_longer_wait_never_releases_more(case: tuple[list[Span], list[datetime], int]) -> None:
    spans, check_ins, minute = case
    longer = ReleasePolicy(timedelta(minutes=31), timedelta(minutes=61))
    if release(PERIOD, spans, check_ins, at(minute), longer):
        assert release(PERIOD, spans, check_ins, at(minute), POLICY)
