"""Members are imported from a file and removed on the real database."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest

from smartwork import clock
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.members import MemberFilter, find_members
from smartwork.db.bookings.place_codes import member_of
from smartwork.db.core.connection import Connection, connect
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


def smartwork(database_url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from smartwork.cli.app import main; main()", *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=folder,
        env={**os.environ, "SMARTWORK_DATABASE_URL": database_url},
    )  # fmt: skip


def test_the_commands_list_members_print_a_link_and_write_a_sheet_of_codes(database_url: str, tmp_path: Path) -> None:
    with connect(database_url) as connection:
        install(connection, small_network())
    (tmp_path / "members.csv").write_text("pseudonym,company\nm-2,acme\nm-3,nobody\n")
    done = smartwork(database_url, tmp_path, "members", "import", "members.csv", "--json")
    assert (done.returncode, json.loads(done.stdout)["refused"][0]["line"]) == (1, 3)
    listed = json.loads(smartwork(database_url, tmp_path, "members", "list", "--json").stdout)
    assert [member["pseudonym"] for member in listed] == ["m-1", "m-2"]
    link = smartwork(database_url, tmp_path, "members", "link", "m-2", "--url", "https://places.example.org/").stdout.strip()
    assert link.startswith("https://places.example.org/sign-in/")
    with connect(database_url) as connection:
        assert member_of(connection, link.rpartition("/")[2], "link", clock.now()) == "m-2"
    sheet = ("places", "qr", "--centre", "mons", "--url", "https://places.example.org", "--language", "en")
    assert smartwork(database_url, tmp_path, *sheet).returncode == 0
    first = pypdf.PdfReader(tmp_path / "qr-mons.pdf").pages[0].extract_text()
    assert smartwork(database_url, tmp_path, *sheet, "--renew", "desk-2").returncode == 0
    second = pypdf.PdfReader(tmp_path / "qr-mons.pdf").pages[0].extract_text()
    before, after = (re.findall(r"places\.example\.org/q/(\S+)", text) for text in (first, second))
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)
    refused = smartwork(database_url, tmp_path, "places", "qr", "--centre", "paris", "--url", "https://places.example.org")
    assert (refused.returncode, "There is no centre 'paris'" in refused.stderr) == (1, True)
