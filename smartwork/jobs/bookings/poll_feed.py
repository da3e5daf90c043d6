"""Poll a calendar feed: fetch it, import it, and cancel future bookings whose events have left it."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import SystemRandom

from smartwork.db.bookings import feeds as store
from smartwork.db.bookings.bookings import bookings_in_force
from smartwork.db.bookings.feeds import Feed, SuccessfulPoll
from smartwork.db.bookings.importing import ChangedMeanwhile, ChangeRefused, IdInUse, Overlap, write_bookings
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.changes import Author
from smartwork.domain.bookings.feed_address import AddressRefused, parse_feed_url
from smartwork.domain.bookings.feeds import FULL_AFTER, missing_bookings, next_poll
from smartwork.errors import InputError, ServiceUnavailable
from smartwork.jobs.bookings.calendar_import import import_calendar
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.calendar_state import calendar_identity
from smartwork.jobs.bookings.feed_http import FeedFault, FeedRequest, fetch
from smartwork.jobs.bookings.import_result import Import
from smartwork.progress import Progress, no_progress

log = logging.getLogger("feeds")

_RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll did: the import, None if the calendar had not changed; cancelled and doubted bookings; a fault."""

    feed: str
    imported: Import | None = None
    cancelled: int = 0
    doubted: int = 0
    fault: str | None = None
    is_busy: bool = False
    """Another process polls the feed at this moment."""


def poll_feed(
    connection: Connection,
    feed: Feed,
    clock: Callable[[], datetime],
    *,
    is_believed: bool = False,
    progress: Progress = no_progress,
) -> Poll:
    """Poll one feed and store how it went. With `is_believed` missing events are cancelled however many they are.

    A fault of the feed is stored and returned, and its bookings stay as they are. Raises ServiceUnavailable if the database
    is lost.
    """
    with store.feed_lock(connection, feed.feed_id) as is_locked:
        if not is_locked:
            return Poll(feed.name, is_busy=True)
        try:
            return _polled(connection, feed, clock, progress, is_believed=is_believed)
        except ServiceUnavailable:
            raise
        except FeedFault as error:
            fault, retry_after = str(error), error.retry_after
        except (InputError, Overlap, IdInUse, ChangedMeanwhile) as error:
            fault, retry_after = str(error), None
        except Exception as error:  # one calendar, whatever is in it, must not stop the others
            log.exception("feed %s", feed.name)
            fault, retry_after = f"the calendar cannot be imported ({type(error).__name__}); the log has the details", None
        now = clock()
        due = next_poll(now, feed.interval, feed.failures + 1, _RANDOM.random(), retry_after)
        store.save_failure(connection, feed.feed_id, fault, now, due)
        return Poll(feed.name, fault=fault)


def _polled(
    connection: Connection,
    feed: Feed,
    clock: Callable[[], datetime],
    progress: Progress,
    *,
    is_believed: bool,
) -> Poll:
    started = clock()
    content = fetch(_request(connection, feed, started))
    now = clock()
    report: Import | None = None
    if content is not None:
        report = _import(connection, feed, content.text, now, progress)
    cancelled, doubted = _cancel_missing(connection, feed, clock, is_believed=is_believed)
    is_whole = report is not None and not report.plan.refused
    changed = report is not None and bool(report.plan.created or report.plan.changed or report.plan.cancelled)
    poll = SuccessfulPoll(
        at=now,
        next_poll_at=next_poll(now, feed.interval, 0, _RANDOM.random(), None),
        etag=feed.etag if content is None else content.etag if is_whole else None,
        last_modified=feed.last_modified if content is None else content.last_modified if is_whole else None,
        is_full=content is not None,
        is_changed=changed or bool(cancelled),
        refused=None if report is None else len(report.plan.refused),
        doubted=doubted,
    )
    store.save_success(connection, feed.feed_id, poll)
    return Poll(feed.name, report, cancelled, doubted)


def _request(connection: Connection, feed: Feed, now: datetime) -> FeedRequest:
    """What to ask the server. A calendar that was not imported whole for FULL_AFTER is asked for in any case."""
    secret = store.feed_secret(connection, feed.feed_id)
    if secret is None:
        raise FeedFault("the feed was removed")
    try:
        url = parse_feed_url(secret[0], is_trusted=feed.is_trusted)
    except AddressRefused as error:
        raise FeedFault(str(error)) from None
    name, _, value = (secret[1] or "").partition(":")
    is_conditional = feed.full_at is not None and now - feed.full_at < FULL_AFTER
    return FeedRequest(
        url,
        feed.is_trusted,
        (name.strip(), value.strip()) if name else None,
        feed.etag if is_conditional else None,
        feed.last_modified if is_conditional else None,
    )


def _import(connection: Connection, feed: Feed, text: str, now: datetime, progress: Progress) -> Import:
    """Import the calendar, and keep which of its events have left it."""
    name = f"feed {feed.name}"
    source = CalendarSource(name, calendar=name, centre=feed.centre, resource=feed.resource, author=name)
    report = import_calendar(connection, text, source, now, progress)
    store.find_missing(connection, feed.feed_id, calendar_of(feed), event_uids(text), now)
    return report


def calendar_of(feed: Feed) -> str:
    """What identifies the calendar of a feed among all that are imported."""
    return calendar_identity(f"feed {feed.name}", "", 1)


def event_uids(text: str) -> list[str]:
    """The UIDs of the events of a calendar, with folded lines joined and escapes resolved, also of those that are refused."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    found = re.findall(r"^UID(?:;[^:\r\n]*)?:([^\r\n]*)", unfolded, flags=re.MULTILINE | re.IGNORECASE)
    return [re.sub(r"\\([\\;,])", r"\1", uid).strip() for uid in found]


def _cancel_missing(
    connection: Connection, feed: Feed, clock: Callable[[], datetime], *, is_believed: bool
) -> tuple[int, int]:
    """Cancel the future bookings whose events have left the feed; returns how many, and how many are doubted and stay."""
    now = clock()
    future = store.future_bookings(connection, feed.feed_id, calendar_of(feed), now)
    missing = missing_bookings(future, now, is_believed=is_believed)
    cancelled = _cancel(connection, feed, missing.cancelled, clock)
    store.end_missing(connection, feed.feed_id, clock())
    return cancelled, len(missing.doubted)


def _cancel(connection: Connection, feed: Feed, ids: Sequence[str], clock: Callable[[], datetime]) -> int:
    stored = bookings_in_force(connection, ids) if ids else {}
    bookings = [replace(each.booking, status="cancelled") for each in stored.values() if each.booking.status == "booked"]
    if not bookings:
        return 0
    try:
        return len(write_bookings(connection, bookings, Author(f"feed {feed.name}", "network"), clock).changed)
    except ChangeRefused:  # one of them has begun meanwhile: the next poll leaves it out
        return 0


def poll_due(connection: Connection, clock: Callable[[], datetime], progress: Progress = no_progress) -> Iterator[Poll]:
    """Poll all feeds that are due, one after the other."""
    for feed in store.feeds(connection, due_at=clock()):
        progress(f"Polling {feed.name}", 0, 0)
        yield poll_feed(connection, feed, clock, progress=progress)


def longest_wait(connection: Connection, now: datetime, limit: timedelta) -> timedelta:
    """How long until a feed is due, at most `limit`."""
    due = min((feed.next_poll_at - now for feed in store.feeds(connection)), default=limit)
    return min(max(due, timedelta(seconds=1)), limit)
