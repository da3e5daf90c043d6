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
    return lambda one: replace(
        one, lines=tuple(replace(each, **fields) if each.line == number else each for each in one.lines)
    )


def billed(**fields: Any) -> Change:
    """Other fields for what rating made of the first line's visit."""
    return lambda one: line(1, visits=(replace(one.lines[0].visits[0], **fields),))(one)


def measured(**fields: Any) -> Change:
    """Other fields for the first line's visit."""
    return lambda one: billed(visit=replace(one.lines[0].visits[0].visit, **fields))(one)


def shifted(one: Invoice) -> Invoice:
    first, *rest = one.lines[0].visits[0].visit.spans
    return measured(spans=(first, replace(rest[0], start=rest[0].start - timedelta(minutes=3)), *rest[1:]))(one)


def paid_by(reference: str) -> Change:
    def change(one: Invoice) -> Invoice:
        assert one.payment
        return replace(one, payment=replace(one.payment, reference=reference))

    return change


@pytest.mark.parametrize("one", [document for language in ("fr", "nl", "en") for document in every_kind(language)])
def test_nothing_is_found_in_what_billing_composes(one: Invoice) -> None:
    assert faults(one) == []


@pytest.mark.parametrize(
    ("change", "number", "what"),
    [
        (lambda one: replace(one, net=one.net + 1), 0, "net"),
        (lambda one: replace(one, vat=one.vat + 1), 0, "vat"),
        (lambda one: replace(one, gross=one.gross + 1), 0, "gross"),
        (lambda one: replace(one, gross=Decimal("1.001")), 0, "gross"),
        (lambda one: replace(one, vat_totals=(replace(one.vat_totals[0], vat=Decimal(0)),)), 0, "VAT"),
        (lambda one: replace(one, lines=one.lines[1:]), 0, "line numbers"),
        (lambda one: replace(one, lines=()), 0, "line numbers"),
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
    one = mixed_invoice()
    wrong = replace(one, pools=(replace(one.pools[0], closing=Decimal(1)),))
    assert [found.what for found in faults(wrong)] == ["closing hours of desk"]


def test_a_centres_share_is_taken_of_its_statement() -> None:
    one = self_billed()
    wrong = replace(one, statement=one.statement[1:])
    assert [(found.line, found.what) for found in faults(wrong)] == [(1, "price")]


def test_charges_on_a_monthly_credit_note_are_checked_too() -> None:
    one = month_given_back()
    assert one.kind == "credit_note"
    assert min(each.quantity for each in one.lines) < 0
    taller = [replace(each, quantity=each.quantity - 1) if each.visits else each for each in one.lines]
    assert {"quantity"} < {found.what for found in faults(replace(one, lines=tuple(taller)))}
