"""An invoice is a snapshot: sums to the cent, one text, one digest, and back again."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import ogm_vcs

from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.composition import compose, invoice_header
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import STANDARD_VAT, Party
from smartwork.domain.billing.payment_reference import formatted_reference, payment_reference
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.ledger.ledger_day import BatchRun
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import Span
from tests.support.documents import mixed_invoice, self_billed

SELLER = Party("Network", "0999900150", "Street 1", "5000", "Namur", iban="BE92999900000123")
TERMS = Contract(date(2026, 1, 1), None, "as_booked", 10, 15, Decimal("0.5"), early_leave_refund=True, payment_days=30)
ACME = Company("acme", Party("Acme SA", "0403170701", "Rue 1", "5000", "Namur"), "fr", "PO-1", (TERMS,))
START = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # 23:30 in Brussels


def charge(centre: str = "Namur", kind: Any = "desk", hours: str = "1", price: str = "7.5", day: int = 0) -> Group:
    start = START - timedelta(days=day)
    end = start + timedelta(hours=1)
    visit = Visit(
        verdict="used", starts_at=start, ends_at=end, booked_s=3600, occupied_s=2400, vacant_s=600, unknown_s=600, over_s=0,
        centre=centre.lower(), centre_name=centre, timezone="Europe/Brussels", resource="d-1", resource_name="Desk 1",
        kind=kind, member="m-1", booking=f"B-{day}", check_in=None, check_in_method=None,
        spans=(Span(start, end, "occupied"),), batches=(BatchRun("e", "a1b2c3d4e5f6", 1, 9),),
    )  # fmt: skip
    line = rate(visit, terms_of(TERMS, Tariff(None, kind, START.date(), Decimal(price))), STANDARD_VAT)[0]
    quantity = Decimal(hours)
    return (replace(line, hours=quantity, quantity=quantity, net=round_to_cent(quantity * line.price)),)


def invoice(*charges: Group, ordinal: int = 7) -> Invoice:
    head = invoice_header(ACME, date(2026, 10, 1), date(2026, 11, 2), SELLER, is_demo=True)
    return compose(head, charges, ordinal=ordinal)


def test_lines_are_sorted_by_centre_then_kind_then_time() -> None:
    made = invoice(charge("Namur", "room"), charge("Namur", day=1), charge("Namur", day=2), charge("Arlon", "room"))
    assert [(x.line, x.centre_name, x.place_kind, x.visits[0].visit.booking) for x in made.lines] == [
        (1, "Arlon", "room", "B-0"),
        (2, "Namur", "desk", "B-2"),
        (3, "Namur", "desk", "B-1"),
        (4, "Namur", "room", "B-0"),
    ]


@given(st.lists(st.tuples(st.integers(1, 96), st.decimals(0, 100, places=4)), min_size=1, max_size=20))
def test_sums_agree_to_the_cent(parts: list[tuple[int, Decimal]]) -> None:
    made = invoice(*(charge(hours=str(Decimal(n) / 4), price=str(p)) for n, p in parts))
    assert made.net == sum(line.net for line in made.lines) == made.vat_totals[0].base
    assert abs(made.vat - made.net * 21 / 100) <= Decimal("0.005")
    assert made.gross == made.net + made.vat


def test_dates_number_and_coverage_are_those_of_the_document() -> None:
    made = invoice(charge())
    assert (made.number, made.series) == ("INV-2026-00007", "INV-2026")
    assert (made.starts_on, made.ends_on, made.due_on) == (date(2026, 10, 1), date(2026, 10, 31), date(2026, 12, 2))
    assert (made.lines[0].starts_on, made.lines[0].visits[0].coverage) == (date(2026, 10, 31), Decimal("0.833"))


@given(st.integers(2026, 2099), st.integers(1, 999_999))
def test_payment_reference_passes_the_banks_check(year: int, ordinal: int) -> None:
    reference = payment_reference(year, ordinal)
    assert ogm_vcs.is_valid(reference)
    assert re.fullmatch(r"\+\+\+\d{3}/\d{4}/\d{5}\+\+\+", formatted_reference(reference))


def test_snapshot_survives_storage_with_the_same_text() -> None:
    made = invoice(charge(), charge("Arlon", "room", "2.5", "24.1234"))
    stored = json.loads(json.dumps(json.loads(made.canonical())))
    assert Invoice.parse(stored) == made
    assert Invoice.parse(stored).canonical() == made.canonical()


def test_any_change_changes_the_digest() -> None:
    text = invoice(charge()).canonical()
    assert len(digest(text)) == 32
    assert digest(text) != digest(text.replace("7.50", "7.51"))


def test_month_without_charges_has_no_invoice() -> None:
    with pytest.raises(ValueError, match="needs at least one line"):
        invoice()


def test_keys_of_snapshots_stay_those_of_the_documents_issued_so_far() -> None:
    document = json.loads(mixed_invoice("en").canonical())
    drawdowns = [drawdown for line in document["lines"] for drawdown in line["draws"]]
    terms = [line["terms"] for line in document["lines"] if line["terms"]]
    assert drawdowns
    assert terms
    assert all(set(drawdown) == {"lot", "bought_on", "hours", "worth"} for drawdown in drawdowns)
    assert all("give_back" in rules and "early_leave_refund" not in rules for rules in terms)
    [row] = json.loads(self_billed().canonical())["statement"][:1]
    assert set(row) == {"resource", "resource_name", "kind", "visits", "hours", "net", "of_it_credits"}
