"""A correction keeps what the line charged that it takes back, and says why it does."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from smartwork.domain.billing.corrections import corrections, groups_in_effect
from smartwork.domain.billing.invoice import Correction, Invoice
from smartwork.domain.billing.parties import STANDARD_VAT
from smartwork.domain.billing.passes import rate_day
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.bookings.visit import NetworkChange, Visit
from smartwork.domain.presence.spans import Span
from tests.support.stays import TARIFF, contract, invoice, stay

ISSUED_STAY = stay(120)
AT = datetime(2026, 11, 5, 9, tzinfo=UTC)
WALK_IN = replace(stay(60), verdict="walk_in", booking=None, check_in="C-1", booked_s=0)


def charges(visits: list[Visit], charge: str = "as_measured", price: str = "7.50") -> list[Group]:
    terms = terms_of(contract(charge=charge), replace(TARIFF, per_hour=Decimal(price)))
    if charge == "cheapest":
        return rate_day(visits, terms, STANDARD_VAT)
    return [group for visit in visits if (group := rate(visit, terms, STANDARD_VAT))]


def corrected(issued: Invoice, now: list[Group], visits: list[Visit]) -> list[Correction]:
    more = corrections(*groups_in_effect([issued]), now, frozenset(), visits)
    return [line.correction for group in more for line in group if line.correction]


def shorter(visit: Visit) -> Visit:
    half = visit.starts_at + timedelta(seconds=visit.occupied_s // 2)
    spans = (Span(visit.starts_at, half, "occupied"), Span(half, visit.ends_at, "vacant"))
    return replace(visit, verdict="left_early", occupied_s=visit.occupied_s // 2, vacant_s=visit.occupied_s // 2, spans=spans)


NOW: dict[str, tuple[Callable[[], tuple[list[Group], list[Visit]]], tuple[str, ...]]] = {
    "readings that came later": (
        lambda: (charges([shorter(ISSUED_STAY)]), [shorter(ISSUED_STAY)]),
        ("later_readings",),
    ),
    "a booking that was moved": (
        lambda: (charges([stay(180, hour=3)]), [stay(180, hour=3)]),
        ("booking_changed",),
    ),
    "a booking that the network changed": (
        lambda: (
            charges([stay(60, change=NetworkChange(AT, "desk", "x"))]),
            [stay(60, change=NetworkChange(AT, "desk", "x"))],
        ),
        ("booking_changed",),
    ),
    "a booking that is gone": (lambda: ([], []), ("booking_changed",)),
    "a booking that was cancelled": (lambda: ([], [replace(ISSUED_STAY, cancelled_at=AT)]), ("booking_changed",)),
    "presence that is measured no more": (
        lambda: ([], [replace(ISSUED_STAY, verdict="no_show", occupied_s=0, vacant_s=7200, spans=())]),
        ("later_readings",),
    ),
    "another price": (lambda: (charges([ISSUED_STAY], price="8.00"), [ISSUED_STAY]), ("price_changed",)),
    "another price and rule": (
        lambda: (charges([ISSUED_STAY], "as_booked", "8.00"), [ISSUED_STAY]),
        ("contract_changed", "price_changed"),
    ),
}


@pytest.mark.parametrize("case", NOW)
def test_a_correction_says_why_the_line_is_taken_back(case: str) -> None:
    now, causes = NOW[case]
    [found] = corrected(invoice(charges([ISSUED_STAY])), *now())
    assert found.causes == causes


def test_a_correction_keeps_what_the_line_charged() -> None:
    [found] = corrected(invoice(charges([ISSUED_STAY])), [], [])
    [before] = found.visits
    assert (before.resource_name, before.booking, before.member, before.verdict) == ("Desk 1", "B-1", "m-1", "used")
    assert (before.starts_at, before.ends_at, before.hours) == (ISSUED_STAY.starts_at, ISSUED_STAY.ends_at, Decimal(2))


def test_another_visit_that_turns_hours_into_a_pass_is_a_cause_of_its_own() -> None:
    visits = [stay(60), stay(300, hour=2, name="B-2")]
    issued = invoice(charges(visits[:1], "cheapest"))
    [found] = corrected(issued, charges(visits, "cheapest"), visits)
    assert found.causes == ("other_visits",)


def test_a_walk_in_that_a_booking_takes_over_is_a_changed_booking() -> None:
    issued = invoice(charges([WALK_IN]))
    [found] = corrected(issued, charges([stay(60, name="B-9")]), [stay(60, name="B-9")])
    assert found.causes == ("booking_changed",)
    [found] = corrected(issued, [], [])
    assert found.causes == ("later_readings",)


def test_a_snapshot_has_the_explanation_only_where_there_is_one() -> None:
    issued = invoice(charges([ISSUED_STAY]))
    assert all("correction" not in line for line in json.loads(issued.canonical())["lines"])
    made = invoice(corrections(*groups_in_effect([issued]), [], frozenset(), []), ordinal=2)
    assert Invoice.read(made.canonical()) == made
    assert [line["correction"]["causes"] for line in json.loads(made.canonical())["lines"]] == [["booking_changed"]]
