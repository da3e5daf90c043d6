"""An export of each product for which a map is shipped, imported into a real database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.jobs.bookings.aliases import set_alias
from smartwork.jobs.bookings.booking_map import load_map, shipped_maps
from smartwork.jobs.bookings.csv_file import SheetReading
from smartwork.jobs.bookings.import_file import import_bookings
from smartwork.jobs.bookings.import_result import Import
from tests.support.factory import small_network
from tests.support.workbook import workbook

pytestmark = pytest.mark.services
EXPORTS = Path(__file__).parent / "exports"
BEFORE = datetime.fromisoformat("2026-09-30T12:00Z")
FIRST = ("mons/desk-1", "2026-10-05T07:00+00:00", "2026-10-05T10:00+00:00", "booked")
WINTER = ("mons/desk-1", "2026-10-26T08:00+00:00", "2026-10-26T09:30+00:00", "booked")
"""Nine o'clock in Mons, in summer and after the clocks went back."""


def imported(connection: Connection, file: Path, map_name: str, centre: str | None = "mons") -> Import:
    reading = SheetReading(load_map(map_name))
    return import_bookings(
        connection, file, centre, lambda *_: None, all_or_nothing=False, dry_run=False, now=BEFORE, reading=reading
    )


def stored(connection: Connection) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT b.external_id, c.slug || '/' || r.slug, b.starts_at, b.ends_at, b.status FROM booking b"
        " JOIN resource r USING (resource_id) JOIN centre c USING (centre_id) ORDER BY b.booking_id"
    ).fetchall()
    return {row[0]: (row[1], *(at.astimezone(UTC).isoformat(timespec="minutes") for at in row[2:4]), row[4]) for row in rows}


@pytest.fixture
def network(connection: Connection) -> Connection:
    install(connection, small_network())
    set_alias(connection, "An Peeters", "m-1", "", None)
    return connection


@pytest.mark.parametrize(
    ("name", "bookings", "skipped"),
    [
        ("nexudus", {"1414925063": FIRST, "1414925064": WINTER}, 2),
        ("cobot", {"20723075": FIRST, "20723076": WINTER}, 1),
        (
            "officernd",
            {
                "7KQ2M4X/mons/desk-1/20261005T0700Z": FIRST,
                "7KQ2M4X/mons/desk-1/20261026T0800Z": WINTER,
                "9AB3C5D/mons/desk-2/20261007T0700Z": (
                    "mons/desk-2", "2026-10-07T07:00+00:00", "2026-10-07T10:00+00:00", "cancelled",
                ),
            },
            1,
        ),
        (
            "librebooking",
            {
                "5c3f1a9be0b1a/mons/desk-1": FIRST,
                "5c3f1a9be0b1a/mons/desk-2": ("mons/desk-2", *FIRST[1:]),
                "5c3f1a9be0b1b/mons/desk-1": WINTER,
                "5c3f1a9be0b1c/mons/desk-2": (
                    "mons/desk-2", "2026-10-27T08:00+00:00", "2026-10-27T09:00+00:00", "cancelled",
                ),
            },
            1,
        ),
    ],
)  # fmt: skip
def test_an_export_is_imported_as_it_is_and_a_second_time_changes_nothing(
    network: Connection, name: str, bookings: dict[str, tuple[str, ...]], skipped: int
) -> None:
    done = imported(network, EXPORTS / f"{name}.csv", name)
    assert done.plan.refused == ()
    assert stored(network) == bookings
    assert sum(int(notice.reason.split()[0]) for notice in done.notices if "skipped" in notice.reason) == skipped
    assert len(imported(network, EXPORTS / f"{name}.csv", name).plan.unchanged) == len(bookings)


def test_the_download_of_seatsurfing_is_imported_as_workbook_and_as_csv(network: Connection, tmp_path: Path) -> None:
    pytest.importorskip("python_calamine", reason="SKIPPED LOUDLY: the extra `spreadsheets` is not installed")
    rows = [
        ["Name", "Area", "Space", "Enter", "Leave", "Subject"],
        ["An Peeters", "Mons", "Desk 1", "2026-10-05, 09:00", "2026-10-05, 12:00", ""],
        ["An Peeters", "First floor", "Flex 7", "2026-10-26, 09:00", "2026-10-26, 10:30", "Call"],
    ]
    set_alias(network, "First floor, Flex 7", "mons/desk-2", "seatsurfing", None)
    (tmp_path / "seatsurfing-bookings.xlsx").write_bytes(workbook(rows))
    (tmp_path / "bookings.csv").write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows))
    done = imported(network, tmp_path / "seatsurfing-bookings.xlsx", "seatsurfing", None)
    assert done.plan.refused == ()
    assert stored(network) == {
        "seatsurfing/mons/desk-1/20261005T0700Z/m-1": FIRST,
        "seatsurfing/mons/desk-2/20261026T0800Z/m-1": ("mons/desk-2", *WINTER[1:]),
    }
    assert len(imported(network, tmp_path / "bookings.csv", "seatsurfing", None).plan.unchanged) == 2


def test_a_list_kept_in_excel_is_imported_in_each_form_that_excel_saves(network: Connection, tmp_path: Path) -> None:
    text = "Centre;Lieu;Membre;Date;De;À;Statut\nMons;Desk 1;An Peeters;05/10/2026;9:00;12:00;réservé\n"
    for name, content in (
        ("utf16.txt", b"\xff\xfe" + text.replace(";", "\t").encode("utf-16-le")),
        ("utf8.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()),
        ("ansi.csv", ("sep=;\r\n" + text).encode("cp1252")),
        ("padded.csv", "".join(f"{line};;\n" for line in text.splitlines()).encode() + b";;;;;;;;\n"),
    ):
        (tmp_path / name).write_bytes(content)
        done = imported(network, tmp_path / name, "excel", None)
        assert done.plan.refused == (), name
        assert ("Windows-1252" in str(done.notices)) is (name == "ansi.csv")
    assert stored(network) == {"excel/mons/desk-1/20261005T0700Z/m-1": FIRST}


def test_a_fault_names_the_column_and_the_value_of_the_file(network: Connection, tmp_path: Path) -> None:
    file = tmp_path / "nexudus.csv"
    text = (EXPORTS / "nexudus.csv").read_text()
    file.write_text(text.replace('"Desk 1"', '"Bureau 3"', 1).replace("An Peeters", "An Peters"))
    faults = {fault.line: fault for fault in imported(network, file, "nexudus").plan.refused}
    assert faults[2].field == "ResourceName"
    assert faults[2].reason.startswith("'Bureau 3' names no place of mons")
    assert 'smartwork aliases set "Bureau 3" mons/' in faults[2].reason
    assert faults[3].field == "CoworkerFullName"
    assert "'An Peters' names no member" in faults[3].reason


def test_every_shipped_map_has_an_export_that_is_tested() -> None:
    assert {path.stem for path in EXPORTS.glob("*.csv")} | {"seatsurfing", "excel"} == set(shipped_maps())
