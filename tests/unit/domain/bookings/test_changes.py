"""Who may change a booking, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import (
    LATEST_ENTRY,
    AllowedChange,
    Author,
    BookingInForce,
    DecidedRows,
    RefusedChange,
    RequestedBooking,
    decide,
    decide_rows,
)
from smartwork.domain.bookings.importing import ImportedBooking

NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OLD = Booking("B-1", "mons", "desk-1", "m-1", NINE, NINE + 8 * HOUR, "booked")
ACME, DESK, FEED = Author("api acme", "company"), Author("api front-desk", "network"), Author("feed", "network")
NETWORK = replace(DESK, reason="The door was locked")
CHANGES = {
    "cancelled": replace(OLD, status="cancelled"),
    "shortened": replace(OLD, ends_at=NINE + HOUR / 4),
    "shortened at the start": replace(OLD, starts_at=NINE + 7 * HOUR),
    "extended": replace(OLD, ends_at=NINE + 9 * HOUR),
    "moved to another day": replace(OLD, starts_at=NINE + 24 * HOUR, ends_at=NINE + 32 * HOUR),
    "moved to another month": replace(OLD, starts_at=NINE + 744 * HOUR, ends_at=NINE + 752 * HOUR),
    "moved into the past": replace(OLD, starts_at=NINE - 48 * HOUR, ends_at=NINE - 40 * HOUR),
    "moved to another place": replace(OLD, resource="desk-2"),
    "moved to another centre": replace(OLD, centre="namur"),
    "given to another member": replace(OLD, member="m-2"),
}


def change(
    wanted: Booking,
    author: Author,
    now: datetime,
    *,
    stored: BookingInForce | None = None,
    company: str = "acme",
) -> AllowedChange | RefusedChange:
    return decide(stored or BookingInForce(OLD, "acme", "desk"), RequestedBooking(wanted, company, "desk"), author, now)


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("after", [timedelta(), MINUTE, 8 * HOUR, 30 * 24 * HOUR], ids=str)
def test_a_booking_that_has_begun_is_changed_by_the_network_alone_with_a_reason(what: str, after: timedelta) -> None:
    now = NINE + after
    refused = change(CHANGES[what], ACME, now)
    assert isinstance(refused, RefusedChange)
    assert "began at 2026-10-05T07:00Z" in refused.why
    assert "ask its front desk" in refused.why
    assert not refused.needs_reason
    assert isinstance(change(CHANGES[what], replace(ACME, reason="Please"), now), RefusedChange)
    for author in (DESK, FEED):
        asked = change(CHANGES[what], author, now)
        assert isinstance(asked, RefusedChange)
        assert asked.needs_reason
    assert change(CHANGES[what], NETWORK, now) == AllowedChange(CHANGES[what])


@pytest.mark.parametrize("what", sorted(CHANGES.keys() - {"moved into the past"}))
@pytest.mark.parametrize("author", [ACME, DESK], ids=lambda author: author.by)
def test_without_terms_a_booking_is_changed_freely_up_to_its_start(what: str, author: Author) -> None:
    assert change(CHANGES[what], author, NINE - timedelta(microseconds=1)) == AllowedChange(CHANGES[what])


def test_the_same_booking_again_changes_nothing_at_any_time() -> None:
    assert change(OLD, ACME, NINE + HOUR) == AllowedChange(OLD)
    gone = BookingInForce(CHANGES["cancelled"], "acme", "desk", cancelled_late_at=NINE - HOUR)
    again = change(replace(CHANGES["shortened"], status="cancelled"), ACME, NINE + HOUR, stored=gone)
    assert again == AllowedChange(gone.booking, NINE - HOUR)


@pytest.mark.parametrize("by", [ACME, DESK], ids=lambda author: author.by)
def test_no_stored_booking_is_moved_into_the_past(by: Author) -> None:
    now = NINE - HOUR
    assert isinstance(change(CHANGES["moved into the past"], by, now), RefusedChange)
    in_time = CHANGES["cancelled"]
    gone = BookingInForce(in_time, "acme", "desk")
    assert isinstance(change(CHANGES["moved into the past"], by, NINE + 72 * HOUR, stored=gone), RefusedChange)
    assert isinstance(change(OLD, by, NINE + HOUR, stored=gone), RefusedChange), "restored after its start"
    assert change(OLD, by, now, stored=gone) == AllowedChange(OLD)


def test_a_company_enters_no_booking_in_the_past_and_the_network_does() -> None:
    wanted = RequestedBooking(OLD, "acme", "desk")
    assert decide(None, wanted, ACME, NINE + LATEST_ENTRY) == AllowedChange(OLD)
    assert isinstance(decide(None, wanted, ACME, NINE + LATEST_ENTRY + MINUTE), RefusedChange)
    assert isinstance(decide(None, wanted, ACME, NINE + 4 * HOUR), RefusedChange)
    for author in (DESK, FEED, NETWORK):
        assert decide(None, wanted, author, NINE + 40 * 24 * HOUR) == AllowedChange(OLD)


DAY_BEFORE = BookingInForce(OLD, "acme", "desk", notice=24 * HOUR)


def test_a_cancellation_is_late_after_the_deadline_of_the_contract() -> None:
    deadline, gone = NINE - 24 * HOUR, CHANGES["cancelled"]
    for author in (ACME, DESK):
        assert change(gone, author, deadline, stored=DAY_BEFORE) == AllowedChange(gone)
        late = deadline + MINUTE
        assert change(gone, author, late, stored=DAY_BEFORE) == AllowedChange(gone, late)
    assert change(gone, NETWORK, NINE - HOUR, stored=DAY_BEFORE) == AllowedChange(gone), "the network waives it"


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_after_the_deadline_no_change_gives_up_what_was_booked(what: str) -> None:
    harmless = {"extended", "moved to another place", "given to another member", "cancelled"}
    decision = change(CHANGES[what], ACME, NINE - HOUR, stored=DAY_BEFORE)
    assert isinstance(decision, AllowedChange) == (what in harmless), decision
    assert isinstance(change(CHANGES[what], NETWORK, NINE - HOUR, stored=DAY_BEFORE), AllowedChange)


def test_after_the_deadline_a_booking_goes_to_no_other_company_and_no_cheaper_kind_of_place() -> None:
    now = NINE - HOUR
    other = replace(OLD, member="m-9")
    assert isinstance(change(other, DESK, now, stored=DAY_BEFORE, company="bolt"), RefusedChange)
    room = replace(DAY_BEFORE, kind="room")
    assert isinstance(change(replace(OLD, resource="desk-2"), ACME, now, stored=room), RefusedChange)


def test_a_late_cancellation_is_taken_back_by_restoring_the_booking_and_by_nothing_else() -> None:
    now = NINE - HOUR
    gone = replace(DAY_BEFORE, booking=CHANGES["cancelled"], cancelled_late_at=NINE - 2 * HOUR)
    assert change(OLD, ACME, now, stored=gone) == AllowedChange(OLD)
    for what in ("moved to another month", "shortened"):
        refused = change(CHANGES[what], ACME, now, stored=gone)
        assert isinstance(refused, RefusedChange)
        assert "another id" in refused.why
    assert isinstance(change(OLD, ACME, NINE, stored=gone), RefusedChange)
    assert change(CHANGES["moved to another month"], NETWORK, NINE + HOUR, stored=gone) == AllowedChange(
        CHANGES["moved to another month"]
    )


def test_an_id_that_was_cancelled_in_time_names_a_new_booking_afterwards() -> None:
    gone = BookingInForce(CHANGES["cancelled"], "acme", "desk", notice=24 * HOUR)
    later = CHANGES["moved to another month"]
    assert change(later, ACME, NINE + HOUR, stored=gone) == AllowedChange(later)


def test_a_cancellation_keeps_the_period_that_was_booked() -> None:
    short = replace(CHANGES["shortened"], status="cancelled")
    now = NINE - HOUR
    assert change(short, FEED, now, stored=DAY_BEFORE) == AllowedChange(CHANGES["cancelled"], now)


def test_a_row_that_changes_a_begun_booking_is_refused_by_name_and_the_others_are_written() -> None:
    rows = [ImportedBooking(2, CHANGES["shortened"]), ImportedBooking(3, replace(OLD, external_id="B-2"))]
    requested = [RequestedBooking(row.booking, "acme", "desk") for row in rows]
    stored = {"B-1": BookingInForce(OLD, "acme", "desk")}
    decided = decide_rows(rows, requested, stored, FEED, NINE + HOUR)
    (fault,) = decided.refused
    assert [row.booking.external_id for row in decided.allowed] == ["B-2"]
    assert (fault.line, fault.field) == (2, "external_id")
    assert fault.reason.startswith("B-1: The booking began at 2026-10-05T07:00Z")
    assert fault.reason.endswith("--reason TEXT")
    assert decide_rows(rows, requested, stored, NETWORK, NINE + HOUR) == DecidedRows(rows, [], [])


def test_a_file_is_told_which_cancellations_are_charged() -> None:
    row = ImportedBooking(2, CHANGES["cancelled"])
    requested = [RequestedBooking(row.booking, "acme", "desk")]
    for stored, late in (
        (DAY_BEFORE, [2]),
        (replace(DAY_BEFORE, notice=None), []),
        (replace(DAY_BEFORE, booking=CHANGES["cancelled"], cancelled_late_at=NINE - 2 * HOUR), []),
    ):
        decided = decide_rows([row], requested, {"B-1": stored}, FEED, NINE - HOUR)
        assert decided.allowed == [row]
        assert [notice.line for notice in decided.late] == late


moments = st.integers(-60, 60).map(lambda n: NINE + n * HOUR)
bookings = st.builds(
    lambda start, hours, desk, member, status: Booking("B-1", "mons", desk, member, start, start + hours * HOUR, status),
    moments,
    st.integers(1, 9),
    st.sampled_from(["desk-1", "desk-2"]),
    st.sampled_from(["m-1", "m-2"]),
    st.sampled_from(["booked", "cancelled"]),
)


@given(
    wanted=st.lists(st.tuples(bookings, st.sampled_from([ACME, DESK])), max_size=12),
    steps=st.lists(st.integers(0, 12), min_size=12, max_size=12),
    notice=st.sampled_from([None, 24 * HOUR]),
)
def test_no_history_of_changes_without_a_reason_of_the_network_undoes_what_was_due(
    wanted: list[tuple[Booking, Author]], steps: list[int], notice: timedelta | None
) -> None:
    """Once a booking stands at its start, or is cancelled late, this much is owed, whatever is asked for afterwards."""
    stored, now, due = BookingInForce(OLD, "acme", "desk", notice), NINE - 48 * HOUR, None
    for (booking, author), step in zip(wanted, steps, strict=False):
        now += step * HOUR
        if stored.booking.starts_at <= now and (stored.booking.status == "booked" or stored.cancelled_late_at):
            due = stored
        decision = decide(stored, RequestedBooking(booking, "acme", "desk"), author, now)
        if isinstance(decision, AllowedChange):
            stored = replace(stored, booking=decision.booking, cancelled_late_at=decision.cancelled_late_at)
        if due is not None:
            assert stored == due
        assert stored.cancelled_late_at is None or stored.booking.status == "cancelled"
