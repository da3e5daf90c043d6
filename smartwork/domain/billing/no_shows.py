"""What a no-show costs: the contract's no-show fee, or its no-show share of the booked time."""

from dataclasses import replace
from decimal import Decimal

from smartwork.domain.billing.invoice import Line, Terms
from smartwork.domain.money import round_to_cent


def charged_seconds(booked_s: int, terms: Terms) -> Decimal:
    """The share of the booked time that is charged, in seconds; 0 where the contract has a fee instead."""
    return Decimal(0) if terms.no_show_fee is not None else booked_s * terms.no_show_share


def fee_line(line: Line, fee: Decimal) -> Line:
    """`line`, which has no hours, as the line that charges the fee (EUR net) for one no-show."""
    return replace(line, kind="no_show", quantity=Decimal(1), unit="piece", price=fee, net=round_to_cent(fee))
