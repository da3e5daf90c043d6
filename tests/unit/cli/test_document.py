"""A document on the terminal: every line with what it was sold for, whatever paid for it, in any width."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from smartwork.cli.document import document, evidence
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Event
from smartwork.domain.billing.payments import Position
from tests.support.documents import every_kind, mixed_invoice, ordered_invoice


def printed(*parts: object, width: int = 120) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(*parts)
    return captured.get()


def rows(invoice: Invoice, width: int = 120) -> list[list[str]]:
    text = printed(document(invoice, [], None), width=width).partition("Lines")[2]
    return [line.split() for line in text.splitlines() if line.strip() and line.split()[0].isdigit()]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("invoice", [*every_kind("fr"), mixed_invoice("en")])
def test_every_line_stands_in_one_row_that_ends_with_its_amount(invoice: Invoice, width: int) -> None:
    shown = rows(invoice, width)
    assert [int(row[0]) for row in shown] == [line.line for line in invoice.lines]
    ends = [f"{line.net:,.2f}".split(",") for line in invoice.lines]
    assert [row[-len(end) :] for row, end in zip(shown, ends, strict=True)] == ends


def test_hours_that_were_paid_ahead_are_shown_as_such_and_not_as_nothing() -> None:
    invoice = mixed_invoice("en")
    paid = next(line for line in invoice.lines if line.drawdowns and not line.quantity)
    [row] = [row for row in rows(invoice) if row[0] == str(paid.line)]
    drawn = sum((draw.hours for draw in paid.drawdowns), Decimal(0))
    assert f"{drawn:.2f}" in row
    assert "h" not in row


def test_events_are_printed_whole_with_their_notes() -> None:
    invoice = mixed_invoice("en")
    note = "the sensor of the desk by the window was moved " * 4
    events = [Event("disputed", datetime(2026, 11, 3, 9, 5, tzinfo=UTC), line=1, note=note)]
    at = Position(invoice.gross, paid=Decimal("10.00"))
    text = printed(document(invoice, events, at), width=80)
    assert "2026-11-03 09:05" in text
    words = text[text.index("Events") :].split()
    assert [word for word in note.split() if word not in words] == []
    assert "paid 10.00 €" in text.lower()


def test_the_evidence_of_a_line_says_in_which_time_zone_it_is() -> None:
    line = next(line for line in mixed_invoice("en").lines if line.visits)
    text = printed(evidence(line))
    assert line.visits[0].visit.timezone in text
    assert all(f"№ {run.first}" in text or f"{run.first}–{run.last}" in text for run in line.visits[0].visit.batches)


def test_the_evidence_of_an_order_is_what_was_agreed() -> None:
    line = next(line for line in ordered_invoice("en").lines if line.kind == "subscription" and line.label == "2026-044")
    shown = printed(evidence(line))
    assert "Order 2026-044: 3 × Membre « flexible » (membership) at 180.00 €, 2026-10-15 to 2026-10-31" in shown
