"""Importing bookings into a real database: by external id, with history and a report of refused rows."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from smartwork.db.bookings.importing import Overlap, write_bookings
from smartwork.db.core.connection import Connection, connect
from smartwork.db.network_setup import install
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import Author
from smartwork.errors import InputError
from smartwork.jobs.bookings.import_file import import_bookings
from smartwork.jobs.bookings.import_result import Import
from tests.support.factory import NOON, small_network
from tests.support.project import ROOT

pytestmark = pytest.mark.services
EXAMPLES = ROOT / "docs" / "examples"
BEFORE = datetime.fromisoformat("2026-03-01T12:00Z")
HEAD = "external_id,centre,resource,member,starts_at,ends_at,status\n"
Importer = Callable[..., Import]


@pytest.fixture
def importer(connection: Connection, tmp_path: Path) -> Importer:
    """Imports a text or a file into the small network's database."""
    install(connection, small_network())

    def run(
        source: str | Path,
        *,
        all_or_nothing: bool = False,
        dry_run: bool = False,
        centre: str | None = None,
        reason: str | None = None,
        now: datetime = BEFORE,
    ) -> Import:
        file = source if isinstance(source, Path) else tmp_path / "plan.csv"
        if isinstance(source, str):
            file.write_text(source)
        return import_bookings(
            connection,
            file,
            centre,
            lambda *_: None,
            now=now,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            reason=reason,
        )

    return run


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT external_id, r.slug, starts_at, ends_at, status FROM booking JOIN resource r USING (resource_id) ORDER BY 1"
    ).fetchall()


def counts(done: Import) -> tuple[int, int, int, int, int]:
    s = done.plan
    return len(s.created), len(s.changed), len(s.cancelled), len(s.unchanged), len(s.refused)


@pytest.mark.parametrize("name", ["bookings.csv", "bookings.ics"])
def test_the_examples_of_the_documentation_are_imported_and_a_second_import_changes_nothing(
    importer: Importer, connection: Connection, name: str
) -> None:
    first = importer(EXAMPLES / name)
    assert first.plan.refused == ()
    assert first.written
    before = stored(connection)
    assert len(before) == len(first.plan.created) > 2
    again = importer(EXAMPLES / name)
    assert counts(again) == (0, 0, 0, len(before), 0)
    assert stored(connection) == before
    assert connection.execute("SELECT count(*) FROM booking_history").fetchone() == (0,)


def test_a_series_keeps_its_local_hours_when_the_clocks_change(importer: Importer, connection: Connection) -> None:
    importer(EXAMPLES / "bookings.ics")
    rows = {str(row[0]): row for row in stored(connection)}
    assert rows["series-7/2026-10-19T09:00"][2] == datetime.fromisoformat("2026-10-19T07:00Z")
    assert rows["series-7/2026-10-26T09:00"][2] == datetime.fromisoformat("2026-10-26T12:00Z")  # moved to 13:00, winter time
    assert rows["series-7/2026-11-02T09:00"][4] == "cancelled"


def test_a_change_and_a_cancellation_are_stored_in_the_history(importer: Importer, connection: Connection) -> None:
    importer(HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,\n")
    importer(HEAD + "A,mons,desk-2,m-1,2026-10-05T10:00,2026-10-05T12:00,booked\n")
    done = importer(HEAD + "A,mons,desk-2,m-1,2026-10-05T10:00,2026-10-05T12:00,cancelled\n")
    assert counts(done) == (0, 0, 1, 0, 0)
    assert connection.execute(
        "SELECT version, r.slug, starts_at, status, recorded_by FROM booking_history JOIN resource r USING (resource_id)"
        " ORDER BY version"
    ).fetchall() == [
        (1, "desk-1", datetime.fromisoformat("2026-10-05T07:00Z"), "booked", "import plan.csv"),
        (2, "desk-2", datetime.fromisoformat("2026-10-05T08:00Z"), "booked", "import plan.csv"),
    ]
    with pytest.raises(psycopg.errors.RaiseException, match="history of bookings is kept"):
        connection.execute("DELETE FROM booking_history")


def test_every_refused_row_is_reported_and_the_others_are_written(importer: Importer, connection: Connection) -> None:
    done = importer(
        HEAD + "G,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B1,paris,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B2,mons,desk-9,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B3,mons,desk-1,nobody,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B4,mons,desk-2,m-1,2026-03-29T02:30,2026-03-29T04:00,booked\n"
        "B5,mons,desk-2,m-1,2026-10-25T02:30,2026-10-25T04:00,booked\n"
        "B6,mons,desk-2,m-1,2026-10-05T12:00,2026-10-05T12:00,booked\n"
        "B7,mons,desk-1,m-1,2026-10-05T11:59,2026-10-05T13:00,booked\n"
        "B8,mons,desk-2,m-1,soon,2026-10-05T13:00,booked\n"
        "G,mons,desk-2,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B9,mons,desk-2\n"
        ",mons,desk-2,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
        "B10,mons,desk-2,m-1,2026-10-05T09:00,2026-10-05T12:00,maybe\n"
    )
    assert [(f.line, f.field) for f in done.plan.refused] == [
        (3, "centre"), (4, "resource"), (5, "member"), (6, "starts_at"), (7, "starts_at"), (8, "ends_at"), (9, "starts_at"),
        (10, "starts_at"), (11, "external_id"), (12, "line"), (13, "external_id"), (14, "status"),
    ]  # fmt: skip
    reasons = {f.line: f.reason for f in done.plan.refused}
    assert "does not exist" in reasons[6]
    assert "happens twice" in reasons[7]
    assert "booked at that time by line 2" in reasons[9]
    assert [row[0] for row in stored(connection)] == ["G"]


def test_a_booking_while_the_centre_is_closed_is_written_with_a_notice(importer: Importer, connection: Connection) -> None:
    done = importer(
        f"{HEAD}A,mons,desk-1,m-1,2026-10-05T17:00,2026-10-05T19:00,\n"
        "B,mons,desk-2,m-1,2026-10-05T09:00,2026-10-05T18:00,\nC,mons,desk-2,m-1,2026-04-06T09:00,2026-04-06T10:00,\n"
        "D,mons,desk-2,m-1,2026-10-10T09:00,2026-10-10T10:00,cancelled\n"
    )
    assert counts(done)[0] == len(stored(connection)) == 4
    assert [(notice.line, notice.field) for notice in done.notices] == [(2, "starts_at"), (4, "starts_at")]
    assert "open from 08:00 to 18:00" in done.notices[0].reason
    assert "closed on 2026-04-06: Easter Monday" in done.notices[1].reason


def test_all_or_nothing_and_dry_run_write_nothing(importer: Importer, connection: Connection) -> None:
    good = "G,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n"
    done = importer(f"{HEAD}{good}B,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,booked\n", all_or_nothing=True)
    assert (done.written, counts(done)) == (False, (1, 0, 0, 0, 1))
    assert not importer(HEAD + good, dry_run=True).written
    assert stored(connection) == []


def test_two_bookings_of_one_file_exchange_their_places(importer: Importer, connection: Connection) -> None:
    morning, noon = "2026-10-05T08:00,2026-10-05T10:00", "2026-10-05T10:00,2026-10-05T12:00"
    importer(f"{HEAD}A,mons,desk-1,m-1,{morning},\nB,mons,desk-1,m-1,{noon},\n")
    done = importer(f"{HEAD}A,mons,desk-1,m-1,{noon},\nB,mons,desk-1,m-1,{morning},\n")
    assert counts(done) == (0, 2, 0, 0, 0)
    assert [(row[0], row[2].hour) for row in stored(connection)] == [("A", 8), ("B", 6)]


def test_a_change_to_a_booking_on_an_invoice_is_refused_with_the_reason(importer: Importer, connection: Connection) -> None:
    importer(HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,\n")
    connection.execute(
        "INSERT INTO invoice (number, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document,"
        " digest) VALUES ('T-1', 1, '2026-10-01', '2026-11-01', '2026-12-01', 0, 0, 0, '', '{}', '')"
    )
    connection.execute(
        "INSERT INTO invoice_line (invoice_id, line, verdict, centre_id, resource_id, booking_id, starts_at, ends_at, hours,"
        " per_hour, net, evidence) SELECT invoice_id, 1, 'used', 1, b.resource_id, b.booking_id, b.starts_at, b.ends_at, 1,"
        " 1, 1, '{}' FROM booking b, invoice"
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
    (fault,) = importer(HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T13:00,\n").plan.refused
    assert (fault.line, fault.field) == (2, "external_id")
    assert "issued invoice" in fault.reason
    assert counts(importer(HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,\n")) == (0, 0, 0, 1, 0)


def test_a_concurrent_booking_of_the_same_desk_raises_overlap_and_writes_nothing(connection: Connection) -> None:
    install(connection, small_network())
    booking = Booking("one", "mons", "desk-1", "m-1", NOON, NOON + timedelta(hours=2), "booked")
    author = Author("test", "network")
    write_bookings(connection, [booking], author, lambda: BEFORE)
    other = Booking("other", "mons", "desk-1", "m-1", NOON + timedelta(hours=1), NOON + timedelta(hours=3), "booked")
    apart = Booking("apart", "mons", "desk-2", "m-1", NOON, NOON + timedelta(hours=2), "booked")
    with pytest.raises(Overlap):
        write_bookings(connection, [apart, other], author, lambda: BEFORE)
    assert [row[0] for row in stored(connection)] == ["one"]


def test_after_any_files_stored_bookings_never_overlap_and_every_row_is_reported(
    importer: Importer, connection: Connection
) -> None:
    chance = random.Random(5)
    for _ in range(12):
        rows = []
        for _ in range(30):
            start = NOON.replace(tzinfo=None) + timedelta(minutes=30 * chance.randrange(40))
            end = start + timedelta(minutes=30 * chance.randrange(1, 6))
            status = "cancelled" if chance.random() < 0.2 else "booked"
            desk = chance.choice(("desk-1", "desk-2"))
            rows.append(f"X{chance.randrange(60)},mons,{desk},m-1,{start.isoformat()},{end.isoformat()},{status}\n")
        done = importer(HEAD + "".join(rows))
        assert sum(counts(done)) == len(rows)
        taken = [row for row in stored(connection) if row[4] == "booked"]
        for desk in ("desk-1", "desk-2"):
            mine = sorted((row[2], row[3]) for row in taken if row[1] == desk)
            assert all(one[1] <= next_one[0] for one, next_one in pairwise(mine))
        again = importer(HEAD + "".join(rows))
        assert {f.line for f in again.plan.refused} <= {f.line for f in done.plan.refused}


def test_an_unreadable_file_is_refused_with_the_reason(importer: Importer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks the column"):
        importer("a,b\n1,2\n")
    binary = tmp_path / "x.csv"
    binary.write_bytes(b"external_id\n\xff\xfe")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        importer(binary)
    calendar = tmp_path / "x.ics"
    calendar.write_text("rubbish")
    with pytest.raises(InputError, match="not iCalendar"):
        importer(calendar)
    with pytest.raises(InputError, match="cannot be read"):
        importer(tmp_path / "missing.csv")


def test_the_command_prints_only_json_and_fails_if_a_row_was_refused(database_url: str, tmp_path: Path) -> None:
    with connect(database_url) as connection:
        install(connection, small_network())
    file = tmp_path / "plan.csv"
    file.write_text(HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T12:00,\nB,mons,desk-1,m-1,x,y,\n")
    done = subprocess.run(
        [sys.executable, "-c", "from smartwork.cli.app import main; main()", "bookings", "import", str(file), "--json"],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "SMARTWORK_DATABASE_URL": database_url},
    )  # fmt: skip
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["created"], report["written"]) == (1, True)
    assert [(row["line"], row["field"]) for row in report["refused"]] == [(3, "starts_at")]
