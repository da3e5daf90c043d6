"""Figures as text on the terminal, with thin spaces between thousands."""

from decimal import Decimal

_THIN_SPACE = "\u202f"


def number(value: float) -> str:
    """A number without decimals, for example `1 234`."""
    return f"{value:,.0f}".replace(",", _THIN_SPACE)


def figure(amount: Decimal) -> str:
    """An amount with two decimals, for example `1 234.50`. The unit is in the title of the column."""
    return f"{amount + 0:,.2f}".replace(",", _THIN_SPACE)


def euro(amount: Decimal) -> str:
    """An amount in EUR with two decimals, for example `1 234.50 €`."""
    return f"{figure(amount)} €"
