"""What does not hold of a document is found before it is written: sums, form, and figures that evidence does not bear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from tests.support.documents import credit_note, every_kind, invoice, mixed_invoice, month_given_back, self_billed

Change = Callable[[Invoice], Invoice]


def line(number: int, **fields: Any) -> Change:
    """Other fields for one line."""
    return lambda document: replace(
        document, lines=tuple(replace(each, **fields) if each.line == number else each for each in document.lines)
    )


def billed(**fields: Any) -> Change:
    """Other fields for what rating made of the first line's visit."""
    return lambda document: line(1, visits=(replace(document.lines[0].visits[0], **fields),))(document)


def measured(**fields: Any) -> Change:
    """Other fields for the first line's visit."""
    return lambda document: billed(visit=replace(document.lines[0].visits[0].visit, **fields))(document)


def shifted(document: Invoice) -> Invoice:
    first, *rest = document.lines[0].visits[0].visit.spans
    return measured(spans=(first, replace(rest[0], start=rest[0].start - timedelta(minutes=3)), *rest[1:]))(document)


def paid_by(reference: str) -> Change:
    def change(document: Invoice) -> Invoice:
        assert document.payment
        return replace(document, payment=replace(document.payment, reference=reference))

    return change


@pytest.mark.parametrize("document", [document for language in ("fr", "nl", "en") for document in every_kind(language)])
def test_nothing_is_found_in_what_billing_composes(document: Invoice) -> None:
    assert faults(document) == []


@pytest.mark.parametrize(
    ("change", "number", "what"),
    [
        (lambda document: replace(document, net=document.net + 1), 0, "net"),
        (lambda document: replace(document, vat=document.vat + 1), 0, "vat"),
        (lambda document: replace(document, gross=document.gross + 1), 0, "gross"),
        (lambda document: replace(document, gross=Decimal("1.001")), 0, "gross"),
        (lambda document: replace(document, vat_totals=(replace(document.vat_totals[0], vat=Decimal(0)),)), 0, "VAT"),
        (lambda document: replace(document, lines=document.lines[1:]), 0, "line numbers"),
        (lambda document: replace(document, lines=()), 0, "line numbers"),
        (paid_by("202600000799"), 0, "payment reference"),
        (line(2, net=Decimal("3.005")), 2, "net"),
        (line(2, price=Decimal("-7.50")), 2, "price"),
        (line(2, quantity=Decimal(9)), 2, "quantity"),
        (line(2, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 1)), 2, "period"),
        (line(2, starts_on=date(2026, 10, 30), ends_on=date(2026, 10, 1)), 2, "period"),
        (billed(hours=Decimal(99)), 1, "hours of a visit"),
        (billed(coverage=Decimal("0.123")), 1, "coverage"),
        (billed(doubtful=None), 1, "doubtful"),
        (measured(booked_s=60), 1, "booked seconds"),
        (measured(over_s=3600), 1, "seconds past the end"),
        (billed(day=date(2026, 10, 30)), 1, "day"),
        (shifted, 1, "spans"),
    ],
)
def test_what_does_not_hold_is_named_by_line(change: Change, number: int, what: str) -> None:
    assert (number, what) in {(found.line, found.what) for found in faults(change(invoice(lines=4)))}


def test_a_credit_note_names_what_it_corrects_and_gives_a_positive_amount() -> None:
    assert "corrects" in {found.what for found in faults(replace(credit_note(), corrects=()))}
    assert "gross" in {found.what for found in faults(replace(credit_note(), gross=Decimal(-1)))}


def test_the_movement_of_prepaid_hours_adds_up() -> None:
    document = mixed_invoice()
    wrong = replace(document, pools=(replace(document.pools[0], closing=Decimal(1)),))
    assert [found.what for found in faults(wrong)] == ["closing hours of desk"]


def test_a_centres_share_is_taken_of_its_statement() -> None:
    document = self_billed()
    wrong = replace(document, statement=document.statement[1:])
    assert [(found.line, found.what) for found in faults(wrong)] == [(1, "price")]


def test_charges_on_a_monthly_credit_note_are_checked_too() -> None:
    document = month_given_back()
    assert document.kind == "credit_note"
    assert min(each.quantity for each in document.lines) < 0
    taller = [replace(each, quantity=each.quantity - 1) if each.visits else each for each in document.lines]
    assert {"quantity"} < {found.what for found in faults(replace(document, lines=tuple(taller)))}
