"""What a late cancellation costs: the contract's cancellation fee, or its cancellation share of the booked time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from smartwork.domain.billing.invoice import Line, Terms
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent

_ZERO = Decimal(0)


def is_charged(visit: Visit, terms: Terms) -> bool:
    """Whether the booking was cancelled after the deadline of the terms.

    The deadline decided when it was cancelled. It decides again here: a later contract with a shorter notice, or with none,
    charges nothing.
    """
    if visit.cancelled_at is None or terms.cancellation_hours is None:
        return False
    return visit.cancelled_at > visit.starts_at - timedelta(hours=terms.cancellation_hours)


def charged_seconds(visit: Visit, terms: Terms) -> Decimal:
    """The share of the booked time that is charged, in seconds; 0 where the contract has a fee instead."""
    if not is_charged(visit, terms) or terms.cancellation_fee is not None:
        return _ZERO
    return visit.booked_s * (terms.cancellation_share or _ZERO)


def fee(visit: Visit, terms: Terms) -> Decimal:
    """The fee of the cancellation in EUR, net; 0 where the contract has none, or the cancellation is not charged."""
    return terms.cancellation_fee or _ZERO if is_charged(visit, terms) else _ZERO


def fee_line(line: Line, amount: Decimal) -> Line:
    """`line`, which has no hours, as the line that charges the fee for one late cancellation."""
    return replace(line, kind="cancelled_late", quantity=Decimal(1), unit="piece", price=amount, net=round_to_cent(amount))
