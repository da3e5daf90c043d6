"""Calendar feeds on a real database and a real HTTP server: a feed is a state, and a faulty one changes nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from smartwork import clock
from smartwork.cli.app import app
from smartwork.db.bookings import feeds as store
from smartwork.db.bookings.feeds import Feed, FeedSettings, failing_feeds, feeds, put_feed
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.roles import Role
from smartwork.db.network_setup import install
from smartwork.domain.bookings.feeds import DOUBTED_FOR, FAILING_AFTER, FULL_AFTER
from smartwork.jobs.bookings.calendar_import import extend_series
from smartwork.jobs.bookings.poll_feed import Poll, poll_due, poll_feed
from smartwork.jobs.bookings.watch_feeds import FeedWatch, watch_feeds
from smartwork.progress import no_progress
from tests.support.factory import small_network
from tests.support.http import Answer, CalendarServer
from tests.support.program import eventually, service_url

pytestmark = pytest.mark.services
MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "s3cret-token"  # noqa: S105 - of a server of these tests
PATH = f"/{SECRET}.ics"
MINUTE = timedelta(minutes=1)


class Desk:
    """A feed of the small network on a server of these tests, and the time that it is."""

    def __init__(self, connection: Connection, server: CalendarServer) -> None:
        self.connection, self.server, self.now = connection, server, MARCH
        install(connection, small_network())
        settings = FeedSettings("plan", "mons", None, "http://127.0.0.1/…", 15 * MINUTE, is_trusted=False)
        assert put_feed(connection, settings, (server.url(PATH), None), self.now) is True

    @property
    def feed(self) -> Feed:
        """The feed as it is stored."""
        [feed] = feeds(self.connection)
        return feed

    def poll(self, *events: str, is_believed: bool = False, answer: Answer | None = None) -> Poll:
        """Poll a calendar with these events, or this answer, a quarter of an hour after the last poll."""
        body = calendar(*events)
        self.server.answers[PATH] = answer or Answer(body, etag=f'"{hash(body)}"')
        self.now += 15 * MINUTE
        return poll_feed(self.connection, self.feed, lambda: self.now, is_believed=is_believed)

    def bookings(self) -> dict[str, str]:
        """The status of each booking."""
        rows = self.connection.execute("SELECT external_id, status FROM booking ORDER BY starts_at, external_id")
        return {str(external_id): str(status) for external_id, status in rows}


@pytest.fixture
def desk(connection: Connection) -> Iterator[Desk]:
    with CalendarServer() as server:
        yield Desk(connection, server)


def calendar(*events: str) -> bytes:
    """A calendar with these events."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", *events, "END:VCALENDAR", ""]).encode()


def event(uid: str, day: int, place: str = "desk-1", hour: int = 9, extra: str = "") -> str:
    """An event of an hour in March."""
    lines = [
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260301T080000Z", f"DTSTART:202603{day:02}T{hour:02}0000Z",
        f"DTEND:202603{day:02}T{hour + 1:02}0000Z", f"LOCATION:{place}", "X-SMARTWORK-MEMBER:m-1", "END:VEVENT",
    ]  # fmt: skip
    return "\r\n".join([*lines[:-1], extra, lines[-1]] if extra else lines)


def test_a_feed_is_imported_and_an_unchanged_one_is_neither_sent_nor_imported_again(desk: Desk) -> None:
    first = desk.poll(event("a", 10), event("b", 11))
    assert first.imported is not None
    assert len(first.imported.plan.created) == 2
    again = desk.poll(event("a", 10), event("b", 11))
    assert (again.imported, again.fault) == (None, None)
    assert desk.feed.last_success_at == desk.now
    assert (desk.feed.last_change_at, desk.feed.full_at) == (desk.now - 15 * MINUTE, desk.now - 15 * MINUTE)
    assert desk.now < desk.feed.next_poll_at < desk.now + 20 * MINUTE
    desk.now += FULL_AFTER
    assert desk.poll(event("a", 10), event("b", 11)).imported is not None, "series reach further as time passes"
    desk.poll(event("a", 12), event("b", 11))
    assert desk.connection.execute("SELECT DISTINCT recorded_by FROM booking_history").fetchall() == [("feed plan",)]


def test_events_that_leave_the_feed_are_cancelled_if_they_lie_in_the_future(desk: Desk) -> None:
    series = event("s", 9, "desk-2", extra="RRULE:FREQ=DAILY;COUNT=2")
    desk.poll(event("past", 3), event("a", 10), event("b", 11), event("c", 12), series)
    desk.now = datetime(2026, 3, 9, 8, 45, tzinfo=UTC)
    left = desk.poll(event("a", 10), event("b", 11), event("c", 12))
    assert left.cancelled == 1
    status = desk.bookings()
    assert (status["past"], status["s/2026-03-09T09:00"], status["s/2026-03-10T09:00"]) == ("booked", "booked", "cancelled")
    assert desk.connection.execute("SELECT count(*) FROM feed_missing_event").fetchone() == (0,)


def test_a_series_without_an_end_that_has_left_the_feed_is_not_continued(desk: Desk) -> None:
    others = [event(str(day), day) for day in range(10, 14)]
    desk.poll(*others, event("endless", 9, "desk-2", extra="RRULE:FREQ=WEEKLY"))
    assert sum(status == "booked" for status in desk.bookings().values()) > 10
    assert desk.poll(*others, is_believed=True).cancelled > 10
    extend_series(desk.connection, desk.now + timedelta(days=90), no_progress)
    assert sum(status == "booked" for status in desk.bookings().values()) == 4


def test_a_place_of_its_own_is_that_of_all_events_of_the_feed(desk: Desk) -> None:
    settings = FeedSettings("plan", "mons", "desk-2", "http://127.0.0.1/…", 15 * MINUTE, is_trusted=False)
    put_feed(desk.connection, settings, (desk.server.url(PATH), None), desk.now)
    desk.poll(event("a", 10, "somewhere in the house"))
    [place] = desk.connection.execute("SELECT r.slug FROM booking JOIN resource r USING (resource_id)").fetchall()
    assert place == ("desk-2",)


def test_an_empty_feed_is_not_believed_for_a_day_and_events_that_come_back_stay(desk: Desk) -> None:
    events = [event(str(day), day) for day in range(10, 14)]
    desk.poll(*events)
    emptied = desk.poll()
    assert (emptied.cancelled, emptied.doubted, desk.feed.doubted) == (0, 4, 4)
    assert desk.poll().doubted == 4, "an unchanged empty feed is in doubt, too"
    desk.poll(*events[:3])
    assert (desk.feed.doubted, desk.bookings()["13"]) == (0, "cancelled")
    desk.poll()
    desk.now += DOUBTED_FOR
    assert desk.poll().cancelled == 3
    assert set(desk.bookings().values()) == {"cancelled"}


def test_the_operator_may_believe_an_empty_feed(desk: Desk) -> None:
    desk.poll(*(event(str(day), day) for day in range(10, 14)))
    assert desk.poll(is_believed=True).cancelled == 4


def test_an_event_that_is_refused_is_in_the_feed_all_the_same(desk: Desk) -> None:
    desk.poll(event("a", 10), event("b", 11), event("c", 12), event("d", 13))
    moved = desk.poll(event("a", 10), event("b", 11), event("c", 12), event("d", 13, "no-such-desk"))
    assert moved.imported is not None
    assert (len(moved.imported.plan.refused), moved.cancelled, desk.feed.refused) == (1, 0, 1)
    assert desk.bookings()["d"] == "booked"
    assert desk.poll(event("a", 10), event("b", 11), event("c", 12), event("d", 13, "no-such-desk")).imported is not None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Sign in</html>", headers=(("Content-Type", "text/html"),)),
        Answer(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n"),
        Answer(status=500),
    ],
)
def test_a_feed_that_is_no_calendar_changes_nothing_and_is_an_alarm_after_hours(desk: Desk, answer: Answer) -> None:
    desk.poll(event("a", 10))
    before = desk.bookings()
    assert desk.poll(answer=answer).fault
    assert desk.bookings() == before
    assert failing_feeds(desk.connection, desk.now) == []
    pauses = []
    for _ in range(3):
        assert desk.poll(answer=answer).fault
        pauses.append(desk.feed.next_poll_at - desk.now)
    assert pauses[-1] > 30 * MINUTE
    [alarm] = failing_feeds(desk.connection, desk.now + FAILING_AFTER, "mons")
    assert SECRET not in alarm.message
    assert "feed plan" in alarm.message
    desk.poll(event("a", 10))
    assert (desk.feed.failures, desk.feed.fault, desk.feed.failing_since) == (0, None, None)


def test_only_feeds_that_are_due_are_polled_and_one_at_a_time(desk: Desk, database_url: str) -> None:
    assert [poll.feed for poll in poll_due(desk.connection, lambda: desk.now)] == ["plan"]
    assert list(poll_due(desk.connection, lambda: desk.now)) == []
    with closing(connect(database_url)) as other, store.feed_lock(other, desk.feed.feed_id):
        assert desk.poll(event("a", 10)).is_busy
    assert desk.poll(event("a", 10)).imported is not None


def test_the_service_works_with_the_workers_role_and_ends_when_it_is_stopped(desk: Desk, database_url: str) -> None:
    url, stop = service_url(database_url, Role.WORKER), threading.Event()
    watch = FeedWatch(lambda: desk.now, stop)
    desk.server.answers[PATH] = Answer(calendar(event("a", 10), event("b", 11), event("s", 12, extra="RRULE:FREQ=WEEKLY")))
    service = threading.Thread(target=watch_feeds, args=(url, watch))
    service.start()
    eventually(lambda: desk.feed.last_success_at is not None)
    assert (watch.health.faults(), watch.health.missing()) == ([], [])
    stop.set()
    service.join(30)
    assert not service.is_alive()
    assert len(desk.bookings()) > 3
    with closing(connect(url)) as worker:
        desk.connection = worker
        assert desk.poll(event("a", 10), event("b", 12), is_believed=True).cancelled > 1
        assert desk.poll(answer=Answer(status=500)).fault
        assert store.remove_feed(worker, "plan")


def test_feeds_are_set_listed_polled_and_removed_without_showing_a_secret(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    with CalendarServer() as server:
        shown = []

        def run(*arguments: str, stdin: str = "") -> int:
            result = CliRunner().invoke(app, ["bookings", "feeds", *arguments], input=stdin)
            shown.append(f"{result.stdout}{result.stderr}{result.exception}")
            return result.exit_code

        future = (clock.now() + timedelta(days=2)).strftime("%Y%m%dT10")
        lines = [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:x", f"DTSTART:{future}0000Z", f"DTEND:{future}3000Z"),
            *("LOCATION:desk-1", "X-SMARTWORK-MEMBER:m-1", "END:VEVENT", "END:VCALENDAR", ""),
        ]
        server.answers[PATH] = Answer("\r\n".join(lines).encode())
        secrets = f"{server.url(PATH)}\nAuthorization: Bearer {SECRET}-2"
        assert run("set", "plan", "--centre", "mons", stdin=secrets) == 0
        assert run("poll", "plan") == 0
        assert server.requests[-1][1]["authorization"] == f"Bearer {SECRET}-2"
        server.answers.clear()
        assert run("poll") == 1
        assert run("list") == 0
        assert run("list", "--json") == 0
        [listed] = json.loads(shown[-1].removesuffix("None"))
        assert (listed["name"], listed["failures"], listed["centre"]) == ("plan", 1, "mons")
        assert run("set", "plan", "http://example.org/" + SECRET) == 1
        assert run("set", "other", server.url(PATH), "--centre", "nowhere") == 1
        assert run("remove", "plan") == 0
        assert run("remove", "plan") == 1
    assert not any(SECRET in text for text in shown), shown
    assert connection.execute("SELECT count(*) FROM feed_secret").fetchone() == (0,)
    assert connection.execute("SELECT external_id, status FROM booking").fetchall() == [("x", "booked")]


def test_a_booking_that_has_begun_keeps_its_time_whatever_the_feed_becomes(desk: Desk) -> None:
    others = [event(str(day), day) for day in range(11, 15)]
    desk.poll(event("a", 10), *others)
    before = desk.connection.execute("SELECT * FROM booking WHERE external_id = 'a'").fetchall()
    desk.now = datetime(2026, 3, 10, 9, 10, tzinfo=UTC)
    variants = {
        "moved": event("a", 10, hour=14, extra="SEQUENCE:1"),
        "another place": event("a", 10, "desk-2", extra="SEQUENCE:2"),
        "cancelled": event("a", 10, extra="STATUS:CANCELLED\r\nSEQUENCE:3"),
    }
    for name, variant in variants.items():
        poll = desk.poll(variant, *others)
        assert poll.imported is not None
        said = [fault.reason for fault in (*poll.imported.plan.refused, *poll.imported.notices)]
        assert any("began at 2026-03-10T09:00Z" in reason for reason in said), (name, said)
        assert desk.connection.execute("SELECT * FROM booking WHERE external_id = 'a'").fetchall() == before, name
    assert desk.poll(*others).cancelled == 0
    assert desk.connection.execute("SELECT * FROM booking WHERE external_id = 'a'").fetchall() == before


def test_an_event_that_leaves_the_feed_after_the_deadline_of_the_contract_is_cancelled_late(desk: Desk) -> None:
    others = [event(str(day), day) for day in range(12, 16)]
    desk.poll(event("a", 10), event("b", 11), *others)
    desk.connection.execute("UPDATE contract SET cancellation_hours = 24, cancellation_share = 0.5")
    desk.now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert desk.poll(*others).cancelled == 2
    late = desk.connection.execute(
        "SELECT external_id, cancelled_late_at IS NOT NULL FROM booking WHERE status = 'cancelled' ORDER BY 1"
    )
    assert late.fetchall() == [("a", True), ("b", False)]
