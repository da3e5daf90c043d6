"""The account numbers of the export for accounting: by part of the books and by product, with Belgian defaults.

The defaults follow the minimum chart of accounts of Belgian companies (MAR, PCMN): royal decree of 21 October 2018.
"""

from dataclasses import dataclass
from decimal import Decimal

from smartwork.domain.billing.account_number import AccountNumber
from smartwork.domain.billing.parties import VatCategory

_DEFAULTS: dict[str, tuple[str, str]] = {
    "customers": ("400000", "Trade debtors"),
    "suppliers": ("440000", "Suppliers"),
    "bank": ("550000", "Bank"),
    "transit": ("580000", "Internal transfers: payments ordered"),
    "vat_due": ("451000", "VAT payable"),
    "vat_recoverable": ("411000", "VAT recoverable"),
    "prepaid": ("493000", "Deferred income: prepaid hours"),
    "expired": ("743000", "Prepaid hours that expired"),
    "bad_debts": ("642000", "Losses on trade debtors"),
    "settlement": ("610000", "Shares and rents of centres"),
    "suspense": ("499000", "Suspense account"),
}
"""Of the parts of the books that are no product."""
PARTS = frozenset(_DEFAULTS)
"""The parts of the books: no product has such a name."""
_SALES = ("700000", "Services")
"""Of every product without a number of its own."""


@dataclass(frozen=True, slots=True)
class ChartOfAccounts:
    """The numbers of the agreements, and the defaults for what they do not name."""

    numbers: tuple[AccountNumber, ...] = ()

    def number(self, used_for: str, vat_code: str = "") -> tuple[str, str]:
        """Number and name of the account of a part of the books, or of a product; that for the VAT code goes first."""
        matching = [each for each in self.numbers if each.used_for == used_for and each.vat_code in ("", vat_code)]
        if matching:
            found = max(matching, key=lambda each: each.vat_code != "")
            return found.number, found.name
        return _DEFAULTS.get(used_for, _SALES)


def vat_code(category: VatCategory, rate: Decimal) -> str:
    """The VAT code of an amount: S with the rate in percent, such as S21, or the category."""
    return f"S{rate.normalize():f}" if category == "S" else category
