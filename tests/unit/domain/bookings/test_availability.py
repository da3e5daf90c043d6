"""Free means: open, not booked now or soon, and vacant by a sensor that is not silent."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.availability import (
    RECENT,
    SOON,
    Availability,
    Presence,
    closed_part,
    next_free,
    obstacle,
    open_intervals,
    place_now,
)
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.time import Interval

ZONE = "Europe/Brussels"
CHRISTMAS = date(2026, 12, 25)
WEEKDAYS = OpeningHours(ZONE, time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({CHRISTMAS}))
ALWAYS = OpeningHours(ZONE, time(0), time(23, 59), frozenset(range(1, 8)))
MINUTE = timedelta(minutes=1)
VACANT = Presence("vacant")


def local(text: str) -> datetime:
    """The instant of a local time in Belgium."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def period(start: str, end: str) -> Interval:
    return Interval(local(start), local(end))


def opening(hours: OpeningHours, at: datetime) -> list[Interval]:
    return open_intervals(hours, Interval(at, at + timedelta(days=40)))


MONDAY = local("2026-10-05T10:00")
OPEN = opening(WEEKDAYS, MONDAY)
NOON = period("2026-10-05T12:00", "2026-10-05T13:00")


@pytest.mark.parametrize(
    ("at", "presence", "availability", "until"),
    [
        ("2026-10-05T10:00", VACANT, "free", "2026-10-05T12:00"),
        ("2026-10-05T11:30", VACANT, "free", "2026-10-05T12:00"),
        ("2026-10-05T11:31", VACANT, "booked", "2026-10-05T13:00"),
        ("2026-10-05T12:30", Presence("unknown"), "booked", "2026-10-05T13:00"),
        ("2026-10-05T13:00", VACANT, "free", "2026-10-05T18:00"),
        ("2026-10-05T10:00", Presence("occupied"), "occupied", None),
        ("2026-10-05T12:30", Presence("occupied"), "occupied", "2026-10-05T13:00"),
        ("2026-10-05T10:00", Presence("unknown"), "unknown", "2026-10-05T12:00"),
        ("2026-10-05T10:00", Presence("occupied", suspect=True), "unknown", "2026-10-05T12:00"),
        ("2026-10-05T10:00", Presence("vacant", local("2026-10-05T09:46")), "recently_used", "2026-10-05T12:00"),
        ("2026-10-05T10:00", Presence("vacant", local("2026-10-05T09:45")), "free", "2026-10-05T12:00"),
        ("2026-10-05T18:00", Presence("occupied"), "closed", "2026-10-06T08:00"),
        ("2026-10-05T07:59", VACANT, "closed", "2026-10-05T08:00"),
        ("2026-10-09T18:00", VACANT, "closed", "2026-10-12T08:00"),
    ],
)
def test_a_place_is_free_only_if_nothing_is_against_it(
    at: str, presence: Presence, availability: Availability, until: str | None
) -> None:
    now = place_now(local(at), OPEN, [NOON], presence)
    assert (now.availability, now.until) == (availability, local(until) if until else None)


def test_bookings_that_touch_are_one_and_a_gap_ends_the_booked_time() -> None:
    two = [period("2026-10-05T10:20", "2026-10-05T11:00"), NOON, period("2026-10-05T11:00", "2026-10-05T11:30")]
    now = place_now(MONDAY, OPEN, two, VACANT)
    assert (now.availability, now.until) == ("booked", local("2026-10-05T11:30"))


def test_a_closure_closes_the_whole_day() -> None:
    at = local("2026-12-24T18:30")
    assert place_now(at, opening(WEEKDAYS, at), [], VACANT).until == local("2026-12-28T08:00")
    held = period("2026-12-25T10:00", "2026-12-25T11:00")
    assert closed_part(held, opening(WEEKDAYS, at)) == held


def test_a_period_must_lie_within_opening_hours_and_may_touch_their_ends() -> None:
    whole = period("2026-10-05T08:00", "2026-10-05T18:00")
    assert obstacle(whole, whole.start, OPEN, [], VACANT) is None
    for late in (Interval(whole.start - MINUTE, whole.end), Interval(whole.start, whole.end + MINUTE)):
        assert obstacle(late, whole.start, OPEN, [], VACANT) == "closed"
    assert closed_part(period("2026-10-05T17:00", "2026-10-06T09:00"), OPEN) == period("2026-10-05T18:00", "2026-10-06T08:00")


def test_a_centre_around_the_clock_is_never_closed_not_at_midnight_and_not_when_the_clocks_change() -> None:
    for night in (period("2026-10-24T22:00", "2026-10-25T06:00"), period("2027-03-27T22:00", "2027-03-28T06:00")):
        assert obstacle(night, night.start, opening(ALWAYS, night.start), [], VACANT) is None
    at = local("2026-10-25T23:59")
    assert place_now(at, opening(ALWAYS, at), [], VACANT).availability == "free"


def test_opening_hours_are_local_time_on_both_sides_of_a_change_of_the_clocks() -> None:
    hours = OpeningHours(ZONE, time(2), time(4), frozenset(range(1, 8)))
    (autumn,) = open_intervals(hours, period("2026-10-25T01:00", "2026-10-25T12:00"))
    (spring,) = open_intervals(hours, period("2027-03-28T01:00", "2027-03-28T12:00"))
    assert (autumn.seconds, spring.seconds) == (3 * 3600, 3600)


@pytest.mark.parametrize(
    ("starts_in", "found"), [(timedelta(), "occupied"), (SOON - MINUTE, "occupied"), (SOON, None), (timedelta(hours=2), None)]
)
def test_presence_now_prevents_only_a_booking_that_begins_soon(starts_in: timedelta, found: str | None) -> None:
    wanted = Interval(MONDAY + starts_in, MONDAY + starts_in + timedelta(hours=1))
    assert obstacle(wanted, MONDAY, OPEN, [], Presence("occupied")) == found
    assert obstacle(wanted, MONDAY, OPEN, [], Presence("unknown")) is None


def test_the_next_free_time_is_the_first_that_is_long_enough() -> None:
    booked = [period("2026-10-05T10:00", "2026-10-05T12:00"), period("2026-10-05T13:00", "2026-10-05T17:30")]
    assert next_free(timedelta(hours=1), MONDAY, OPEN, booked) == local("2026-10-05T12:00")
    assert next_free(timedelta(hours=2), MONDAY, OPEN, booked) == local("2026-10-06T08:00")
    assert next_free(timedelta(hours=11), MONDAY, OPEN, booked) is None


START = st.integers(0, 8 * 24 * 60).map(lambda minutes: local("2026-10-20T00:00") + minutes * MINUTE)
PERIODS = st.tuples(START, st.integers(1, 20 * 60)).map(lambda pair: Interval(pair[0], pair[0] + pair[1] * MINUTE))
HOURS = st.sampled_from([WEEKDAYS, ALWAYS, OpeningHours(ZONE, time(0, 30), time(3), frozenset({6, 7}))])
PRESENCES = st.builds(Presence, st.sampled_from(["occupied", "vacant", "unknown"]), st.none() | START, st.booleans())


@given(HOURS, st.lists(PERIODS, max_size=6), START, PRESENCES)
def test_what_is_free_now_can_be_booked_until_the_time_that_is_said_and_not_longer(
    hours: OpeningHours, booked: list[Interval], at: datetime, presence: Presence
) -> None:
    open_time = opening(hours, at)
    now = place_now(at, open_time, booked, presence)
    if now.availability in ("free", "recently_used", "unknown"):
        assert now.until is not None
        assert obstacle(Interval(at, now.until), at, open_time, booked, presence) is None
        assert obstacle(Interval(at, now.until + MINUTE), at, open_time, booked, presence) in ("closed", "booked")
        assert not any(each.start < at + SOON and each.end > at for each in booked)
    if now.availability == "free":
        assert presence.known == "vacant"
        assert presence.last_present is None or at - presence.last_present >= RECENT
    if now.availability == "closed" and now.until is not None:
        assert place_now(now.until, open_time, booked, presence).availability != "closed"


@given(HOURS, st.lists(PERIODS, max_size=6), START, st.integers(1, 600))
def test_the_next_free_time_can_be_booked_and_no_earlier_minute_can(
    hours: OpeningHours, booked: list[Interval], since: datetime, minutes: int
) -> None:
    open_time = opening(hours, since)
    length = minutes * MINUTE
    found = next_free(length, since, open_time, booked)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    earlier = ((found or since + timedelta(days=1)) - since) // MINUTE
    if found is not None:
        assert obstacle(Interval(found, found + length), later, open_time, booked, VACANT) is None
    for minute in range(0, min(earlier, 24 * 60), 7):
        start = since + minute * MINUTE
        assert obstacle(Interval(start, start + length), later, open_time, booked, VACANT) is not None
