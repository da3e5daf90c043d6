"""Calendar feeds: when the next poll is due, and when events that are missing from a feed are believed to be cancelled."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_INTERVAL, LONGEST_INTERVAL = timedelta(minutes=5), timedelta(days=1)
LONGEST_PAUSE = timedelta(hours=6)
"""The pause after failures grows up to this, or to the feed's own interval if that is longer."""
LONGEST_RETRY_AFTER = timedelta(days=1)
"""A server that asks for a longer pause is polled again after this."""
FULL_AFTER = timedelta(days=1)
"""So often a feed is fetched whole though nothing changed: series without an end reach further, refused events are tried."""
FAILING_AFTER = timedelta(hours=6)
"""A feed that has not been read for so long is an alarm."""
DOUBTED_FOR = timedelta(days=1)
"""Events that are missing from a doubtful feed are cancelled once they have been missing for so long."""
_MANY = 3
_JITTER = 0.2


def next_poll(now: datetime, interval: timedelta, failures: int, share: float, retry_after: timedelta | None) -> datetime:
    """When a feed is polled next, after `failures` failures in a row. `share` is random, from 0 to 1.

    Feeds of one server do not come back together: each interval is up to a tenth shorter or longer, and a pause after a
    failure is a random part, at least a half, of a limit that doubles.
    """
    if failures == 0:
        return now + interval * (1 - _JITTER / 2 + _JITTER * share)
    limit = min(interval * (1 << min(failures, 10)), max(LONGEST_PAUSE, interval))
    pause = limit * (0.5 + 0.5 * share)
    return now + max(pause, min(retry_after or timedelta(0), LONGEST_RETRY_AFTER))


@dataclass(frozen=True, slots=True)
class FeedBooking:
    """A booking that a feed has made and that begins in the future; `missing_since` when its event left the feed."""

    external_id: str
    missing_since: datetime | None


@dataclass(frozen=True, slots=True)
class MissingBookings:
    """Bookings whose events have left the feed: those to cancel now, and those that are doubted and stay for now."""

    cancelled: tuple[str, ...]
    doubted: tuple[str, ...]


def missing_bookings(future: list[FeedBooking], now: datetime, *, is_believed: bool = False) -> MissingBookings:
    """What happens to the future bookings of a feed whose events are missing from it.

    An empty feed, or one that has lost more than half of its future bookings and at least three, looks like a fault of its
    server: the missing ones are cancelled only when they have been missing for DOUBTED_FOR, or if the operator believes it.
    """
    missing = [booking for booking in future if booking.missing_since is not None]
    is_doubtful = len(missing) == len(future) or (len(missing) >= _MANY and 2 * len(missing) > len(future))
    if is_believed or not is_doubtful:
        return MissingBookings(tuple(booking.external_id for booking in missing), ())
    old = {b.external_id for b in missing if b.missing_since is not None and now - b.missing_since >= DOUBTED_FOR}
    doubted = tuple(booking.external_id for booking in missing if booking.external_id not in old)
    return MissingBookings(tuple(booking.external_id for booking in missing if booking.external_id in old), doubted)
