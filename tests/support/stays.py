"""Stays, contracts and invoices of one company, so that a test of money names only what it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.composition import compose, invoice_header
from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import STANDARD_VAT, Party
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span

SELLER = Party("Network", "0999900150", "Street 1", "5000", "Namur", iban="BE92999900000123")
START = datetime(2026, 10, 5, 7, tzinfo=UTC)
"""A Monday, 09:00 in Brussels."""
OCTOBER = date(2026, 10, 1)
TARIFF = Tariff(
    None, "desk", date(2026, 1, 1), Decimal("7.50"), half_day=Decimal(25), half_day_hours=Decimal(4), day=Decimal(40)
)


def contract(**changes: Any) -> Contract:
    """As booked, half the price for a no-show, quarters of an hour."""
    plain = Contract(date(2026, 1, 1), None, "as_booked", 10, 15, Decimal("0.5"), early_leave_refund=True, payment_days=30)
    return replace(plain, **changes)


def company(*pools: Pool, **changes: Any) -> Company:
    """A company in Namur with one contract."""
    party = Party("Acme SA", "0403170701", "Rue 1", "5000", "Namur")
    plain = Company("acme", party, "fr", "PO-1", (contract(),), pools=pools)
    return replace(plain, **changes)


def stay(minutes: int = 60, *, day: int = 0, hour: int = 0, name: str = "B-1", **changes: Any) -> Visit:
    """A booking of so many minutes that was used to the full; `day` and `hour` are counted from START."""
    start = START + timedelta(days=day, hours=hour)
    end = start + timedelta(minutes=minutes)
    plain = Visit(
        verdict="used", starts_at=start, ends_at=end, booked_s=minutes * 60, occupied_s=minutes * 60, vacant_s=0, unknown_s=0,
        over_s=0, centre="namur", centre_name="Namur", timezone="Europe/Brussels", resource="d-1", resource_name="Desk 1",
        kind="desk", member="m-1", booking=name, check_in=None, check_in_method=None,
        spans=(Span(start, end, "occupied"),), batches=(BatchRun("e", "a1b2c3d4e5f6", 1, 9),),
        ledger=(LedgerDay(start.date(), 500, 500, 0, 0, 0),),
    )  # fmt: skip
    return replace(plain, **changes)


def line(minutes: int = 60, *, day: int = 0, hour: int = 0, name: str = "B-1") -> Group:
    """The line of such a booking at 7.50 EUR an hour."""
    return rate(stay(minutes, day=day, hour=hour, name=name), terms_of(contract(), TARIFF), STANDARD_VAT)


def invoice(
    groups: Iterable[Group], *, ordinal: int = 1, month: date = OCTOBER, issued_on: date = date(2026, 11, 2)
) -> Invoice:
    """The company's document over these lines."""
    return compose(invoice_header(company(), month, issued_on, SELLER, is_demo=True), groups, ordinal=ordinal)
