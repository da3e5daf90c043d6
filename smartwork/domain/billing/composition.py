"""Composing a document from its lines: their order and numbers, VAT and totals, its number, dates and payment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.invoice import (
    DRAWING,
    MOST_LINES_WITH_PDF,
    DocumentKind,
    DocumentReference,
    Invoice,
    Line,
    Payment,
    PoolStatement,
    StatementRow,
    Unattributed,
)
from smartwork.domain.billing.parties import Language, Party, Vat
from smartwork.domain.billing.payment_reference import payment_reference, reference_abroad
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.vat_totals import vat_totals
from smartwork.domain.time import days_of_month

_SERIES: dict[DocumentKind, str] = {
    "invoice": "INV",
    "credit_note": "CN",
    "self_billed_invoice": "SB",
    "self_billed_credit_note": "SBC",
}

_CREDIT_OF: dict[DocumentKind, DocumentKind] = {
    "invoice": "credit_note",
    "self_billed_invoice": "self_billed_credit_note",
}

_KIND_ORDER = {"desk": 0, "room": 1, "other": 2, None: 3}

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class DocumentHeader:
    """Everything on a document except its lines. `kind` is the kind before the sign of the total is known.

    `vats` are those that its lines may have, with their codes and reasons.
    """

    kind: DocumentKind
    month: date
    issued_on: date
    payment_days: int
    language: Language
    buyer_reference: str
    account: str
    seller: Party
    buyer: Party
    vats: tuple[Vat, ...]
    is_demo: bool
    reason: str | None = None
    pdf_in_xml: bool = False


def invoice_header(company: Company, month: date, issued_on: date, seller: Party, *, is_demo: bool) -> DocumentHeader:
    """The header of a company's invoice of the month."""
    return DocumentHeader(
        kind="invoice",
        month=month,
        issued_on=issued_on,
        payment_days=company.payment_days,
        language=company.language,
        buyer_reference=company.buyer_reference,
        account=company.slug,
        seller=seller,
        buyer=company.party_on(issued_on),
        vats=(company.vat, *(period.vat for period in company.later_vat)),
        is_demo=is_demo,
        pdf_in_xml=company.pdf_in_xml,
    )


def series_of(kind: DocumentKind, issued_on: date, centre: str = "") -> str:
    """The number series of documents of that kind issued that day: one for each calendar year.

    A self-billed document stands in the sales register of its `centre`, so each centre has series of its own.
    """
    if kind in ("self_billed_invoice", "self_billed_credit_note"):
        return f"{_SERIES[kind]}-{centre}-{issued_on.year}"
    return f"{_SERIES[kind]}-{issued_on.year}"


def kind_of(header: DocumentHeader, groups: Iterable[Group]) -> DocumentKind:
    """The kind of document that the lines make: a credit note instead of an invoice where the total is negative."""
    totals = vat_totals((line for group in groups for line in group), header.vats)
    owed = sum((total.base + total.vat for total in totals), _ZERO)
    return _CREDIT_OF[header.kind] if owed < 0 and header.kind in _CREDIT_OF else header.kind


def compose(
    header: DocumentHeader,
    groups: Iterable[Group],
    *,
    ordinal: int,
    pools: Sequence[PoolStatement] = (),
    statement: Sequence[StatementRow] = (),
    unattributed: Unattributed | None = None,
    book_head: BookHead | None = None,
) -> Invoice:
    """The document with the lines of `groups`, sorted by centre, kind of place and time, as number `ordinal` of its series.

    VAT is computed once for each category and rate on the sum, ROUND_HALF_UP (Belgian rule); gross = net + VAT to the cent.
    Where `kind_of` makes it a credit note, quantities and amounts change their sign. A document of 0.00 asks for no payment.
    Raises ValueError if there is no line: a month without lines has no document.
    """
    all_groups = list(groups)
    kind = kind_of(header, all_groups)
    lines = _numbered(all_groups)
    if not lines:
        raise ValueError("a document needs at least one line")
    if kind != header.kind:
        lines = [_negated(line) for line in lines]
    totals = vat_totals(lines, header.vats)
    net = sum((total.base for total in totals), _ZERO)
    vat = sum((total.vat for total in totals), _ZERO)
    first, *_, last = days_of_month(header.month)
    series = series_of(kind, header.issued_on, header.account)
    number = f"{series}-{ordinal:05d}"
    has_xml = header.seller.endpoint is not None and header.buyer.endpoint is not None
    return Invoice(
        kind=kind,
        number=number,
        series=series,
        month=first,
        starts_on=first,
        ends_on=last,
        issued_on=header.issued_on,
        due_on=header.issued_on + timedelta(days=header.payment_days),
        payment_days=header.payment_days,
        currency="EUR",
        language=header.language,
        buyer_reference=header.buyer_reference,
        account=header.account,
        seller=header.seller,
        buyer=header.buyer,
        lines=tuple(lines),
        vat_totals=totals,
        net=net,
        vat=vat,
        gross=net + vat,
        payment=_payment(kind, header, number, ordinal) if net + vat else None,
        is_demo=header.is_demo,
        corrects=_corrected(lines),
        reason=header.reason,
        pools=tuple(pools),
        statement=tuple(statement),
        unattributed=unattributed,
        drawing=DRAWING,
        book_head=book_head,
        pdf_in_xml=True if header.pdf_in_xml and has_xml and len(lines) <= MOST_LINES_WITH_PDF else None,
    )


def _payment(kind: DocumentKind, header: DocumentHeader, number: str, ordinal: int) -> Payment | None:
    if header.seller.iban is None or kind not in _CREDIT_OF:
        return None
    country, year = header.buyer.country, header.issued_on.year
    reference = None
    if kind == "invoice":
        at_home = country == "BE"
        reference = payment_reference(year, ordinal) if at_home else reference_abroad(country, year, ordinal, number)
    return Payment(header.seller.iban, header.seller.name, reference)


def _numbered(groups: Iterable[Group]) -> list[Line]:
    """The lines of the groups, sorted by place and time and numbered from 1; lines without a place come last."""
    lines: list[Line] = []
    for group in sorted((group for group in groups if group), key=_order):
        before = len(lines)
        lines += [
            replace(line, line=before + line.line, of_line=None if line.of_line is None else before + line.of_line)
            for line in group
        ]
    return lines


def _order(group: Group) -> tuple[bool, str, str, int, date, datetime | date, str, str]:
    line = group[0]
    billed = line.visits[0] if line.visits else None
    reference = ((billed.visit.booking or billed.visit.check_in) if billed else line.label) or ""
    return (
        line.centre is None,
        line.centre_name or "",
        line.centre or "",
        _KIND_ORDER[line.place_kind],
        line.starts_on,
        billed.visit.starts_at.replace(tzinfo=None) if billed else datetime.combine(line.starts_on, datetime.min.time()),
        billed.visit.resource if billed else "",
        reference,
    )


def _negated(line: Line) -> Line:
    drawdowns = tuple(replace(drawdown, hours=-drawdown.hours, value=-drawdown.value) for drawdown in line.drawdowns)
    return replace(line, quantity=-line.quantity, net=-line.net, hours=-line.hours, drawdowns=drawdowns)


def _corrected(lines: Iterable[Line]) -> tuple[DocumentReference, ...]:
    references = {DocumentReference(line.corrects.number, line.corrects.issued_on) for line in lines if line.corrects}
    return tuple(sorted(references, key=lambda reference: reference.number))
