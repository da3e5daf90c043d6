"""0038: events of calendars. Series that an earlier version imported are found again by the ids of their occurrences."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate, migrations
from smartwork.jobs.bookings.calendar_import import import_calendar
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.progress import no_progress
from tests.support.calendars import calendar, event

pytestmark = pytest.mark.services

OLD = """
    INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
    INSERT INTO centre VALUES (1, 'mons', 'Mons', 1, 'Wallonie', 'Mons', 50.4, 4.0, 'Europe/Brussels',
        '08:00', '18:00', '{1,2,3,4,5}', 20, 10, true);
    INSERT INTO zone VALUES (1, 1, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
    INSERT INTO resource VALUES (1, 1, 1, 'desk-1', 'Desk 1', 'desk', 1, 1, 1, 1, 1);
    INSERT INTO company VALUES (1, 'acme', 'Acme SA', '0403170701', 'Rue 1', '5000', 'Namur', 'fr', 'PO-1', true);
    INSERT INTO member VALUES (1, 'm-1', 1);
    INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status, recorded_by)
    SELECT v.id, 1, 1, v.start, v.start + interval '3 hours', 'booked', v.author
    FROM (VALUES ('a/b@c/2026-10-19T09:00', timestamptz '2026-10-19 07:00Z', 'import plan.ics'),
                 ('a/b@c/2026-10-26T09:00', timestamptz '2026-10-26 08:00Z', 'release'),
                 ('api/2026-10-20T09:00', timestamptz '2026-10-20 07:00Z', 'api desk'),
                 ('single', timestamptz '2026-10-21 07:00Z', 'import plan.ics')) AS v (id, start, author);
    INSERT INTO booking_history
        (booking_id, version, resource_id, member_id, starts_at, ends_at, status, recorded_at, recorded_by)
    SELECT booking_id, 1, 1, 1, starts_at, ends_at, status, recorded_at, 'import plan.ics'
    FROM booking WHERE recorded_by = 'release';
"""


def test_a_series_of_an_earlier_version_is_linked_and_the_next_file_moves_it(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = migrations()
    with closing(connect(empty_database_url)) as connection:
        monkeypatch.setattr(module, "migrations", lambda: [each for each in shipped if each.number < 38])
        migrate(connection)
        connection.execute(OLD)
        monkeypatch.setattr(module, "migrations", lambda: shipped)
        migrate(connection)
        events = connection.execute("SELECT calendar, uid, source FROM calendar_event").fetchall()
        assert events == [("", "a/b@c", "")]
        labels = connection.execute("SELECT label FROM calendar_booking ORDER BY 1").fetchall()
        assert labels == [("2026-10-19T09:00",), ("2026-10-26T09:00",)]
        series = event(
            "DTSTART;TZID=Europe/Brussels:20261019T140000", "DURATION:PT3H", "RRULE:FREQ=WEEKLY;COUNT=2", uid="a/b@c"
        )
        single = event("DTSTART:20261021T090000Z", "DURATION:PT3H", uid="single")
        now = datetime(2026, 10, 1, tzinfo=UTC)
        done = import_calendar(connection, calendar(series, single), CalendarSource("plan.ics"), now, no_progress)
        assert done.plan.refused == ()
        assert (len(done.plan.created), len(done.plan.changed), len(done.plan.cancelled)) == (0, 3, 0)
