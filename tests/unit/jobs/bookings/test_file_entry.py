"""Entries of a file as bookings: zones, lengths, ids that are completed, and faults under the file's own column names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smartwork.domain.bookings.importing import Fault, ImportedBooking
from smartwork.domain.bookings.names import Names
from smartwork.jobs.bookings.file_entry import BookingEntry, parse_entry, resolve_names

NAMES = Names({"mons": "Mons"}, {("mons", "desk-1"): "Desk 1"}, frozenset({"m-1"}))
ZONES = {"mons": "Europe/Brussels"}


def local(*values: int) -> datetime:
    return datetime(*values)  # type: ignore[arg-type] # noqa: DTZ001 - local time


def imported(**changes: Any) -> ImportedBooking | Fault:
    values: dict[str, Any] = {
        "line": 7, "external_id": "A", "centre": "mons", "resource": "Desk 1", "member": "m-1", "status": "booked",
        "starts_at": local(2026, 10, 5, 9, 0), "ends_at": local(2026, 10, 5, 12, 0),
    }  # fmt: skip
    entry = resolve_names(BookingEntry(**values | changes), NAMES)
    return entry if isinstance(entry, Fault) else parse_entry(entry, ZONES)


@pytest.mark.parametrize(
    ("changes", "start", "hours"),
    [
        ({}, datetime(2026, 10, 5, 7, 0, tzinfo=UTC), 3),
        ({"timezone": "UTC"}, datetime(2026, 10, 5, 9, 0, tzinfo=UTC), 3),
        ({"timezone": "America/New_York"}, datetime(2026, 10, 5, 13, 0, tzinfo=UTC), 3),
        ({"ends_at": timedelta(hours=2)}, datetime(2026, 10, 5, 7, 0, tzinfo=UTC), 2),
        (
            {"starts_at": local(2026, 10, 25, 1, 0), "ends_at": timedelta(hours=4)},
            datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
            4,
        ),
    ],
    ids=["centre", "utc", "new york", "length", "a length is as long when the clocks go back"],
)
def test_times_without_an_offset_are_local_to_the_centre_or_to_the_zone_of_the_map(
    changes: dict[str, Any], start: datetime, hours: int
) -> None:
    row = imported(**changes)
    assert isinstance(row, ImportedBooking)
    assert (row.booking.starts_at, row.booking.ends_at - row.booking.starts_at) == (start, timedelta(hours=hours))


def test_an_id_is_completed_with_the_booking_as_it_is_stored_whatever_its_spelling() -> None:
    made = [
        imported(external_id="hub", made_of=("place", "start", "member"), **changes)
        for changes in (
            {},
            {"centre": "MONS", "resource": "desk  1"},
            {"starts_at": "2026-10-05T07:00Z", "centre": "", "resource": "mons/desk-1"},
            {"starts_at": local(2026, 10, 5, 7, 0), "ends_at": local(2026, 10, 5, 10, 0), "timezone": "UTC"},
        )
    ]
    assert {row.booking.external_id for row in made if isinstance(row, ImportedBooking)} == {
        "hub/mons/desk-1/20261005T0700Z/m-1"
    }
    assert len({row.booking for row in made if isinstance(row, ImportedBooking)}) == 1


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"resource": "Bureau 3"}, "Resource Name", "'Bureau 3' names no place of mons"),
        ({"resource": ""}, "Resource Name", "is empty"),
        ({"external_id": ""}, "external_id", "is empty"),
        ({"ends_at": local(2026, 10, 5, 9, 0)}, "To", "the end is not after the start"),
        ({"starts_at": local(2026, 3, 29, 2, 30), "ends_at": local(2026, 3, 29, 4, 0)}, "starts_at", "does not exist"),
        ({"ends_at": timedelta(days=40)}, "To", "longer than 31 days"),
        ({"external_id": "x" * 199, "made_of": ("place",)}, "external_id", "more than 200 characters"),
    ],
)
def test_a_fault_has_the_name_of_the_column_in_the_file(changes: dict[str, Any], column: str, reason: str) -> None:
    fault = imported(columns={"resource": "Resource Name", "ends_at": "To"}, **changes)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.field) == (7, column)
    assert reason in fault.reason
