"""The yearly listing of Belgian customers that are registered for VAT (VAT Code, art. 53quinquies; royal decree no. 23)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from smartwork.domain.billing.invoice import Invoice, VatTotal
from smartwork.domain.billing.vat_exemptions import article

THRESHOLD = Decimal(250)
"""EUR without VAT a year: customers with more are listed."""
_EXEMPT_ARTICLE = "44"
"""Supplies that this article of the VAT Code exempts are left out of the listing."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A customer with its turnover and VAT of the year, EUR; credit notes are subtracted."""

    vat_number: str
    name: str
    turnover: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class ClientListing:
    """The listed customers of a year, by VAT number."""

    year: int
    clients: tuple[ListedClient, ...]

    @property
    def turnover(self) -> Decimal:
        """The turnover of all listed customers."""
        return sum((client.turnover for client in self.clients), _ZERO)

    @property
    def vat(self) -> Decimal:
        """The VAT of all listed customers."""
        return sum((client.vat for client in self.clients), _ZERO)


def client_listing(documents: Iterable[Invoice], year: int) -> ClientListing:
    """The listing of the documents to companies that were issued in `year`, in order of issue."""
    names: dict[str, str] = {}
    turnover: dict[str, Decimal] = defaultdict(Decimal)
    vat: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        number = document.buyer.vat_number
        if document.is_self_billed or document.issued_on.year != year or number is None or not number.startswith("BE"):
            continue
        sign = -1 if document.is_credit else 1
        names[number] = document.buyer.name
        for total in document.vat_totals:
            if _is_listed(total):
                turnover[number] += sign * total.base
                vat[number] += sign * total.vat
    return ClientListing(
        year,
        tuple(
            ListedClient(number, names[number], amount, vat[number])
            for number, amount in sorted(turnover.items())
            if amount > THRESHOLD
        ),
    )


def _is_listed(total: VatTotal) -> bool:
    """Whether a part of a document is in the listing; what is outside the scope of VAT is not."""
    return total.category != "O" and (total.category != "E" or article(total.code, total.reason) != _EXEMPT_ARTICLE)
