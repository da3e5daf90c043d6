"""VAT of a document: one total for each category and rate, computed on the sum of the lines."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from smartwork.domain.billing.invoice import (
    Line,
    VatTotal,
)
from smartwork.domain.billing.parties import REVERSE_CHARGE, Vat, VatCategory
from smartwork.domain.money import round_to_cent


def vat_totals(lines: Iterable[Line], vat: Vat) -> tuple[VatTotal, ...]:
    """The VAT of each category and rate, computed once on the sum of its lines and rounded half up to the cent.

    `vat` is that of the party; its code and reason are used for its own category and rate.
    """
    bases: dict[tuple[VatCategory, Decimal], Decimal] = defaultdict(Decimal)
    for line in lines:
        bases[line.vat_category, line.vat_rate] += line.net
    return tuple(_total(_vat(category, rate, vat), base) for (category, rate), base in sorted(bases.items(), reverse=True))


def _total(vat: Vat, base: Decimal) -> VatTotal:
    return VatTotal(vat.category, vat.rate, base, round_to_cent(base * vat.rate / 100), vat.code, vat.reason)


def _vat(category: VatCategory, rate: Decimal, own: Vat) -> Vat:
    """`own` if category and rate are its own, else the usual code and reason of the category.

    A correction keeps the VAT of the line that it takes back, which may differ from the party's VAT of today.
    """
    if (own.category, own.rate) == (category, rate):
        return own
    if category == "S":
        return Vat(category, rate)
    return REVERSE_CHARGE if category == "AE" else Vat("E", Decimal(0), None, "Exempt")
