"""VAT of a document: one total for each category and rate, computed on the sum of the lines."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from smartwork.domain.billing.invoice import (
    Invoice,
    Line,
    VatTotal,
)
from smartwork.domain.billing.parties import WITHOUT_VAT, Vat, VatCategory
from smartwork.domain.money import round_to_cent


def vat_totals(lines: Iterable[Line], known: Sequence[Vat]) -> tuple[VatTotal, ...]:
    """The VAT of each category and rate, computed once on the sum of its lines and rounded half up to the cent.

    Code and reason of a category and rate are those of the first of `known` with them, or else the usual ones.
    """
    by_kind: dict[tuple[VatCategory, Decimal], list[Line]] = defaultdict(list)
    for line in lines:
        by_kind[line.vat_category, line.vat_rate].append(line)
    return tuple(_total(vat_of(of_kind[0], known), of_kind) for _, of_kind in sorted(by_kind.items(), reverse=True))


def vat_of(line: Line, known: Sequence[Vat]) -> Vat:
    """How a line is taxed, with the code and reason of the first of `known` with its category and rate, or the usual ones."""
    usual = Vat("S", line.vat_rate) if line.vat_category == "S" else WITHOUT_VAT[line.vat_category]
    return next((vat for vat in known if (vat.category, vat.rate) == (line.vat_category, line.vat_rate)), usual)


def stated_vats(invoice: Invoice) -> tuple[Vat, ...]:
    """How the lines of a document are taxed, with the codes and reasons that it states."""
    return tuple(Vat(total.category, total.rate, total.code, total.reason) for total in invoice.vat_totals)


def _total(vat: Vat, lines: Sequence[Line]) -> VatTotal:
    base = sum((line.net for line in lines), Decimal(0))
    return VatTotal(vat.category, vat.rate, base, round_to_cent(base * vat.rate / 100), vat.code, vat.reason)
