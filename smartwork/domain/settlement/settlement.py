"""What the network owes a centre for a month by its contract: a share of what it brought in, a rent, or a price a desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.composition import DocumentHeader
from smartwork.domain.billing.contracts import CentreContract, SettlementMode
from smartwork.domain.billing.corrections import IssuedGroup, reversal
from smartwork.domain.billing.invoice import Invoice, Line, LineKind, LineReference, Unit
from smartwork.domain.billing.parties import Party, VatCategory
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import cents
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Revenue:
    """What companies were charged for a centre and is not settled yet, by kind of place, in EUR net; credits included."""

    centre: str
    centre_name: str
    by_kind: Mapping[PlaceKind, Decimal]

    @property
    def total(self) -> Decimal:
        """All kinds together."""
        return sum(self.by_kind.values(), _ZERO)


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """What of a centre's contract sets the figures of a month; `vat_rate` in percent."""

    mode: SettlementMode
    rate: Decimal
    vat_category: VatCategory
    vat_rate: Decimal


def terms_of(contract: CentreContract) -> SettlementTerms:
    """The terms of a contract."""
    return SettlementTerms(contract.mode, contract.rate, contract.vat.category, contract.vat.rate)


@dataclass(frozen=True, slots=True)
class SettledMonth:
    """By which terms a centre's month was settled last, and how many desks it had then; None: not kept."""

    terms: SettlementTerms
    desks: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a run owes for one month of a centre; `settled` is how the month is settled from now on, None: as before.

    `afresh` says that all that the month brought in is settled as if for the first time.
    """

    groups: tuple[Group, ...]
    settled: SettledMonth | None
    afresh: bool


def is_changed(contract: CentreContract, before: SettledMonth | None) -> bool:
    """Whether a month was settled by other terms than the contract says now."""
    return before is not None and before.terms != terms_of(contract)


def settle(
    contract: CentreContract,
    revenue: Revenue,
    desks: int,
    month: date,
    earlier: LineReference | None = None,
    latest: LineReference | None = None,
    *,
    settled_before: bool = False,
) -> list[Group]:
    """The lines of a centre's settlement; none where nothing is owed.

    Of a month that was `settled_before` only the share of what came in or was given back since is settled: a rent or price
    a desk is owed once a month. A share refers to `earlier`, the line of the month's first settlement, where there is one.
    What is given back without one (corrections of earlier months) refers to `latest`, the last invoice that was drawn up
    for the centre.
    """
    if contract.mode == "share":
        found = [
            (
                _line(
                    contract,
                    revenue,
                    month,
                    kind,
                    ("share", contract.rate.copy_sign(base), abs(base)),
                    earlier or (latest if base < 0 else None),
                ),
            )
            for kind, base in revenue.by_kind.items()
            if base
        ]
    elif settled_before:
        return []
    elif contract.mode == "fixed":
        found = [(_line(contract, revenue, month, None, ("month", Decimal(1), contract.rate), None),)]
    else:
        found = [(_line(contract, revenue, month, "desk", ("seat", Decimal(desks), contract.rate), None),)]
    return [group for group in found if group[0].net]


def part_of(
    contract: CentreContract,
    before: SettledMonth | None,
    fresh: Revenue,
    taken_in: Revenue,
    desks: int,
    month: date,
    documents: Sequence[Invoice],
    latest: LineReference | None,
) -> Part:
    """What a run owes for a month by its `contract`: its `fresh` revenue and, where terms were changed, all of it anew.

    `taken_in` is what earlier runs settled of it, `documents` all of the centre's since, `desks` those of today, which
    count where none are kept. A month that was settled with nothing owed has no line to take back: it is settled afresh.
    """
    seats = desks if before is None or before.desks is None else before.desks
    changed = is_changed(contract, before)
    afresh = changed and not standing(documents, month)
    groups = resettle(contract, taken_in, seats, month, documents) if changed and not afresh else []
    revenue = _together(taken_in, fresh) if afresh else fresh
    settled_before = before is not None and not afresh
    groups += settle(contract, revenue, seats, month, first_line(documents, month), latest, settled_before=settled_before)
    kept = SettledMonth(terms_of(contract), seats) if changed or before is None else None
    return Part(tuple(groups), kept, afresh)


def _together(one: Revenue, other: Revenue) -> Revenue:
    kinds = dict.fromkeys([*one.by_kind, *other.by_kind])
    by_kind = {kind: one.by_kind.get(kind, _ZERO) + other.by_kind.get(kind, _ZERO) for kind in kinds}
    return Revenue(other.centre, other.centre_name, by_kind)


def standing(documents: Sequence[Invoice], month: date) -> list[IssuedGroup]:
    """The lines about a centre's month that its documents carry and that no later one takes back."""
    gone = {
        (ref.number, ref.line)
        for one in documents
        for line in one.lines
        if line.kind == "correction" and (ref := line.corrects)
    }
    return [one for one in _about(documents, month) if (one.invoice.number, one.lines[0].line) not in gone]


def first_line(documents: Sequence[Invoice], month: date) -> LineReference | None:
    """The first line about a centre's month, which what follows refers to; or None."""
    return next((_reference(one) for one in _about(documents, month)), None)


def resettle(
    contract: CentreContract, revenue: Revenue, desks: int, month: date, documents: Sequence[Invoice]
) -> list[Group]:
    """What makes a settled month, of `revenue` in all, one that was settled by `contract`, whatever it was settled by.

    The month's lines that stand in `documents`, all of the centre's since, are taken back, and all that is owed for it is
    settled anew, in lines that refer to the first of them.
    """
    issued = standing(documents, month)
    first = next(map(_reference, issued), None)
    fresh = [tuple(replace(line, corrects=first) for line in group) for group in settle(contract, revenue, desks, month)]
    return [*(reversal(one) for one in issued), *fresh]


def _about(documents: Sequence[Invoice], month: date) -> list[IssuedGroup]:
    return [
        IssuedGroup(one, (line,))
        for one in documents
        for line in one.lines
        if line.kind == "settlement" and line.starts_on == month
    ]


def _reference(one: IssuedGroup) -> LineReference:
    return LineReference(one.invoice.number, one.invoice.issued_on, one.lines[0].line)


def centre_head(contract: CentreContract, month: date, issued_on: date, network: Party, *, is_demo: bool) -> DocumentHeader:
    """The head of a document that the network draws up for a centre, its seller."""
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
        contract.vat,
        is_demo,
    )


def _line(
    contract: CentreContract,
    revenue: Revenue,
    month: date,
    kind: PlaceKind | None,
    sold: tuple[Unit, Decimal, Decimal],
    earlier: LineReference | None,
) -> Line:
    unit, quantity, price = sold
    days = days_of_month(month)
    what: LineKind = "settlement"
    return Line(
        line=1,
        kind=what,
        quantity=quantity,
        unit=unit,
        price=price,
        net=cents(quantity * price),
        vat_category=contract.vat.category,
        vat_rate=contract.vat.rate,
        starts_on=days[0],
        ends_on=days[-1],
        centre=revenue.centre,
        centre_name=revenue.centre_name,
        place_kind=kind,
        corrects=earlier,
    )
