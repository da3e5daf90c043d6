"""The documents that a company's lines make: one, or several where lines cannot stand on one document.

A document has one customer, and one reason for each VAT category and rate, as EN 16931 has one VAT total for them.
Lines outside the scope of VAT stand on a document of their own (EN 16931, BR-O-11 and BR-O-12).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.composition import DocumentHeader, compose, kind_of
from smartwork.domain.billing.invoice import DocumentKind, Invoice, PoolStatement
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.vat_totals import stated_vats, vat_of

_Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlannedDocument:
    """A document without its number."""

    header: DocumentHeader
    groups: tuple[Group, ...]
    pools: tuple[PoolStatement, ...] = ()

    @property
    def kind(self) -> DocumentKind:
        """The kind of document that the lines make."""
        return kind_of(self.header, self.groups)

    def numbered(self, ordinal: int, book_head: BookHead | None = None) -> Invoice:
        """The document as number `ordinal` of its series, after the head of the books; a draft has 0, and no head."""
        return compose(self.header, self.groups, ordinal=ordinal, pools=self.pools, book_head=book_head)


@dataclass(slots=True)
class _Part:
    """The lines of one document as they are collected."""

    customer: _Identity
    vats: list[Vat] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def takes(self, customer: _Identity, vat: Vat) -> bool:
        """Whether lines of `customer` that are taxed by `vat` may stand with the others."""
        return customer == self.customer and all(
            (vat.category == "O") == (other.category == "O")
            and (vat == other or (vat.category, vat.rate) != (other.category, other.rate))
            for other in self.vats
        )

    @property
    def last_day(self) -> date:
        """The last day on which one of the lines begins."""
        return max(group[0].starts_on for group in self.groups)


def planned_documents(
    company: Company,
    head: DocumentHeader,
    groups: Iterable[Group],
    pools: tuple[PoolStatement, ...],
    documents: Sequence[Invoice],
) -> tuple[PlannedDocument, ...]:
    """The documents of `groups`, that with the latest supply first, which has the movement of the pools.

    The customer of a line is the company as it was on the day of supply; its name and address are those that it has when the
    document is issued. A correction has the VAT that the one of `documents` states which it corrects.
    """
    parts: list[_Part] = []
    for group in groups:
        customer, vat = company.party_on(group[0].starts_on).identity, _vat(company, group, documents)
        part = next((part for part in parts if part.takes(customer, vat)), None)
        if part is None:
            part = _Part(customer)
            parts.append(part)
        part.vats += [] if vat in part.vats else [vat]
        part.groups.append(group)
    parts.sort(key=lambda part: part.last_day, reverse=True)
    return tuple(
        PlannedDocument(
            replace(head, buyer=_buyer(company, part, head.issued_on), vats=tuple(part.vats)),
            tuple(part.groups),
            () if position else pools,
        )
        for position, part in enumerate(parts)
    )


def _vat(company: Company, group: Group, documents: Sequence[Invoice]) -> Vat:
    line = group[0]
    stated = [
        vat
        for document in documents
        if line.corrects and document.number == line.corrects.number
        for vat in stated_vats(document)
    ]
    return vat_of(line, [*stated, company.vat_on(line.starts_on)])


def _buyer(company: Company, part: _Part, issued_on: date) -> Party:
    """The customer with the name and address of the day of issue, or the last ones if the company is another one by then."""
    known = [company.party, *(period.party for period in company.later_parties if period.valid_from <= issued_on)]
    same = [party for party in known if party.identity == part.customer]
    return same[-1] if same else company.party_on(part.last_day)
