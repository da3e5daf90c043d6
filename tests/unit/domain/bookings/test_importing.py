"""Importing bookings: local times become instants, and each row is accepted or refused with a reason."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import ImportedBooking, NoSuchTimeError, StoredBooking, instant, plan_import

BRUSSELS = "Europe/Brussels"
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-05T09:00", "2026-10-05T07:00+00:00"),
        ("2026-12-05 09:00", "2026-12-05T08:00+00:00"),
        ("2026-10-05T09:00+02:00", "2026-10-05T07:00+00:00"),
        ("2026-10-05T07:00Z", "2026-10-05T07:00+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30+00:00"),  # the second half past two of that night
        ("2026-03-29T03:00", "2026-03-29T01:00+00:00"),  # the first instant after the gap
    ],
)
def test_a_time_without_an_offset_is_local_to_the_centre(text: str, expected: str) -> None:
    assert instant(text, BRUSSELS) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-29T02:00", "does not exist"),
        ("2026-03-29T02:59", "does not exist"),
        ("2026-10-25T02:00", "happens twice"),
        ("2026-10-25T02:59", "happens twice"),
        ("2026-10-05", "no time of day"),
        ("tomorrow", "is not a time"),
        ("1926-10-05T09:00", "year 1926"),
    ],
)
def test_an_invalid_time_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NoSuchTimeError, match=reason):
        instant(text, BRUSSELS)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))  # noqa: DTZ001 - what a file says
def test_every_local_time_of_a_year_is_one_instant_or_refused(local: datetime) -> None:
    try:
        found = instant(local.isoformat(), BRUSSELS)
    except NoSuchTimeError:
        assert (local.month, local.day, local.hour) in {(3, 29, 2), (10, 25, 2)}
    else:
        assert local - found.replace(tzinfo=None) in {timedelta(hours=1), timedelta(hours=2)}


@st.composite
def bookings(draw: st.DrawFn, names: int) -> Booking:
    start = NOON + timedelta(hours=draw(st.integers(0, 12)))
    end = start + timedelta(hours=draw(st.integers(1, 4)))
    status = draw(st.sampled_from(["booked", "booked", "cancelled"]))
    return Booking(f"B{draw(st.integers(1, names))}", "mons", draw(st.sampled_from(["d1", "d2"])), "m", start, end, status)  # type: ignore[arg-type]


def overlap(one: Booking, other: Booking) -> bool:
    return (
        one.status == other.status == "booked"
        and one.resource == other.resource
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[ImportedBooking], dict[str, StoredBooking], list[StoredBooking]]:
    """Stored bookings without overlaps, some of them on invoices, and the rows of a file."""
    standing: dict[str, StoredBooking] = {}
    for booking in draw(st.lists(bookings(9), max_size=9)):
        if booking.external_id not in standing and not any(overlap(booking, s.booking) for s in standing.values()):
            standing[booking.external_id] = StoredBooking(booking, booking.ends_at, draw(st.integers(0, 4)) == 0)
    rows = [ImportedBooking(line, booking) for line, booking in enumerate(draw(st.lists(bookings(9), max_size=9)), start=2)]
    named = {row.booking.external_id for row in rows}
    by_id = {key: value for key, value in standing.items() if key in named}
    return rows, by_id, [value for key, value in standing.items() if key not in named]


@given(cases())
def test_every_row_has_one_outcome_and_written_bookings_never_overlap(
    case: tuple[list[ImportedBooking], dict[str, StoredBooking], list[StoredBooking]],
) -> None:
    rows, by_id, others = case
    found = plan_import(rows, by_id, others)
    written = [*found.created, *found.changed, *found.cancelled]
    lines = [row.line for row in [*written, *found.unchanged]] + [fault.line for fault in found.refused]
    assert sorted(lines) == [row.line for row in rows]
    after = {s.booking.external_id: s.booking for s in [*by_id.values(), *others]}
    for row in written:
        assert not (row.booking.external_id in by_id and by_id[row.booking.external_id].billed)
        after[row.booking.external_id] = row.booking
    assert not any(overlap(one, other) for one, other in combinations(after.values(), 2))


@given(cases())
def test_a_second_import_of_the_accepted_rows_changes_nothing(
    case: tuple[list[ImportedBooking], dict[str, StoredBooking], list[StoredBooking]],
) -> None:
    rows, by_id, others = case
    found = plan_import(rows, by_id, others)
    written = [*found.created, *found.changed, *found.cancelled]
    stands = by_id | {r.booking.external_id: StoredBooking(r.booking, r.booking.ends_at, billed=False) for r in written}
    again = plan_import(written, {r.booking.external_id: stands[r.booking.external_id] for r in written}, others)
    assert [row.line for row in again.unchanged] == sorted(row.line for row in written)
    assert not again.refused
