"""Late data, late changes and credits never block a bill: each minute is billed once, and to whom it belongs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.time import Interval
from tests.support.memory_accounts import MemoryAccounts

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
ACME, BOLT, CALM = 1, 2, 3


def monday(clock: str, day: int = 5) -> datetime:
    """A clock time in Brussels on a day of October 2026."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC) - timedelta(hours=2)


def between(start: str, end: str, day: int = 5) -> Interval:
    return Interval(monday(start, day), monday(end, day))


@pytest.fixture
def network() -> MemoryAccounts:
    """A desk that was vacant all Monday, on 3 November."""
    accounts = MemoryAccounts(now=datetime(2026, 11, 3, 9, tzinfo=UTC))
    accounts.customers = [replace(each, company=replace(each.company, pools=())) for each in accounts.customers]
    accounts.lots.clear()
    for place in ("d-1", "d-2", "r-1"):
        accounts.observe(place, between("06:00", "22:00"), "vacant")
    return accounts


def bill(network: MemoryAccounts, month: date) -> list[tuple[str, Decimal]]:
    """The companies that got a document of the month, with its net amount; negative for a credit note."""
    before = len(network.documents)
    network.now = max(network.now, datetime(month.year, month.month, 3, 9, tzinfo=UTC) + timedelta(days=31))
    network.bill(month)
    return [
        (document.account, -document.net if document.is_credit else document.net) for document in network.documents[before:]
    ]


def lines(document: Invoice) -> list[tuple[str, Decimal, str]]:
    return [(line.kind, line.hours, line.visits[0].visit.booking or "" if line.visits else "") for line in document.lines]


def test_a_stay_that_late_data_cuts_from_an_uncharged_overstay_is_billed_to_who_was_there(network: MemoryAccounts) -> None:
    network.book(ACME, "d-1", between("09:00", "12:00"))
    network.observe("d-1", between("09:00", "15:00"), "occupied")
    assert bill(network, OCTOBER) == [("acme", Decimal("22.50"))]
    network.observe("d-1", between("12:00", "12:20"), "vacant")
    network.check_in(BOLT, "d-1", monday("12:21"))
    network.book(CALM, "r-1", Interval(datetime(2026, 11, 9, 8, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)))
    # 2 h 40 min at the desk, up to 2.75 h; calm's room was not measured
    assert bill(network, NOVEMBER) == [("bolt", Decimal("20.63")), ("calm", Decimal("24.00"))]
    assert network.mismatches() == []


def test_a_stay_that_late_data_cuts_from_a_charged_overstay_moves_with_its_price(network: MemoryAccounts) -> None:
    network.book(BOLT, "d-1", between("09:00", "12:00"))
    network.observe("d-1", between("09:00", "15:00"), "occupied")
    assert bill(network, OCTOBER) == [("bolt", Decimal("45.00"))]  # 6 h less 10 minutes of grace, up to the quarter
    network.observe("d-1", between("12:00", "12:20"), "vacant")
    network.check_in(CALM, "d-1", monday("12:21"))
    assert bill(network, NOVEMBER) == [("bolt", Decimal("-22.50")), ("calm", Decimal("20.63"))]
    assert network.mismatches() == []


def test_a_line_that_charges_the_same_for_other_time_is_issued_again_when_another_stay_meets_it(
    network: MemoryAccounts,
) -> None:
    network.book(BOLT, "d-1", between("09:00", "10:00"))
    network.observe("d-1", between("09:00", "10:55"), "occupied")
    assert bill(network, OCTOBER) == [("bolt", Decimal("13.13"))]  # 60 + 45 minutes
    network.observe("d-1", between("10:41", "10:46"), "vacant")  # 60 + 31 minutes, up to the same quarter
    network.observe("d-1", between("10:46", "12:00"), "occupied")
    assert bill(network, NOVEMBER) == [], "nothing else meets the line, so it stays"
    network.check_in(CALM, "d-1", monday("10:47"))
    # Nothing of bolt's changed since November was billed. Its line is issued again, with the time that it charges now.
    assert bill(network, DECEMBER) == [("bolt", Decimal("0.00")), ("calm", Decimal("9.38"))]
    [again] = [document for document in network.documents if document.account == "bolt" and document.month == DECEMBER]
    assert lines(again) == [("correction", Decimal("-1.7500"), ""), ("occupancy", Decimal("1.7500"), "B-1")]
    assert network.mismatches() == []


def test_what_cannot_be_decided_is_one_open_stay_by_name_and_all_others_are_billed(network: MemoryAccounts) -> None:
    network.book(BOLT, "d-1", between("09:00", "12:00"))
    network.observe("d-1", between("09:00", "15:00"), "occupied")
    bill(network, OCTOBER)
    network.credit("INV-2026-00001", 1, Decimal("0.25"))  # final: no later verdict corrects it
    network.observe("d-1", between("12:00", "12:20"), "vacant")
    network.check_in(CALM, "d-1", monday("12:21"))
    network.book(ACME, "d-2", between("09:00", "11:00"))
    network.now = datetime(2026, 12, 3, 9, tzinfo=UTC)
    plan = network.bill(NOVEMBER)
    assert [planned.customer.company.slug for planned in plan.months if planned.documents] == ["acme"]
    [stay] = plan.open_stays
    assert (stay.company, stay.centre, stay.resource, stay.record, stay.month) == ("calm", "namur", "d-1", "K-1", OCTOBER)
    assert "line 1 of INV-2026-00001 charges this time for booking B-1" in stay.reason
    assert network.mismatches() == []


def test_an_open_stay_is_billed_by_the_first_run_after_its_time_is_free(network: MemoryAccounts) -> None:
    network.book(BOLT, "d-1", between("09:00", "12:00"))
    network.observe("d-1", between("09:00", "15:00"), "occupied")
    bill(network, OCTOBER)
    network.now = datetime(2026, 12, 3, 9, tzinfo=UTC)
    network.observe("d-2", Interval(datetime(2026, 11, 9, 8, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)), "occupied")
    network.book(BOLT, "d-2", Interval(datetime(2026, 11, 9, 8, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)))
    network.bill(NOVEMBER, "bolt")
    network.observe("d-1", between("12:00", "12:20"), "vacant")
    network.check_in(CALM, "d-1", monday("12:21"))
    assert [stay.company for stay in network.bill(NOVEMBER).open_stays] == ["calm"], "bolt's November is closed"
    assert bill(network, DECEMBER) == [("bolt", Decimal("-22.50")), ("calm", Decimal("20.63"))]
    assert network.mismatches() == []


def test_presence_that_moves_within_a_booking_is_corrected_though_its_seconds_stay(network: MemoryAccounts) -> None:
    network.book(ACME, "d-1", between("09:00", "13:00"))
    network.observe("d-1", between("09:00", "10:00"), "occupied")
    assert bill(network, OCTOBER) == [("acme", Decimal("9.38"))]  # to the last presence and the grace: 1.25 h
    network.observe("d-1", between("09:20", "09:40"), "vacant")
    network.observe("d-1", between("12:30", "12:50"), "occupied")
    assert bill(network, NOVEMBER) == [("acme", Decimal("20.62"))]  # 4 h
    assert network.mismatches() == []


def test_a_booking_that_goes_on_into_the_next_month_is_billed_when_it_is_over(network: MemoryAccounts) -> None:
    start, end = datetime(2026, 10, 25, 8, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)
    booking = network.book(ACME, "d-1", Interval(start, end))
    assert bill(network, OCTOBER) == []
    assert booking is not None
    assert network.change(booking, period=Interval(start, start + timedelta(hours=2))), "it is on no document yet"
    assert bill(network, NOVEMBER) == [("acme", Decimal("15.00"))]


@pytest.mark.parametrize("way", ["cancel, and a check-in", "another booking", "another member"])
def test_a_stay_that_was_credited_in_full_is_billed_to_the_right_company(network: MemoryAccounts, way: str) -> None:
    wrong = network.book(ACME, "d-1", between("09:00", "17:00"))
    network.observe("d-1", between("09:00", "17:00"), "occupied")
    assert wrong is not None
    assert bill(network, OCTOBER) == [("acme", Decimal("60.00"))]
    assert not network.change(wrong, cancelled=True), "it is on a document"
    assert network.book(BOLT, "d-1", between("09:00", "17:00")) is None
    network.credit("INV-2026-00001", 1, None)
    match way:
        case "another booking":
            assert network.book(BOLT, "d-1", between("09:00", "17:00"))
        case "another member":
            assert network.change(wrong, company_id=BOLT)
        case _:
            assert network.change(wrong, cancelled=True)
            network.check_in(BOLT, "d-1", monday("09:01"))
    assert bill(network, NOVEMBER) == [("bolt", Decimal("60.00"))]
    assert bill(network, DECEMBER) == []
    assert network.mismatches() == []


def test_a_stay_that_was_credited_in_full_is_not_billed_to_the_same_company_again(network: MemoryAccounts) -> None:
    booking = network.book(ACME, "d-1", between("09:00", "17:00"))
    network.observe("d-1", between("09:00", "17:00"), "occupied")
    network.check_in(ACME, "d-1", monday("09:01"))
    bill(network, OCTOBER)
    network.credit("INV-2026-00001", 1, None)
    assert bill(network, NOVEMBER) == []
    assert booking is not None
    assert network.change(booking, cancelled=True)  # from now on a walk-in of acme, by its check-in
    assert bill(network, DECEMBER) == []


def test_a_part_that_was_credited_keeps_the_booking_on_its_document(network: MemoryAccounts) -> None:
    booking = network.book(ACME, "d-1", between("09:00", "17:00"))
    network.observe("d-1", between("09:00", "17:00"), "occupied")
    bill(network, OCTOBER)
    network.credit("INV-2026-00001", 1, Decimal(1))
    assert booking is not None
    assert not network.change(booking, company_id=BOLT)
    assert network.book(BOLT, "d-1", between("09:00", "17:00")) is None
