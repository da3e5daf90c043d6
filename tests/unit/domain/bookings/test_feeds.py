"""Calendar feeds: pauses grow and differ, and a feed that suddenly lacks events is not believed at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.feeds import (
    DOUBTED_FOR,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    FeedBooking,
    missing_bookings,
    next_poll,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def bookings(present: int, missing: int, since: datetime = NOW) -> list[FeedBooking]:
    return [FeedBooking(f"p-{i}", None) for i in range(present)] + [FeedBooking(f"m-{i}", since) for i in range(missing)]


@pytest.mark.parametrize(
    ("present", "missing", "cancelled", "doubted"),
    [(9, 1, 1, 0), (1, 1, 1, 0), (1, 2, 2, 0), (3, 3, 3, 0), (2, 3, 0, 3), (40, 30, 30, 0), (30, 40, 0, 40), (0, 1, 0, 1),
     (0, 30, 0, 30), (5, 0, 0, 0), (0, 0, 0, 0)],
)  # fmt: skip
def test_an_empty_or_much_shorter_feed_is_not_believed_at_once(
    present: int, missing: int, cancelled: int, doubted: int
) -> None:
    found = missing_bookings(bookings(present, missing), NOW)
    assert (len(found.cancelled), len(found.doubted)) == (cancelled, doubted)


def test_what_is_missing_for_a_day_is_cancelled_and_so_is_what_the_operator_believes() -> None:
    old = bookings(0, 30, NOW - DOUBTED_FOR)
    assert len(missing_bookings(old, NOW).cancelled) == 30
    assert missing_bookings(bookings(0, 30), NOW, is_believed=True).doubted == ()
    mixed = [*old, *(FeedBooking(f"new-{i}", NOW) for i in range(5))]
    found = missing_bookings(mixed, NOW)
    assert (len(found.cancelled), len(found.doubted)) == (30, 5)


@given(st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_no_booking_whose_event_is_there_is_cancelled(present: int, missing: int, is_believed: bool) -> None:
    found = missing_bookings(bookings(present, missing), NOW, is_believed=is_believed)
    assert not any(name.startswith("p-") for name in (*found.cancelled, *found.doubted))
    assert len(found.cancelled) + len(found.doubted) == missing


@given(st.integers(0, 10_000), st.floats(0, 1), st.integers(5, 1_440))
def test_a_feed_is_polled_again_within_its_interval_or_within_the_longest_pause(
    failures: int, share: float, minutes: int
) -> None:
    interval = timedelta(minutes=minutes)
    pause = next_poll(NOW, interval, failures, share, None) - NOW
    if failures == 0:
        assert 0.9 * interval <= pause <= 1.1 * interval
    else:
        assert interval / 2 <= pause <= max(LONGEST_PAUSE, interval)


def test_pauses_after_failures_grow_and_the_servers_wish_counts_up_to_a_day() -> None:
    pauses = [next_poll(NOW, QUARTER, failures, 0.5, None) for failures in range(1, 6)]
    assert pauses == sorted(set(pauses))
    assert next_poll(NOW, QUARTER, 1, 0.5, timedelta(hours=3)) == NOW + timedelta(hours=3)
    assert next_poll(NOW, QUARTER, 1, 0.5, timedelta(days=900)) == NOW + LONGEST_RETRY_AFTER
