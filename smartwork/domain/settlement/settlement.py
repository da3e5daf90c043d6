"""What the network owes a centre for a month by its contract: a share of its revenue, a rent, or a price per desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.composition import DocumentHeader
from smartwork.domain.billing.contracts import CentreContract, SettlementMode
from smartwork.domain.billing.corrections import IssuedGroup, reversal
from smartwork.domain.billing.credit_notes import credit_note_header
from smartwork.domain.billing.invoice import Invoice, Line, LineReference, RevenueKind, Unit
from smartwork.domain.billing.parties import Party, VatCategory
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import round_to_cent
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Revenue:
    """Charges to companies for a centre, by kind of place, in EUR net. Credits are subtracted."""

    centre: str
    centre_name: str
    by_kind: Mapping[RevenueKind, Decimal]

    @property
    def total(self) -> Decimal:
        """The sum over all kinds of place."""
        return sum(self.by_kind.values(), _ZERO)

    def plus(self, other: "Revenue") -> "Revenue":
        """Both revenues of the same centre together."""
        kinds = dict.fromkeys([*self.by_kind, *other.by_kind])
        by_kind = {kind: self.by_kind.get(kind, _ZERO) + other.by_kind.get(kind, _ZERO) for kind in kinds}
        return Revenue(self.centre, self.centre_name, by_kind)


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """The part of a centre's contract that determines the figures of a month. `vat_rate` is in percent."""

    mode: SettlementMode
    rate: Decimal
    vat_category: VatCategory
    vat_rate: Decimal


def terms_of(contract: CentreContract) -> SettlementTerms:
    """The terms of a contract."""
    return SettlementTerms(contract.mode, contract.rate, contract.vat.category, contract.vat.rate)


@dataclass(frozen=True, slots=True)
class SettledMonth:
    """The terms by which a centre's month was settled last, and its number of desks then; None: not stored."""

    terms: SettlementTerms
    desks: int | None


@dataclass(frozen=True, slots=True)
class CentreMonth:
    """A month of a centre before a settlement run.

    `desks` is today's number of desks; it counts if none is stored with `previous`, the last settlement of the month.
    `new_revenue` is not settled yet; `settled_revenue` was settled by earlier runs. `documents` are the centre's self-billed
    documents since the month. `latest_invoice` is what a credit refers to if the month has no line yet.
    """

    contract: CentreContract
    month: date
    desks: int
    previous: SettledMonth | None
    new_revenue: Revenue
    settled_revenue: Revenue
    documents: Sequence[Invoice]
    latest_invoice: LineReference | None


@dataclass(frozen=True, slots=True)
class MonthSettlement:
    """What a run owes for a month of a centre.

    `settled` is to be stored as how the month was settled; None: unchanged. `is_full_rerun`: all revenue of the month is
    settled as if for the first time.
    """

    groups: tuple[Group, ...]
    settled: SettledMonth | None
    is_full_rerun: bool


def is_changed(contract: CentreContract, previous: SettledMonth | None) -> bool:
    """Whether a month was settled by other terms than those of the contract."""
    return previous is not None and previous.terms != terms_of(contract)


def settle_centre_month(centre_month: CentreMonth) -> MonthSettlement:
    """Settle a month of a centre by its contract.

    If the terms are unchanged, or the month was never settled, its new revenue is settled. If the terms changed, the month's
    earlier settlement is adjusted as well. If they changed and no earlier line is in force, because nothing was owed, all
    revenue of the month is settled as if for the first time.
    """
    contract, month, previous = centre_month.contract, centre_month.month, centre_month.previous
    desks = centre_month.desks if previous is None or previous.desks is None else previous.desks
    changed = is_changed(contract, previous)
    is_full_rerun = changed and not lines_in_force(centre_month.documents, month)
    groups: list[Group] = []
    if changed and not is_full_rerun:
        groups += adjust(contract, centre_month.settled_revenue, desks, month, centre_month.documents)
    revenue = centre_month.new_revenue
    if is_full_rerun:
        revenue = centre_month.settled_revenue.plus(revenue)
    groups += settle(
        contract,
        revenue,
        desks,
        month,
        first_line(centre_month.documents, month),
        centre_month.latest_invoice,
        settled_before=previous is not None and not is_full_rerun,
    )
    settled = SettledMonth(terms_of(contract), desks) if changed or previous is None else None
    return MonthSettlement(tuple(groups), settled, is_full_rerun)


def settle(
    contract: CentreContract,
    revenue: Revenue,
    desks: int,
    month: date,
    first: LineReference | None = None,
    latest_invoice: LineReference | None = None,
    *,
    settled_before: bool = False,
) -> list[Group]:
    """The lines that settle a centre's revenue of a month; none if nothing is owed.

    A share of the revenue is owed each time; a rent, or a price per desk, once a month, so not if it was `settled_before`.
    A share refers to `first`, the first settlement line of the month, if there is one. A credit without one (corrections of
    earlier months) refers to `latest_invoice` of the centre.
    """
    lines = []
    if contract.mode == "share":
        for kind, base in revenue.by_kind.items():
            corrects = first or (latest_invoice if base < 0 else None)
            quantity = contract.rate.copy_sign(base)
            line = _line(contract, revenue, month, "share", quantity, abs(base))
            lines.append(replace(line, place_kind=kind, corrects=corrects))
    elif settled_before:
        return []
    elif contract.mode == "fixed":
        lines.append(_line(contract, revenue, month, "month", Decimal(1), contract.rate))
    else:
        line = _line(contract, revenue, month, "seat", Decimal(desks), contract.rate)
        lines.append(replace(line, place_kind="desk"))
    return [(line,) for line in lines if line.net]


def adjust(
    contract: CentreContract, settled_revenue: Revenue, desks: int, month: date, documents: Sequence[Invoice]
) -> list[Group]:
    """The lines that adjust a settled month to a changed contract.

    The month's lines in force in `documents` are taken back, and all of its settled revenue is settled by `contract`, in
    lines that refer to the first of them.
    """
    issued = lines_in_force(documents, month)
    first = next(map(_reference, issued), None)
    groups = settle(contract, settled_revenue, desks, month)
    settled = [tuple(replace(line, corrects=first) for line in group) for group in groups]
    return [*(reversal(line) for line in issued), *settled]


def lines_in_force(documents: Sequence[Invoice], month: date) -> list[IssuedGroup]:
    """The settlement lines of a centre's month that no later document takes back."""
    taken_back = {
        (corrected.number, corrected.line)
        for document in documents
        for line in document.lines
        if line.kind == "correction" and (corrected := line.corrects)
    }
    return [
        issued
        for issued in _settlement_lines(documents, month)
        if (issued.invoice.number, issued.lines[0].line) not in taken_back
    ]


def first_line(documents: Sequence[Invoice], month: date) -> LineReference | None:
    """The first settlement line of a centre's month, to which later lines refer; or None."""
    return next(map(_reference, _settlement_lines(documents, month)), None)


def _settlement_lines(documents: Sequence[Invoice], month: date) -> list[IssuedGroup]:
    return [
        IssuedGroup(document, (line,))
        for document in documents
        for line in document.lines
        if line.kind == "settlement" and line.starts_on == month
    ]


def _reference(issued: IssuedGroup) -> LineReference:
    return LineReference(issued.invoice.number, issued.invoice.issued_on, issued.lines[0].line)


def centre_head(contract: CentreContract, month: date, issued_on: date, network: Party, *, is_demo: bool) -> DocumentHeader:
    """The head of a self-billed document: the centre is the seller, the network the buyer that issues it."""
    return DocumentHeader(
        "self_billed_invoice",
        month,
        issued_on,
        0,
        contract.language,
        f"{contract.centre} {month:%Y-%m}",
        contract.centre,
        contract.payee,
        network,
        (contract.vat,),
        is_demo,
    )


def cancellation(document: Invoice) -> list[Group]:
    """The lines that take back all lines of a self-billed document."""
    return [reversal(IssuedGroup(document, (line,))) for line in document.lines]


def cancellation_head(document: Invoice, issued_on: date) -> DocumentHeader:
    """The head of the document that takes back `document`: the same parties, month and references."""
    head = credit_note_header(document, issued_on, "")
    return replace(head, kind="self_billed_invoice", reason=None)


def _line(contract: CentreContract, revenue: Revenue, month: date, unit: Unit, quantity: Decimal, price: Decimal) -> Line:
    days = days_of_month(month)
    return Line(
        line=1,
        kind="settlement",
        quantity=quantity,
        unit=unit,
        price=price,
        net=round_to_cent(quantity * price),
        vat_category=contract.vat.category,
        vat_rate=contract.vat.rate,
        starts_on=days[0],
        ends_on=days[-1],
        centre=revenue.centre,
        centre_name=revenue.centre_name,
    )
