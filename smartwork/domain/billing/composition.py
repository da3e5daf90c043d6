"""Composing a document: lines in order and numbered, VAT once per rate, its number, dates and payment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.invoice import (
    DocumentKind,
    DocumentReference,
    Drawdown,
    Invoice,
    Line,
    Payment,
    PoolStatement,
    StatementRow,
    Unattributed,
)
from smartwork.domain.billing.parties import Language, Party, Vat
from smartwork.domain.billing.payment_reference import payment_reference
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

_KINDS = {"desk": 0, "room": 1, None: 2}

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class DocumentHeader:
    """All that a document says apart from its lines; `kind` is what it is before the sign of its sum is known."""

    kind: DocumentKind
    month: date
    issued_on: date
    payment_days: int
    language: Language
    buyer_reference: str
    account: str
    seller: Party
    buyer: Party
    vat: Vat
    is_demo: bool
    reason: str | None = None


def invoice_header(company: Company, month: date, issued_on: date, seller: Party, *, is_demo: bool) -> DocumentHeader:
    """The head of a company's invoice of the month."""
    return DocumentHeader(
        "invoice",
        month,
        issued_on,
        company.payment_days,
        company.language,
        company.buyer_reference,
        company.slug,
        seller,
        Party(company.name, company.enterprise_number, company.street, company.postcode, company.town),
        company.vat,
        is_demo,
    )


def series_of(kind: DocumentKind, issued_on: date) -> str:
    """The number series of a kind of document issued that day: one a calendar year."""
    return f"{_SERIES[kind]}-{issued_on.year}"


def kind_of(head: DocumentHeader, groups: Iterable[Group]) -> DocumentKind:
    """What the document becomes: an invoice whose lines give back more than they ask for is a credit note."""
    totals = vat_totals((line for group in groups for line in group), head.vat)
    owed = sum((total.base + total.vat for total in totals), _ZERO)
    return _CREDIT_OF[head.kind] if owed < 0 and head.kind in _CREDIT_OF else head.kind


def compose(
    head: DocumentHeader,
    groups: Iterable[Group],
    *,
    ordinal: int,
    pools: Sequence[PoolStatement] = (),
    statement: Sequence[StatementRow] = (),
    unattributed: Unattributed | None = None,
) -> Invoice:
    """The document over `groups` as the `ordinal`-th of its series, by centre, kind of place and time.

    VAT is computed once per category and rate on the sum, ROUND_HALF_UP (Belgian rule); gross = net + VAT to the cent.
    Where `kind_of` makes it a credit note, quantities and amounts change their sign. Raises ValueError without a line:
    such a month has no invoice.
    """
    found = list(groups)
    kind = kind_of(head, found)
    lines = _numbered(found)
    if not lines:
        raise ValueError("an invoice needs a line")
    if kind != head.kind:
        lines = [_negated(line) for line in lines]
    totals = vat_totals(lines, head.vat)
    net = sum((total.base for total in totals), _ZERO)
    vat = sum((total.vat for total in totals), _ZERO)
    days = days_of_month(head.month)
    series = series_of(kind, head.issued_on)
    return Invoice(
        kind=kind,
        number=f"{series}-{ordinal:05d}",
        series=series,
        month=days[0],
        starts_on=days[0],
        ends_on=days[-1],
        issued_on=head.issued_on,
        due_on=head.issued_on + timedelta(days=head.payment_days),
        payment_days=head.payment_days,
        currency="EUR",
        language=head.language,
        buyer_reference=head.buyer_reference,
        account=head.account,
        seller=head.seller,
        buyer=head.buyer,
        lines=tuple(lines),
        vat_totals=totals,
        net=net,
        vat=vat,
        gross=net + vat,
        payment=_payment(kind, head, ordinal),
        is_demo=head.is_demo,
        corrects=_corrected(lines),
        reason=head.reason,
        pools=tuple(pools),
        statement=tuple(statement),
        unattributed=unattributed,
    )


def _payment(kind: DocumentKind, head: DocumentHeader, ordinal: int) -> Payment | None:
    if head.seller.iban is None or kind not in _CREDIT_OF:
        return None
    reference = payment_reference(head.issued_on.year, ordinal) if kind == "invoice" else None
    return Payment(head.seller.iban, head.seller.name, reference)


def _numbered(groups: Iterable[Group]) -> list[Line]:
    """The groups in order of place and time, what belongs to no place at the end, numbered through from 1."""
    lines: list[Line] = []
    for group in sorted((group for group in groups if group), key=_place):
        before = len(lines)
        lines += [
            replace(line, line=before + line.line, of_line=None if line.of_line is None else before + line.of_line)
            for line in group
        ]
    return lines


def _place(group: Group) -> tuple[bool, str, str, int, date, datetime | date, str, str]:
    line = group[0]
    proof = line.proofs[0] if line.proofs else None
    named = ((proof.booking or proof.check_in) if proof else line.label) or ""
    return (
        line.centre is None,
        line.centre_name or "",
        line.centre or "",
        _KINDS[line.place_kind],
        line.starts_on,
        proof.starts_at.replace(tzinfo=None) if proof else datetime.combine(line.starts_on, datetime.min.time()),
        proof.resource if proof else "",
        named,
    )


def _negated(line: Line) -> Line:
    drawdowns = tuple(Drawdown(draw.lot, draw.bought_on, -draw.hours, -draw.value) for draw in line.drawdowns)
    return replace(line, quantity=-line.quantity, net=-line.net, hours=-line.hours, drawdowns=drawdowns)


def _corrected(lines: Iterable[Line]) -> tuple[DocumentReference, ...]:
    found = {DocumentReference(line.corrects.number, line.corrects.issued_on) for line in lines if line.corrects}
    return tuple(sorted(found, key=lambda reference: reference.number))
