"""VAT is that of the day of supply: a correction has that of the line it corrects, and a mixed month has several totals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, WITHOUT_VAT, Party, PartyPeriod, Vat, VatPeriod
from smartwork.domain.money import round_to_cent
from smartwork.domain.time import Interval
from tests.support.memory_accounts import MemoryAccounts

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
BOLT = 2
FRANCHISE = Vat("E", Decimal(0), None, "Article 56bis")
WELFARE = Vat("E", Decimal(0), "VATEX-EU-132-1G", "Article 44")
OUTSIDE = WITHOUT_VAT["O"]


def stay(day: date, hours: int = 2) -> Interval:
    """From 9:00 in Brussels on, in winter or summer."""
    start = datetime(day.year, day.month, day.day, 8 if day >= date(2026, 10, 25) else 7, tzinfo=UTC)
    return Interval(start, start + timedelta(hours=hours))


@pytest.fixture
def network() -> MemoryAccounts:
    return accounts()


def accounts() -> MemoryAccounts:
    """An empty centre, on 3 November. bolt pays what was measured, at 7.50 EUR an hour."""
    network = MemoryAccounts(now=datetime(2026, 11, 3, 9, tzinfo=UTC))
    network.customers = [replace(each, company=replace(each.company, pools=())) for each in network.customers]
    network.lots.clear()
    for place in ("d-1", "d-2", "r-1"):
        network.observe(place, Interval(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)), "vacant")
    return network


def tax(network: MemoryAccounts, *later: VatPeriod, first: Vat = STANDARD_VAT) -> None:
    """The VAT of bolt, from the beginning and from days on."""
    bolt = network.customers[BOLT - 1]
    network.customers[BOLT - 1] = replace(bolt, company=replace(bolt.company, vat=first, later_vat=later))


def book(network: MemoryAccounts, day: date, hours: int = 2, place: str = "d-1") -> None:
    network.book(BOLT, place, stay(day, hours))
    network.observe(place, stay(day, hours), "occupied")


def bill(network: MemoryAccounts, month: date) -> list[Invoice]:
    """The documents of bolt for the month."""
    before = len(network.documents)
    network.now = max(network.now, datetime(month.year, month.month, 3, 9, tzinfo=UTC) + timedelta(days=31))
    network.bill(month)
    assert network.mismatches() == []
    return [document for document in network.documents[before:] if document.account == "bolt"]


def totals(*documents: Invoice) -> list[list[str]]:
    """The VAT totals of each document; negative for a credit note."""
    return [
        [f"{t.category} {-t.base if d.is_credit else t.base} {-t.vat if d.is_credit else t.vat}" for t in d.vat_totals]
        for d in documents
    ]


def test_a_supply_before_the_change_to_the_reverse_charge_stays_at_the_standard_rate(network: MemoryAccounts) -> None:
    network.book(BOLT, "d-1", stay(date(2026, 10, 5), 5))
    network.observe("d-1", stay(date(2026, 10, 5)), "occupied")
    assert totals(*bill(network, OCTOBER)) == [["S 15.00 3.15"]]
    tax(network, VatPeriod(NOVEMBER, REVERSE_CHARGE))
    network.observe("d-1", stay(date(2026, 10, 5), 5), "occupied")
    book(network, date(2026, 11, 9))
    [november] = bill(network, NOVEMBER)
    assert totals(november) == [["S 22.50 4.73", "AE 15.00 0.00"]]
    assert [(line.kind, line.vat_category, line.net) for line in november.lines] == [
        ("correction", "S", Decimal("-15.00")),
        ("occupancy", "S", Decimal("37.50")),
        ("occupancy", "AE", Decimal("15.00")),
    ]
    assert [total.reason for total in november.vat_totals] == [None, "Reverse charge"]


def test_a_vat_that_begins_in_the_month_splits_it(network: MemoryAccounts) -> None:
    tax(network, VatPeriod(date(2026, 10, 15), FRANCHISE), VatPeriod(date(2026, 10, 22), REVERSE_CHARGE))
    for day in (14, 15, 21, 22, 23):
        book(network, date(2026, 10, day))
    assert totals(*bill(network, OCTOBER)) == [["S 15.00 3.15", "E 30.00 0.00", "AE 30.00 0.00"]]


def test_a_stay_over_midnight_has_the_vat_of_the_local_day_on_which_it_starts(network: MemoryAccounts) -> None:
    tax(network, VatPeriod(NOVEMBER, REVERSE_CHARGE))
    last = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # 23:30 in Brussels
    for place, start in (("d-1", last), ("d-2", last + timedelta(minutes=30))):
        period = Interval(start, start + timedelta(hours=1))
        network.book(BOLT, place, period)
        network.observe(place, period, "occupied")
    assert totals(*bill(network, OCTOBER)) == [["S 7.50 1.58"]]
    assert totals(*bill(network, NOVEMBER)) == [["AE 7.50 0.00"]]


def test_a_vat_dated_back_into_a_billed_month_corrects_what_it_covers(network: MemoryAccounts) -> None:
    book(network, date(2026, 10, 5))
    book(network, date(2026, 10, 20))
    assert totals(*bill(network, OCTOBER)) == [["S 30.00 6.30"]]
    tax(network, VatPeriod(date(2026, 10, 15), REVERSE_CHARGE))
    [corrected] = bill(network, NOVEMBER)
    assert (corrected.kind, totals(corrected)) == ("credit_note", [["S -15.00 -3.15", "AE 15.00 0.00"]])
    assert bill(network, DECEMBER) == []


def test_a_vat_without_a_day_is_not_that_of_what_was_billed_by_another(network: MemoryAccounts) -> None:
    network.book(BOLT, "d-1", stay(date(2026, 10, 5), 5))
    network.observe("d-1", stay(date(2026, 10, 5)), "occupied")
    bill(network, OCTOBER)
    tax(network, first=REVERSE_CHARGE)
    network.observe("d-1", stay(date(2026, 10, 5), 5), "occupied")
    assert totals(*bill(network, NOVEMBER)) == [["S 22.50 4.73"]]


def test_a_correction_states_the_reason_of_the_line_that_it_takes_back(network: MemoryAccounts) -> None:
    tax(network, VatPeriod(NOVEMBER, FRANCHISE), first=WELFARE)
    network.book(BOLT, "d-1", stay(date(2026, 10, 5)))
    network.observe("d-1", stay(date(2026, 10, 5)), "occupied")
    bill(network, OCTOBER)
    network.observe("d-1", stay(date(2026, 10, 5)), "vacant")
    book(network, date(2026, 11, 9), 4)
    now, corrected = bill(network, NOVEMBER)
    assert [(d.kind, d.net, d.vat_totals[0].code, d.vat_totals[0].reason) for d in (now, corrected)] == [
        ("invoice", Decimal("30.00"), None, "Article 56bis"),
        ("credit_note", Decimal("7.50"), "VATEX-EU-132-1G", "Article 44"),
    ], "a total has one reason, so these are two documents"


def test_lines_outside_the_scope_of_vat_stand_on_a_document_of_their_own(network: MemoryAccounts) -> None:
    tax(network, VatPeriod(date(2026, 10, 15), OUTSIDE))
    book(network, date(2026, 10, 5))
    book(network, date(2026, 10, 20), 4)
    assert totals(*bill(network, OCTOBER)) == [["O 30.00 0.00"], ["S 15.00 3.15"]]


def move(network: MemoryAccounts, *later: PartyPeriod) -> Party:
    bolt = network.customers[BOLT - 1]
    network.customers[BOLT - 1] = replace(bolt, company=replace(bolt.company, later_parties=later))
    return bolt.company.party


def test_the_address_is_that_of_the_day_of_issue(network: MemoryAccounts) -> None:
    party = network.customers[BOLT - 1].company.party
    moved, later = replace(party, street="Quai 9"), replace(party, street="Place 3")
    move(network, PartyPeriod(date(2026, 11, 2), moved), PartyPeriod(DECEMBER, later))
    book(network, date(2026, 10, 5))
    assert [document.buyer for document in bill(network, OCTOBER)] == [moved]


def test_another_company_in_law_is_billed_for_what_it_was_supplied(network: MemoryAccounts) -> None:
    party = network.customers[BOLT - 1].company.party
    successor = replace(party, name="Bolt Group NV", enterprise_number="0404616494")
    move(network, PartyPeriod(date(2026, 10, 15), successor))
    for day, hours in ((5, 2), (6, 2), (20, 4)):
        network.book(BOLT, "d-1", stay(date(2026, 10, day), hours))
        network.observe("d-1", stay(date(2026, 10, day), hours), "occupied")
    issued = bill(network, OCTOBER)
    assert [(d.buyer, d.net) for d in issued] == [(successor, Decimal("30.00")), (party, Decimal("30.00"))]
    network.observe("d-1", stay(date(2026, 10, 5)), "vacant")
    [note] = bill(network, NOVEMBER)
    assert (note.kind, note.buyer, note.corrects[0].number) == ("credit_note", party, issued[1].number)


VATS = (STANDARD_VAT, REVERSE_CHARGE, FRANCHISE, WELFARE, OUTSIDE, Vat("S", Decimal(6)))
DAYS = st.integers(1, 61).map(lambda n: OCTOBER + timedelta(days=n - 1))
PERIODS = st.lists(st.builds(VatPeriod, DAYS, st.sampled_from(VATS)), max_size=3, unique_by=lambda period: period.valid_from)


@settings(max_examples=60, deadline=None)
@given(
    PERIODS, PERIODS, st.lists(st.tuples(DAYS, st.integers(1, 6), st.integers(0, 6)), max_size=6, unique_by=lambda s: s[0])
)
def test_totals_are_those_of_the_lines_and_originals_with_corrections_cancel(
    first: list[VatPeriod], then: list[VatPeriod], stays: Sequence[tuple[date, int, int]]
) -> None:
    """Whatever changes: the documents come to what is supplied now, by the VAT of its day, in each category."""
    network = accounts()
    tax(network, *sorted(first, key=lambda period: period.valid_from))
    for day, hours, _ in stays:
        network.book(BOLT, "d-1", stay(day, 6))
        network.observe("d-1", stay(day, hours), "occupied")
    bill(network, OCTOBER)
    # The first day is dated, so that what was billed without a day is corrected, too.
    dated = {VatPeriod(OCTOBER, WELFARE), *then} if not any(period.valid_from == OCTOBER for period in then) else set(then)
    tax(network, *sorted(dated, key=lambda period: period.valid_from))
    for day, _, hours in stays:
        network.observe("d-1", stay(day, 6), "vacant")
        if hours:
            network.observe("d-1", stay(day, hours), "occupied")
    bill(network, NOVEMBER)
    bill(network, DECEMBER)
    company = network.customers[BOLT - 1].company
    supplied: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for day, _, hours in stays:
        vat = company.vat_on(day)
        supplied[vat.category, vat.rate] += round_to_cent(Decimal(hours or 3) * Decimal("7.50"))
    billed: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for document in network.documents:
        assert document.vat == sum(total.vat for total in document.vat_totals)
        assert document.net == sum(total.base for total in document.vat_totals) == sum(line.net for line in document.lines)
        assert len({total.category == "O" for total in document.vat_totals}) == 1
        for total in document.vat_totals:
            assert total.vat == round_to_cent(total.base * total.rate / 100)
            billed[total.category, total.rate] += -total.base if document.is_credit else total.base
    assert {key: net for key, net in billed.items() if net} == {key: net for key, net in supplied.items() if net}
