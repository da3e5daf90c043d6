"""Members are imported from a file and removed on the real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.members import MemberFilter, find_members
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import Author
from smartwork.errors import InputError
from smartwork.jobs.bookings.import_file import import_bookings
from smartwork.jobs.bookings.members import HasBookings, UnknownMember, import_members, remove_member
from tests.support.factory import small_network

pytestmark = pytest.mark.services
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DESK = Author("members remove", "network")


def test_members_of_a_file_are_registered_once_and_a_removed_one_books_nothing(
    connection: Connection, tmp_path: Path
) -> None:
    install(connection, small_network())
    file = tmp_path / "members.csv"
    file.write_text("Company;Pseudonym;note\nacme;m-1;\nacme;m-2;new\n;m-3;\n\nacme;m 4;\n")
    assert len(import_members(connection, file, dry_run=True).created) == 1
    plan = import_members(connection, file, dry_run=False)
    assert ([row.pseudonym for row in plan.created], [row.pseudonym for row in plan.unchanged]) == (["m-2"], ["m-1"])
    assert [(fault.line, fault.field) for fault in plan.refused] == [(4, "company"), (6, "pseudonym")]
    assert import_members(connection, file, dry_run=False).created == ()

    booking = Booking("A", "mons", "desk-1", "m-2", NOW + HOUR, NOW + 2 * HOUR, "booked")
    put_bookings(connection, [booking])
    with pytest.raises(HasBookings, match=r"m-2 has 1 bookings to come: A \(mons, desk-1"):
        remove_member(connection, "m-2", lambda: NOW, DESK, cancel_bookings=False)
    assert [each.booking for each in remove_member(connection, "m-2", lambda: NOW, DESK, cancel_bookings=True).cancelled] == [
        booking
    ]
    with pytest.raises(UnknownMember):
        remove_member(connection, "m-9", lambda: NOW, DESK, cancel_bookings=False)
    assert [m.pseudonym for m in find_members(connection, MemberFilter(with_closed=False), NOW)] == ["m-1"]

    plan_file = tmp_path / "plan.csv"
    plan_file.write_text(
        "external_id,centre,resource,member,starts_at,ends_at\nB,mons,desk-1,m-2,2026-10-20T15:00,2026-10-20T16:00\n"
        "C,mons,desk-1,m-2,2026-10-19T15:00,2026-10-19T16:00\n"
    )
    report = import_bookings(
        connection, plan_file, None, lambda *_: None, all_or_nothing=False, dry_run=False, now=NOW - timedelta(days=9)
    )
    assert [(fault.line, fault.field) for fault in report.plan.refused] == [(2, "member")]
    assert "was removed on 2026-10-20" in report.plan.refused[0].reason
    assert len(report.plan.created) == 1


def test_a_file_without_the_columns_is_refused_with_what_it_lacks(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text("name,company\nx,acme\n")
    with pytest.raises(InputError, match="must name each of these columns once: pseudonym"):
        import_members(connection, file, dry_run=False)
