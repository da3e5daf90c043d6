"""Late cancellations: charged by the terms that hold, kept in the document, and computed again from it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from smartwork.documents.csv_lines import COLUMNS
from smartwork.documents.line_explanations import indexed
from smartwork.documents.line_texts import note, verdict
from smartwork.domain.billing.changed_months import agreed_digest
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import STANDARD_VAT, Language
from smartwork.domain.billing.passes import rate_day
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.bookings.visit import NetworkChange, Visit
from tests.support.stays import OCTOBER, START, TARIFF, company, contract, invoice, stay

HALF = {"cancellation_hours": 24, "cancellation_share": Decimal("0.5")}
FEE = {"cancellation_hours": 24, "cancellation_fee": Decimal(4)}


def late(hours: float = 2, minutes: int = 120, **changes: object) -> Visit:
    """A booking that was cancelled so many hours before its start."""
    plain = stay(
        minutes, verdict="cancelled_late", occupied_s=0, vacant_s=minutes * 60, spans=(), batches=(),
        cancelled_at=START - timedelta(hours=hours),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def charged(visit: Visit, **terms: object) -> Group:
    return rate(visit, terms_of(contract(**terms), TARIFF), STANDARD_VAT)


@pytest.mark.parametrize(("terms", "net"), [(HALF, "7.50"), (FEE, "4.00")], ids=["share", "fee"])
def test_a_document_with_a_late_cancellation_is_read_again_as_it_is_and_holds(terms: dict[str, object], net: str) -> None:
    document = invoice([charged(late(), **terms)])
    assert document.net == Decimal(net)
    assert Invoice.read(document.canonical()) == document
    assert not faults(document)


@pytest.mark.parametrize("terms", [HALF, FEE], ids=["share", "fee"])
def test_a_contract_that_came_later_charges_no_cancellation_that_it_allows(terms: dict[str, object]) -> None:
    assert charged(late(2), **terms)
    assert not charged(late(2), **{**terms, "cancellation_hours": 1})
    assert not charged(late(2))
    assert not charged(late(2), **{**terms, "cancellation_hours": 2}), "at the deadline"


@pytest.mark.parametrize("terms", [HALF, FEE], ids=["share", "fee"])
def test_a_document_that_charges_a_cancellation_in_time_does_not_hold(terms: dict[str, object]) -> None:
    document = invoice([charged(late(), **terms)])
    (line,) = document.lines
    (billed,) = line.visits
    in_time = replace(billed, visit=replace(billed.visit, cancelled_at=START - timedelta(days=2)))
    assert faults(replace(document, lines=(replace(line, visits=(in_time,)),)))


def test_evidence_of_presence_by_others_is_not_part_of_a_cancelled_booking() -> None:
    assert late().evidence_until == START
    (line,) = charged(late(), **HALF)
    (billed,) = line.visits
    assert (billed.basis, billed.coverage, billed.doubtful) == ("cancelled_late", Decimal(0), False)


def test_a_fee_is_charged_in_addition_to_the_passes_of_a_day() -> None:
    terms = terms_of(contract(charge="cheapest", **FEE), TARIFF)
    groups = rate_day([stay(480, hour=3, name="B-2"), late()], terms, STANDARD_VAT)
    assert sorted((line.kind, line.net) for group in groups for line in group) == [
        ("cancelled_late", Decimal("4.00")),
        ("pass", Decimal("40.00")),
    ]


def test_a_document_without_late_cancellations_has_none_of_their_keys() -> None:
    """Documents that were issued before there were terms of cancellation have the digest that they had."""
    snapshot = json.loads(invoice([charged(stay(60))]).canonical())
    (line,) = snapshot["lines"]
    assert not [key for key in (*line["terms"], *line["proofs"][0]) if key.startswith("cancel") or key == "change"]
    plain, longer, charged_late = (
        agreed_digest(company(contracts=(each,)), OCTOBER)
        for each in (contract(), contract(payment_days=60), contract(**HALF))
    )
    assert plain == longer != charged_late


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "changed by the network 6\u00a0Oct\u00a02026 11:30 (api desk): Heating failed"),
        ("fr", "modifié par le réseau le 06/10/2026 11:30 (api desk) : Heating failed"),
        ("nl", "gewijzigd door het netwerk op 06/10/2026 11:30 (api desk): Heating failed"),
    ],
)
def test_the_line_says_who_changed_a_begun_booking_when_and_why(language: Language, text: str) -> None:
    change = NetworkChange(datetime(2026, 10, 6, 9, 30, tzinfo=UTC), "api desk", "Heating failed")
    document = replace(invoice([charged(stay(60, change=change))]), language=language)
    assert Invoice.read(document.canonical()) == document
    (line,) = document.lines
    assert text in note(line, language)
    assert COLUMNS["note"](indexed(document), line) == text


@pytest.mark.parametrize(("language", "day"), [("en", "5\u00a0Oct\u00a02026"), ("fr", "05/10/2026"), ("nl", "05/10/2026")])
def test_the_line_says_when_the_booking_was_cancelled_and_until_when_that_was_free(language: Language, day: str) -> None:
    for terms in (HALF, FEE):
        (line,) = charged(late(), **terms)
        assert f"{day} 07:00" in note(line, language)[0]
        assert "24" in note(line, language)[0]
    (line,) = charged(late(), **HALF)
    assert re.search(r"50\s?%", verdict(line, language)), "the share of the booked time"
