"""Calendars in a real database: events are stored with their bookings, and series go on without the file."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.roles import Role
from smartwork.db.network_setup import install
from smartwork.jobs.bookings.calendar_import import extend_series, import_calendar
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.watch_feeds import FeedWatch, watch_feeds
from smartwork.progress import no_progress
from tests.support.calendars import NOW, calendar, event
from tests.support.factory import small_network
from tests.support.program import eventually, service_url

pytestmark = pytest.mark.services
SERIES = ("DTSTART;TZID=Europe/Brussels:20261019T090000", "DURATION:PT3H")
BOUNDED = (*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3")
Importer = Callable[..., Import]


@pytest.fixture
def importer(connection: Connection) -> Importer:
    """Imports a calendar into the small network's database."""
    install(connection, small_network())

    def run(text: str, file: str = "plan.ics", now: datetime = NOW, **options: Any) -> Import:
        return import_calendar(connection, text, CalendarSource(file), now, no_progress, **options)

    return run


def booked(connection: Connection) -> list[tuple[str, str, str]]:
    """Id, place and local start of the bookings that are not cancelled."""
    return connection.execute(
        "SELECT external_id, r.slug, to_char(starts_at AT TIME ZONE 'Europe/Brussels', 'MM-DD HH24:MI')"
        " FROM booking JOIN resource r USING (resource_id) WHERE status = 'booked' ORDER BY starts_at, 2"
    ).fetchall()


def counts(done: Import) -> tuple[int, int, int, int, int]:
    plan = done.plan
    return len(plan.created), len(plan.changed), len(plan.cancelled), len(plan.unchanged), len(plan.refused)


def bill(connection: Connection, external_id: str) -> None:
    """Put a booking on an invoice."""
    connection.execute(
        "INSERT INTO invoice (number, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document,"
        " digest) VALUES ('T-1', 1, '2026-10-01', '2026-11-01', '2026-12-01', 0, 0, 0, '', '{}', '')"
    )
    connection.execute(
        "INSERT INTO invoice_line (invoice_id, line, verdict, centre_id, resource_id, booking_id, starts_at, ends_at, hours,"
        " per_hour, net, evidence) SELECT invoice_id, 1, 'used', 1, b.resource_id, b.booking_id, b.starts_at, b.ends_at, 1,"
        " 1, 1, '{}' FROM booking b, invoice WHERE b.external_id = %s",
        (external_id,),
    )
    connection.execute(
        "INSERT INTO invoice_proof (invoice_id, line, proof, verdict, resource_id, booking_id, starts_at, ends_at, booked_s,"
        " occupied_s, vacant_s, unknown_s, over_s, hours, evidence) SELECT invoice_id, line, 1, verdict, resource_id,"
        " booking_id, starts_at, ends_at, 0, 0, 0, 0, 0, hours, '{}' FROM invoice_line"
    )
    connection.execute(
        "INSERT INTO billed_occupancy SELECT invoice_id, 1, 1, resource_id, booking_id, tstzrange(starts_at, ends_at)"
        " FROM invoice_line"
    )


def test_a_newer_version_of_a_series_moves_its_bookings_and_a_cancellation_by_uid_ends_them(
    importer: Importer, connection: Connection
) -> None:
    assert counts(importer(calendar(event(*BOUNDED)))) == (3, 0, 0, 0, 0)
    assert counts(importer(calendar(event(*BOUNDED)))) == (0, 0, 0, 3, 0)
    moved = calendar(event(SERIES[0].replace("T09", "T10"), *BOUNDED[1:], "SEQUENCE:1"))
    assert counts(importer(moved, dry_run=True)) == (0, 3, 0, 0, 0)
    assert counts(importer(moved)) == (0, 3, 0, 0, 0)
    assert [start for *_, start in booked(connection)] == ["10-19 10:00", "10-26 10:00", "11-02 10:00"]
    assert counts(importer(calendar(event(*BOUNDED)))) == (0, 0, 0, 3, 0)  # an older version
    done = importer(calendar(event(place=None, member=None), head="METHOD:CANCEL"), "cancel.ics")
    assert counts(done) == (0, 0, 3, 0, 0)
    assert booked(connection) == []


def test_a_billed_occurrence_stays_and_is_said_while_the_others_move(importer: Importer, connection: Connection) -> None:
    importer(calendar(event(*BOUNDED)))
    bill(connection, "s/2026-10-19T09:00")
    done = importer(calendar(event(SERIES[0].replace("T09", "T10"), *BOUNDED[1:], "SEQUENCE:1")))
    assert counts(done) == (0, 2, 0, 0, 0)
    assert ["s/2026-10-19T09:00 (mons/desk-1) is on an issued invoice" in notice.reason for notice in done.notices] == [True]
    assert [start for *_, start in booked(connection)] == ["10-19 09:00", "10-26 10:00", "11-02 10:00"]


def test_copies_of_an_event_book_both_desks_and_a_conflict_refuses_only_its_occurrence(
    importer: Importer, connection: Connection
) -> None:
    importer(calendar(event("DTSTART:20261026T100000Z", "DURATION:PT1H", uid="other", place="mons/desk-2")))
    assert counts(importer(calendar(event(*BOUNDED)), "a.ics")) == (3, 0, 0, 0, 0)
    done = importer(calendar(event(*BOUNDED, place="mons/desk-2")), "b.ics")
    assert counts(done) == (2, 0, 0, 0, 1)
    assert "desk-2 is booked at that time by booking other" in done.plan.refused[0].reason
    assert len(booked(connection)) == 6
    assert counts(importer(calendar(event(*BOUNDED, place="mons/desk-2")), "b.ics")) == (0, 0, 0, 2, 1)


def test_all_or_nothing_stores_no_event_if_one_is_refused(importer: Importer, connection: Connection) -> None:
    text = calendar(event(*BOUNDED), event(*BOUNDED, uid="t", place="nowhere"))
    done = importer(text, all_or_nothing=True)
    assert (done.written, counts(done)) == (False, (3, 0, 0, 0, 1))
    assert connection.execute("SELECT count(*) FROM calendar_event").fetchone() == (0,)
    assert importer(text).written
    assert len(booked(connection)) == 3


def test_series_and_single_events_of_earlier_versions_are_found_again(importer: Importer, connection: Connection) -> None:
    importer(calendar(event(*BOUNDED), event("DTSTART:20261020T070000Z", "DURATION:PT1H", uid="single")))
    connection.execute("UPDATE calendar_event SET calendar = '', source = ''")  # as migration 38 stores a series
    connection.execute("DELETE FROM calendar_booking WHERE label = ''")
    connection.execute("DELETE FROM calendar_event WHERE uid = 'single'")
    moved = event(SERIES[0].replace("T09", "T10"), *BOUNDED[1:])
    done = importer(calendar(moved, event("DTSTART:20261020T090000Z", "DURATION:PT1H", uid="single")), "other.ics")
    assert counts(done) == (0, 4, 0, 0, 0)
    assert len(booked(connection)) == 4


def test_the_worker_extends_an_endless_series_with_its_own_time_zone_and_without_its_file(
    database_url: str, importer: Importer, connection: Connection
) -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Our clock\nBEGIN:STANDARD\nDTSTART:20251026T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"
        "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20260329T020000\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE"
    )
    start = "DTSTART;TZID=Our clock:20261019T090000"
    done = importer(calendar(zone, event(start, "DURATION:PT3H", "RRULE:FREQ=WEEKLY;BYDAY=MO")))
    assert counts(done) == (55, 0, 0, 0, 0)
    assert {when.split()[1] for *_, when in booked(connection)} == {"09:00"}
    with closing(connect(service_url(database_url, Role.WORKER))) as worker:
        assert counts(extend_series(worker, NOW + timedelta(days=14), no_progress, dry_run=True)) == (2, 0, 0, 0, 0)
        assert counts(extend_series(worker, NOW + timedelta(days=14), no_progress)) == (2, 0, 0, 0, 0)
        assert counts(extend_series(worker, NOW + timedelta(days=14), no_progress)) == (0, 0, 0, 0, 0)
    assert len(booked(connection)) == 57
    author = connection.execute("SELECT recorded_by FROM booking ORDER BY starts_at DESC LIMIT 1").fetchone()
    assert author == ("extend series",)


def test_the_service_that_polls_feeds_extends_series_of_files_too(
    database_url: str, importer: Importer, connection: Connection
) -> None:
    importer(calendar(event(*SERIES, "RRULE:FREQ=WEEKLY")))
    stop = threading.Event()
    watch = FeedWatch(lambda: NOW + timedelta(days=14), stop)
    service = threading.Thread(target=watch_feeds, args=(service_url(database_url, Role.WORKER), watch))
    service.start()
    try:
        eventually(lambda: len(booked(connection)) == 57, timeout_s=30)
    finally:
        stop.set()
        service.join()
    assert watch.extended_on == (NOW + timedelta(days=14)).date()


@pytest.mark.usefixtures("importer")
def test_the_commands_report_notices_and_refusals(database_url: str, tmp_path: Path) -> None:
    today = datetime.now(UTC)
    sunday = today + timedelta(days=14 - today.isoweekday())
    start = f"DTSTART:{sunday:%Y%m%d}T090000Z"
    file = tmp_path / "plan.ics"
    file.write_text(calendar(event(start, "DURATION:PT1H", "TRANSP:TRANSPARENT"), event(start, "DURATION:PT1H", uid="t")))

    environment = {**os.environ, "SMARTWORK_DATABASE_URL": database_url}

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "smartwork", "bookings", *arguments, "--json"],
            capture_output=True, text=True, timeout=60, check=False, env=environment,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout)

    status, report = run("import", str(file))
    assert (status, report["created"], report["refused"]) == (0, 1, [])
    assert [(row["line"], row["field"]) for row in report["notices"]] == [(3, "TRANSP"), (11, "DTSTART")]
    assert "closed" in report["notices"][1]["notice"]
    assert run("extend")[1]["created"] == 0


AFTER_THE_FIRST_BEGAN = datetime(2026, 10, 19, 8, 30, tzinfo=UTC)


def changes(connection: Connection) -> list[tuple[str, str | None]]:
    """Who changed a booking last, and the reason, of those that were changed."""
    return connection.execute(
        "SELECT DISTINCT recorded_by, reason FROM booking b WHERE EXISTS (SELECT FROM booking_history h"
        " WHERE h.booking_id = b.booking_id) ORDER BY 1"
    ).fetchall()


@pytest.mark.parametrize(
    "later",
    [
        calendar(event(SERIES[0].replace("T09", "T13"), *BOUNDED[1:], "SEQUENCE:1")),
        calendar(event(SERIES[0], "DURATION:PT15M", BOUNDED[2], "SEQUENCE:1")),
        calendar(event(*BOUNDED, "SEQUENCE:1", place="mons/desk-2")),
        calendar(event(*BOUNDED, "EXDATE;TZID=Europe/Brussels:20261019T090000", "SEQUENCE:1")),
        calendar(event(place=None, member=None), head="METHOD:CANCEL"),
    ],
    ids=["moved", "shortened", "another place", "left out", "cancelled"],
)
def test_an_occurrence_that_has_begun_is_changed_by_a_file_only_with_a_reason(
    importer: Importer, connection: Connection, later: str
) -> None:
    importer(calendar(event(*BOUNDED)))
    before = connection.execute("SELECT * FROM booking ORDER BY starts_at LIMIT 1").fetchall()
    refused = importer(later, now=AFTER_THE_FIRST_BEGAN)
    said = [fault.reason for fault in (*refused.plan.refused, *refused.notices)]
    assert any("began at 2026-10-19T07:00Z" in reason for reason in said), said
    assert connection.execute("SELECT * FROM booking ORDER BY starts_at LIMIT 1").fetchall() == before
    importer(later, now=AFTER_THE_FIRST_BEGAN, reason="the door was locked")
    assert connection.execute("SELECT * FROM booking WHERE starts_at = '2026-10-19T07:00Z'").fetchall() != before
    assert ("import plan.ics", "the door was locked") in changes(connection)


def test_a_cancellation_by_a_file_after_the_deadline_of_the_contract_is_late(
    importer: Importer, connection: Connection
) -> None:
    importer(calendar(event(*BOUNDED)))
    connection.execute("UPDATE contract SET cancellation_hours = 24, cancellation_share = 0.5")
    importer(calendar(event(place=None, member=None), head="METHOD:CANCEL"), now=AFTER_THE_FIRST_BEGAN - timedelta(hours=2))
    late = connection.execute("SELECT cancelled_late_at IS NOT NULL FROM booking ORDER BY starts_at").fetchall()
    assert late == [(True,), (False,), (False,)]
