"""The service that polls calendar feeds as they are due, and extends series of calendars once a day."""

import logging
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

from smartwork.backoff import Backoff
from smartwork.db.bookings.importing import ChangedMeanwhile, IdInUse, Overlap
from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import ServiceUnavailable
from smartwork.health_server import Health
from smartwork.jobs.bookings.calendar_import import extend_series
from smartwork.jobs.bookings.poll_feed import Poll, longest_wait, poll_due

log = logging.getLogger("feeds")

LONGEST_WAIT = timedelta(seconds=20)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


class FeedWatch:
    """The state of the service: its health, which is whether it has a database and goes its rounds, and what it did today.

    `extended_on` is the day, in UTC, on which series were extended last.
    """

    def __init__(self, clock: Callable[[], datetime], stop: threading.Event) -> None:
        self.clock, self.stop = clock, stop
        self.is_connected = False
        self.extended_on: date | None = None
        self.health = Health({"database": lambda: self.is_connected})

    def round_begins(self, *_: object) -> None:
        """Record that the service works; also called at each step of an import."""
        self.health.heartbeat()


def watch_feeds(database_url: str, watch: FeedWatch) -> None:
    """Poll each feed when it is due until the watch is stopped; looks for new feeds at least every LONGEST_WAIT.

    Series of all calendars, also of files, are extended once a day.

    A database that is lost is waited for. Raises SmartworkError if its schema is not this version's.
    """
    backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
    stop = watch.stop

    def should_stop() -> bool:
        watch.round_begins()
        return stop.is_set()

    while not stop.is_set():
        connection = connect_with_retry(database_url, log.warning, should_stop=should_stop)
        if connection is None:
            return
        try:
            require_current_schema(connection)
            watch.is_connected = True
            _poll_until_stopped(connection, watch)
        except ServiceUnavailable as error:
            log.warning("%s", error)
            stop.wait(backoff.next_pause())
        else:
            backoff.reset()
        finally:
            watch.is_connected = False
            connection.close()


def _poll_until_stopped(connection: Connection, watch: FeedWatch) -> None:
    while not watch.stop.is_set():
        watch.round_begins()
        for poll in poll_due(connection, watch.clock, watch.round_begins):
            _log(poll)
            if watch.stop.is_set():
                return
        _extend_once_a_day(connection, watch)
        watch.stop.wait(longest_wait(connection, watch.clock(), LONGEST_WAIT).total_seconds())


def _extend_once_a_day(connection: Connection, watch: FeedWatch) -> None:
    now = watch.clock()
    if watch.extended_on == now.date():
        return
    try:
        done = extend_series(connection, now, watch.round_begins)
    except (Overlap, IdInUse, ChangedMeanwhile) as error:
        log.warning("series: %s", error)  # the next round tries again
        return
    watch.extended_on = now.date()
    for fault in done.plan.refused:
        log.warning("series: %s", fault.reason)
    if done.plan.created:
        log.info("series extended", extra={"new_bookings": len(done.plan.created)})


def _log(poll: Poll) -> None:
    """Log what a poll did; one that found nothing new is not worth a line."""
    if poll.fault:
        log.warning("feed %s: %s", poll.feed, poll.fault)
    elif poll.imported and (poll.imported.written or poll.imported.plan.refused or poll.cancelled or poll.doubted):
        plan = poll.imported.plan
        counts = {"new_bookings": len(plan.created), "changed": len(plan.changed), "refused": len(plan.refused)}
        cancelled = len(plan.cancelled) + poll.cancelled
        log.info("feed %s", poll.feed, extra={**counts, "cancelled": cancelled, "doubted": poll.doubted})
