"""What a run bills: the document of each company, who waits and why, and the stays that cannot be billed yet.

Whatever is wrong with one company or one stay stops only that company or stay. It is named, and the next run bills it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.companies import Company, Customer
from smartwork.domain.billing.company_month import CompanyMonth, assemble_month
from smartwork.domain.billing.composition import DocumentHeader, invoice_header
from smartwork.domain.billing.corrections import (
    IssuedGroup,
    corrections,
    groups_in_effect,
    names_of,
    reversal,
    uncredited,
    with_issued_vat,
)
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.month_charges import month_charges
from smartwork.domain.billing.occupancy import BilledOccupancy, LineKey, Place, RecordKey, billed_period, record_key
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.planned_documents import PlannedDocument, planned_documents
from smartwork.domain.billing.prepaid_hours import Lot
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.supplies import BilledSupply, SupplyChanges, supply_changes, supply_groups
from smartwork.domain.billing.tariffs import ContractMissing, RateMissing, Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import Interval, days_of_month


@dataclass(frozen=True, slots=True)
class MonthData:
    """What a run for `month` reads.

    By company_id: `visits` of the month; `changed` months, each with its visits now; the `documents` of companies with
    changed months or credited lines, in order of issue; `lots` that are on a document, and those that are on none yet. `held`
    is the billed occupancy that the visits may meet, and `contested` are its lines that hold time of another visit. `faulty`
    centres have a ledger that does not add up, each with the reason. Orders are billed from the month `orders_since` on, or
    of `month` only; `supplies` are the lines that charge them already. `centre_names` are by slug.
    """

    month: date
    issued_on: date
    seller: Party
    tariffs: Sequence[Tariff]
    visits: Mapping[int, Sequence[Visit]]
    changed: Mapping[int, Mapping[date, Sequence[Visit]]] = field(default_factory=dict)
    documents: Mapping[int, Sequence[Invoice]] = field(default_factory=dict)
    lots: Mapping[int, tuple[Sequence[Lot], Sequence[Lot]]] = field(default_factory=dict)
    held: Sequence["HeldTime"] = ()
    contested: frozenset[LineKey] = frozenset()
    faulty: Mapping[str, str] = field(default_factory=dict)
    orders_since: date | None = None
    supplies: Mapping[int, Sequence[BilledSupply]] = field(default_factory=dict)
    centre_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldTime:
    """Billed occupancy, the company whose document it is on, and the local month of the visit.

    `booked_by` is the company_id that its booking belongs to now.
    """

    company_id: int
    month: date
    booked_by: int | None
    occupancy: BilledOccupancy


@dataclass(frozen=True, slots=True)
class WaitingBill:
    """A company that gets no document now, the centre that it is about, and the reason with what to do."""

    company: str
    centre: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenStay:
    """A stay that is on no document yet, because another line charges its time; `reason` says which, and what to do.

    `record` is the id of its booking or check-in, `month` the local month in which it starts.
    """

    company: str
    centre: str
    resource: str
    record: str
    month: date
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """A company's month and its documents; none if there is nothing to charge."""

    customer: Customer
    made: CompanyMonth
    documents: tuple[PlannedDocument, ...]


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """The months to bill, in the order of the customers, the companies that wait, and the stays that are open."""

    months: tuple[PlannedMonth, ...]
    waiting: tuple[WaitingBill, ...]
    open_stays: tuple[OpenStay, ...]


@dataclass(frozen=True, slots=True)
class _Charges:
    """A company's reversals of earlier lines, and the groups that it is charged."""

    customer: Customer
    reversals: Sequence[Group]
    added: Sequence[Group]


_VisitKey = tuple[int, RecordKey, datetime]
"""The company_id, the record and the start of a visit."""


def plan_month(customers: Sequence[Customer], data: MonthData) -> MonthPlan:
    """The plan of a run for `customers`: their charges, corrections and prepaid hours.

    No booking and no time of a place is charged twice. A visit that meets time which another line still holds is left out; it
    is charged by the first run in which the line is corrected or credited.
    """
    open_stays: dict[_VisitKey, OpenStay] = {}
    while True:
        charges: list[_Charges] = []
        months: list[PlannedMonth] = []
        waiting: list[WaitingBill] = []
        for customer in customers:
            of_company = _charges(customer, data, open_stays.keys())
            if isinstance(of_company, WaitingBill):
                waiting.append(of_company)
                continue
            planned = _planned(of_company, data)
            if found := _faulty_centres(of_company, data.faulty) or _unprovable(planned.documents, data.month):
                waiting += found
            else:
                charges.append(of_company)
                months.append(planned)
        held_by_others = _held_by_others(charges, data.held)
        open_stays |= held_by_others
        if not held_by_others:
            break
    billed = {of_company.customer.company_id for of_company in charges}
    return MonthPlan(
        tuple(months),
        tuple(waiting),
        tuple(stay for (company_id, _, _), stay in open_stays.items() if company_id in billed),
    )


def contested_lines(visits: Mapping[int, Iterable[Visit]], held: Iterable[HeldTime]) -> set[HeldTime]:
    """The billed occupancy that `visits`, by company_id, meet, and that is not their own; and that of moved bookings.

    Verdicts do not overlap. So such a line was billed by an earlier verdict, which has changed since.
    """
    by_place: dict[Place, list[HeldTime]] = defaultdict(list)
    moved: dict[tuple[int | None, RecordKey], HeldTime] = {}
    for each in held:
        by_place[each.occupancy.place].append(each)
        if each.booked_by != each.company_id:
            moved[each.booked_by, each.occupancy.record] = each
    contested: set[HeldTime] = set()
    for company_id, of_company in visits.items():
        for visit in of_company:
            record, period = record_key(visit), Interval(visit.starts_at, visit.evidence_until)
            contested |= {
                each
                for each in by_place.get((visit.centre, visit.resource), ())
                if (each.company_id, each.occupancy.record) != (company_id, record)
                and period.intersect(each.occupancy.period)
            }
            if record[0] == "booking" and (company_id, record) in moved:
                contested.add(moved[company_id, record])
    return contested


def header(customer: Customer, data: MonthData) -> DocumentHeader:
    """The header of the customer's document of the month."""
    return invoice_header(customer.company, data.month, data.issued_on, data.seller, is_demo=customer.is_demo)


def _charges(customer: Customer, data: MonthData, left_out: Collection[_VisitKey]) -> _Charges | WaitingBill:
    """The charges of a company without the visits `left_out`; who waits if a contract or tariff is missing."""
    key, company = customer.company_id, customer.company
    documents = data.documents.get(key, ())
    issued, credited = groups_in_effect(documents)
    reversals: list[Group] = []

    def wanted(visits: Iterable[Visit]) -> list[Visit]:
        return [visit for visit in visits if (key, record_key(visit), visit.starts_at) not in left_out]

    try:
        added = month_charges(company, wanted(uncredited(data.visits.get(key, ()), documents)), data.tariffs)
        for month, visits in sorted(data.changed.get(key, {}).items()):
            of_month = [group for group in issued if group.lines[0].starts_on.replace(day=1) == month]
            now = month_charges(company, wanted(uncredited(visits, documents)), data.tariffs)
            now = with_issued_vat(now, of_month, company.later_vat[0].valid_from if company.later_vat else None)
            for group in corrections(of_month, credited, now, data.contested, visits):
                (reversals if group[0].kind == "correction" else added).append(group)
    except (ContractMissing, RateMissing) as error:
        return WaitingBill(company.slug, error.centre, str(error))
    ordered = changed_orders(company, data.supplies.get(key, ()), data)
    added += ordered.added
    reversals += [
        reversal(IssuedGroup(document, (line,)))
        for document in documents
        for line in document.lines
        if (document.number, line.line) in ordered.gone
    ]
    if reversals and not company.contracts:
        reason = f"{company.slug} has no contract any more, and earlier lines change: add one (smartwork agreements)."
        return WaitingBill(company.slug, reversals[0][0].centre or "", reason)
    return _Charges(customer, reversals, added)


def changed_orders(company: Company, billed: Sequence[BilledSupply], data: MonthData) -> SupplyChanges:
    """What the company's orders add to its document, and the lines that they no longer give."""
    wanted = supply_groups(company, data.orders_since or data.month, data.month, data.centre_names)
    return supply_changes(wanted, billed, company.later_vat[0].valid_from if company.later_vat else None)


def _faulty_centres(charges: _Charges, faulty: Mapping[str, str]) -> list[WaitingBill]:
    """The centres with a faulty ledger that a company's measured charges and their corrections come from."""
    lines = (line for group in (*charges.reversals, *charges.added) for line in group if line.supply is None)
    centres = {line.centre for line in lines if line.centre is not None}
    return [WaitingBill(charges.customer.company.slug, centre, faulty[centre]) for centre in sorted(centres & faulty.keys())]


def _unprovable(planned: Iterable[PlannedDocument], month: date) -> list[WaitingBill]:
    """Why a company's documents would not follow from their evidence, because readings arrived after a verdict."""
    drafts = (document.numbered(0) for document in planned)
    invoice, fault = next(((draft, fault) for draft in drafts for fault in faults(draft)), (None, None))
    if fault is None or invoice is None:
        return []
    line = next((line for line in invoice.lines if line.line == fault.line), None)
    names = ", ".join(sorted(external_id for _, external_id in names_of((line,)))) if line else "the document"
    reason = (
        f"{names}: {fault.what} is {fault.stated}, but {fault.computed} by its evidence. Readings arrived after the verdict. "
        f"Bill the month again (smartwork bill --month {month:%Y-%m})."
    )
    return [WaitingBill(invoice.account, (line.centre if line else None) or "", reason)]


def _planned(charges: _Charges, data: MonthData) -> PlannedMonth:
    customer = charges.customer
    billed, unbilled = data.lots.get(customer.company_id, ((), ()))
    last = days_of_month(data.month)[-1]
    bought = [lot for lot in unbilled if lot.bought_on <= last]
    groups = [*charges.reversals, *charges.added]
    made = assemble_month(customer.company, data.month, groups, billed, bought, data.issued_on)
    if not made.groups:
        return PlannedMonth(customer, made, ())
    head = header(customer, data)
    issued = data.documents.get(customer.company_id, ())
    return PlannedMonth(customer, made, planned_documents(customer.company, head, made.groups, made.pools, issued))


def _held_by_others(charges: Sequence[_Charges], held: Iterable[HeldTime]) -> dict[_VisitKey, OpenStay]:
    """The visits in `charges` whose time or booking another line holds after this run's reversals."""
    freed = {
        (line.corrects.number, line.corrects.line)
        for of_company in charges
        for group in of_company.reversals
        for line in group
        if line.corrects
    }
    claimed: dict[Place, list[BilledOccupancy]] = defaultdict(list)
    booked: dict[tuple[int, RecordKey], BilledOccupancy] = {}
    for each in held:
        if each.occupancy.key not in freed:
            claimed[each.occupancy.place].append(each.occupancy)
            if each.booked_by is not None:
                booked[each.booked_by, each.occupancy.record] = each.occupancy
    open_stays: dict[_VisitKey, OpenStay] = {}
    for of_company in charges:
        company_id, company = of_company.customer.company_id, of_company.customer.company
        for billed, terms in ((billed, line.terms) for group in of_company.added for line in group for billed in line.visits):
            visit, record = billed.visit, record_key(billed.visit)
            period = billed_period(billed, terms)
            taken = claimed[visit.centre, visit.resource]
            other = next((each for each in taken if period.intersect(each.period)), None) or booked.get((company_id, record))
            if other is None:
                taken.append(BilledOccupancy("", 0, 0, (visit.centre, visit.resource), record, period))
            else:
                key = (company_id, record, visit.starts_at)
                open_stays[key] = _open_stay(company.slug, billed, other)
    return open_stays


def _open_stay(company: str, billed: BilledVisit, other: BilledOccupancy) -> OpenStay:
    visit = billed.visit
    if other.number:
        reason = (
            f"line {other.line} of {other.number} charges this time for {other.record[0]} {other.record[1]}. The stay is "
            "billed once that line is corrected, which the next document of its company does, or is credited in full "
            f"(smartwork invoice dispute {other.number} --line {other.line})."
        )
    else:
        reason = (
            f"the verdict of {other.record[0]} {other.record[1]} overlaps with it. Check the bookings of the place, "
            f"reconcile the month (smartwork reconcile --month {billed.day:%Y-%m}), and bill again."
        )
    return OpenStay(company, visit.centre, visit.resource, record_key(visit)[1], billed.day.replace(day=1), reason)
