"""Calendar feeds: their settings and state, their secrets, and which bookings come from which of their events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.network.alarms import ActiveAlarm
from smartwork.domain.bookings.feeds import FAILING_AFTER, FeedBooking


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What an operator says of a feed. `server` is what may be shown of its address."""

    name: str
    centre: str | None
    resource: str | None
    server: str
    interval: timedelta
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and its state, without its secrets.

    `full_at`: when it was last imported whole. `failures` in a row; `fault` is the last one. `refused` events of the last
    import; `doubted` bookings whose events are missing and that are not cancelled yet.
    """

    feed_id: int
    name: str
    centre: str | None
    resource: str | None
    server: str
    interval_s: int
    is_trusted: bool
    next_poll_at: datetime
    etag: str | None
    last_modified: str | None
    full_at: datetime | None
    last_success_at: datetime | None
    last_change_at: datetime | None
    failures: int
    failing_since: datetime | None
    fault: str | None
    refused: int
    doubted: int

    @property
    def interval(self) -> timedelta:
        """How often the feed is polled."""
        return timedelta(seconds=self.interval_s)


@dataclass(frozen=True, slots=True)
class SuccessfulPoll:
    """What a poll found: `is_full` if the calendar was imported, `refused` events of it, else None."""

    at: datetime
    next_poll_at: datetime
    etag: str | None
    last_modified: str | None
    is_full: bool
    is_changed: bool
    refused: int | None
    doubted: int


def put_feed(connection: Connection, settings: FeedSettings, secret: tuple[str, str | None], now: datetime) -> bool | None:
    """Create a feed, or change it by name; whether it is new, or None if its centre or place does not exist.

    `secret` is its address and a header (`Name: value`).
    """
    values = {
        "name": settings.name,
        "centre": settings.centre,
        "resource": settings.resource,
        "server": settings.server,
        "interval_s": round(settings.interval.total_seconds()),
        "is_trusted": settings.is_trusted,
        "now": now,
    }
    with wrap_database_errors(), connection.transaction():
        row = connection.execute(sql("put_feed"), values).fetchone()
        if row is None:
            return None
        connection.execute(sql("put_feed_secret"), {"feed_id": row[0], "url": secret[0], "header": secret[1]})
        return bool(row[1])


def remove_feed(connection: Connection, name: str) -> bool:
    """Forget a feed and its secrets; its bookings stay. False if there is no such feed."""
    with wrap_database_errors():
        return connection.execute(sql("remove_feed"), (name,)).rowcount > 0


def feeds(connection: Connection, names: Sequence[str] | None = None, due_at: datetime | None = None) -> list[Feed]:
    """All feeds by name, or those with these names, or those that are due at an instant."""
    values = {"names": None if names is None else list(names), "due_at": due_at}
    with wrap_database_errors(), connection.cursor(row_factory=class_row(Feed)) as cursor:
        return cursor.execute(sql("feeds"), values).fetchall()


def feed_secret(connection: Connection, feed_id: int) -> tuple[str, str | None] | None:
    """The address and the header of a feed; None if it was removed. Only the worker's role may read them."""
    with wrap_database_errors():
        row = connection.execute(sql("feed_secret"), (feed_id,)).fetchone()
        return None if row is None else (str(row[0]), row[1])


@contextmanager
def feed_lock(connection: Connection, feed_id: int) -> Iterator[bool]:
    """Whether this process polls the feed while the block lasts; False if another one does."""
    with wrap_database_errors():
        row = connection.execute(sql("try_feed_lock"), (feed_id,)).fetchone()
    is_locked = bool(row and row[0])
    try:
        yield is_locked
    finally:
        if is_locked and not connection.closed:
            with wrap_database_errors():
                connection.execute(sql("release_feed_lock"), (feed_id,))


def find_missing(connection: Connection, feed_id: int, calendar: str, uids: Sequence[str], now: datetime) -> None:
    """Keep which events of the feed's `calendar` have left it; `uids` are all that are in it."""
    values = {"feed_id": feed_id, "calendar": calendar, "uids": list(uids), "now": now}
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("forget_found_feed_events"), values)
        connection.execute(sql("find_missing_feed_events"), values)


def future_bookings(connection: Connection, feed_id: int, calendar: str, now: datetime) -> list[FeedBooking]:
    """The bookings of a feed's `calendar` that begin after `now` and are not cancelled, by start."""
    values = {"feed_id": feed_id, "calendar": calendar, "now": now}
    with wrap_database_errors():
        rows = connection.execute(sql("future_feed_bookings"), values)
        return [FeedBooking(str(external_id), missing_since) for external_id, missing_since in rows]


def end_missing(connection: Connection, feed_id: int, now: datetime) -> None:
    """Forget missing events without a future booking; a series without an end is not continued."""
    with wrap_database_errors():
        connection.execute(sql("end_missing_feed_events"), {"feed_id": feed_id, "now": now})


def save_success(connection: Connection, feed_id: int, poll: SuccessfulPoll) -> None:
    """Store the state of a feed after a poll that succeeded."""
    values = {
        "feed_id": feed_id,
        "now": poll.at,
        "next_poll_at": poll.next_poll_at,
        "etag": poll.etag,
        "last_modified": poll.last_modified,
        "is_full": poll.is_full,
        "is_changed": poll.is_changed,
        "refused": poll.refused,
        "doubted": poll.doubted,
    }
    with wrap_database_errors():
        connection.execute(sql("feed_succeeded"), values)


def save_failure(connection: Connection, feed_id: int, fault: str, now: datetime, next_poll_at: datetime) -> None:
    """Store that a feed cannot be read, and why. Its bookings stay as they are."""
    values = {"feed_id": feed_id, "fault": fault[:300], "now": now, "next_poll_at": next_poll_at}
    with wrap_database_errors():
        connection.execute(sql("feed_failed"), values)


def failing_feeds(connection: Connection, now: datetime, centre: str | None = None) -> list[ActiveAlarm]:
    """An alarm for each feed, of one centre or of all, that has not been read for FAILING_AFTER."""
    values = {"failing_before": now - FAILING_AFTER, "centre": centre}
    with wrap_database_errors(), connection.cursor(row_factory=class_row(ActiveAlarm)) as cursor:
        return cursor.execute(sql("failing_feeds"), values).fetchall()
