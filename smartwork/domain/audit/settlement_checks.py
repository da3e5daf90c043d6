"""Audit checks of settlements: every charge is settled once, by the terms that are stored for its month."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import settlement_posting
from smartwork.domain.audit.audit_data import AuditData, StoredPosting, StoredTerms, line_charge, sign
from smartwork.domain.billing.contracts import SettlementMode
from smartwork.domain.billing.invoice import Invoice, Line, RevenueKind, Unit
from smartwork.domain.money import round_to_cent

_ZERO = Decimal(0)
_HALF_A_CENT = Decimal("0.005")
_UNITS: dict[SettlementMode, Unit] = {"share": "share", "fixed": "month", "per_seat": "seat"}


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of a company's document for a centre, EUR net, with prepaid hours at their value.

    `month` is the month that the line is about: its terms settle it.
    """

    posting_id: int
    month: date
    centre: str
    kind: RevenueKind | None
    amount: Decimal


@dataclass(slots=True)
class _CentreMonth:
    """A centre's month: the settled charges and the settlements that took them in, by kind of place; the lines in force."""

    charged: dict[RevenueKind | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    settlements: dict[RevenueKind | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    lines: list[tuple[Invoice, Line]] = field(default_factory=list)


def charges_are_settled_once(data: AuditData) -> Iterator[str]:
    """Charges that are settled twice or by a posting that is no settlement, and settlements that post another sum."""
    charged = charged_by_posting(data)
    settlements = [posting for posting in data.postings if posting.kind == "settlement"]
    settlement_ids = {posting.posting_id for posting in settlements}
    settled: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    cancelled = cancelled_settlements(data)
    counts = Counter((item.posting_id, item.centre) for item in data.settlement_items if item.settlement_id not in cancelled)
    for item in data.settlement_items:
        key = item.posting_id, item.centre
        if key not in charged:
            yield f"posting {item.posting_id} charges nothing for {item.centre}, and is settled by {item.settlement_id}"
        if item.settlement_id not in settlement_ids:
            yield f"posting {item.settlement_id} is no settlement, and settles {item.posting_id} for {item.centre}"
        if counts[key] > 1:
            yield f"posting {item.posting_id} is settled {counts[key]} times for {item.centre}"
        settled[item.settlement_id][item.centre] += charged.get(key, _ZERO)
    documents = {document.number: document for document in data.self_billed_documents()}
    taken_back = {by: posting_id for posting_id, by in cancelled.items()}
    for settlement in settlements:
        document = documents.get(settlement.document or "")
        charges_of = settled.get(settlement.posting_id, {})
        if refused := taken_back.get(settlement.document or ""):
            charges_of = {centre: -amount for centre, amount in settled.get(refused, {}).items()}
        yield from _settlement_mismatches(settlement, document, charges_of)
    yield from _unsettled_mismatches(data, {key: amount for key, amount in charged.items() if not counts[key]})


def cancelled_settlements(data: AuditData) -> dict[int, str]:
    """The postings of refused documents that were taken back, each with the number of the document that does it."""
    cancellations = data.cancellations()
    return {
        posting.posting_id: cancellations[posting.document]
        for posting in data.postings
        if posting.kind == "settlement" and posting.document in cancellations
    }


def _settlement_mismatches(settlement: StoredPosting, document: Invoice | None, settled: dict[str, Decimal]) -> Iterator[str]:
    """Differences between what a settlement posts and what follows from its document and the charges it settles."""
    where = document.number if document else f"posting {settlement.posting_id} (settlement)"
    expected: dict[str, Decimal] = defaultdict(Decimal)
    if document:
        expected.update(settlement_posting(document, settled.get(document.account, _ZERO)).amounts)
    for centre, amount in settled.items():
        if document is None:
            expected[accounts.charges(centre)] += amount
            expected[accounts.MARGIN] -= amount
        elif centre != document.account:
            yield f"{where} is a settlement with {document.account}, and settles charges for {centre}"
    for account in sorted(set(expected) | set(settlement.amounts)):
        posted, computed = settlement.amounts.get(account, _ZERO), expected.get(account, _ZERO)
        if posted != computed:
            yield f"{where} posts {posted} to {account}, the charges that it settles give {computed}"


def _unsettled_mismatches(data: AuditData, unsettled: dict[tuple[int, str], Decimal]) -> Iterator[str]:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for (_, centre), amount in unsettled.items():
        expected[accounts.charges(centre)] += amount
    balances = data.balances()
    for account in sorted({code for code in balances if code.startswith(accounts.CHARGES_PREFIX)} | set(expected)):
        balance = -balances.get(account, _ZERO)
        if balance != expected[account]:
            yield f"{account}: the balance is {balance}, the charges that are not settled add up to {expected[account]}"


def settlements_follow_stored_terms(data: AuditData) -> Iterator[str]:
    """Months of centres where what is owed does not follow from the stored terms and the month's charges."""
    terms = {(stored.centre, stored.month): stored for stored in data.terms}
    months = _centre_months(data)
    for centre, month in sorted(set(months) | set(terms)):
        where = f"{centre} {month:%Y-%m}"
        if stored := terms.get((centre, month)):
            yield from _terms_mismatches(where, stored, months[centre, month])
        else:
            yield f"{where} is settled, and its terms are not stored"


def _centre_months(data: AuditData) -> dict[tuple[str, date], _CentreMonth]:
    """By centre and month: the settled charges, and the settlement lines that no correction takes back."""
    cancellations = data.cancellations()
    void = {*cancellations, *cancellations.values()}
    in_force = [document for document in data.self_billed_documents() if document.number not in void]
    corrected = {
        (line.corrects.number, line.corrects.line)
        for document in in_force
        for line in document.lines
        if line.kind == "correction" and line.corrects
    }
    months: dict[tuple[str, date], _CentreMonth] = defaultdict(_CentreMonth)
    for document in in_force:
        for line in document.lines:
            if line.kind == "settlement" and (document.number, line.line) not in corrected:
                months[document.account, line.starts_on].lines.append((document, line))
    cancelled = cancelled_settlements(data)
    settlement_of = {
        (item.posting_id, item.centre): item.settlement_id
        for item in data.settlement_items
        if item.settlement_id not in cancelled
    }
    for charge in charges(data):
        if settlement := settlement_of.get((charge.posting_id, charge.centre)):
            month = months[charge.centre, charge.month]
            month.charged[charge.kind] += charge.amount
            month.settlements[charge.kind].add(settlement)
    return months


def _terms_mismatches(where: str, stored: StoredTerms, month: _CentreMonth) -> Iterator[str]:
    terms = stored.terms
    for document, line in month.lines:
        rate = abs(line.quantity) if terms.mode == "share" else line.price
        of_line = f"{rate.normalize():f} per {line.unit}, {line.vat_category} {line.vat_rate.normalize():f} %"
        of_terms = (
            f"{terms.rate.normalize():f} per {_UNITS[terms.mode]}, {terms.vat_category} {terms.vat_rate.normalize():f} %"
        )
        if of_line != of_terms:
            yield f"{document.number}, line {line.line}: owes {of_line}, the terms stored for {where} are {of_terms}"
    owed: dict[RevenueKind | None, Decimal] = defaultdict(Decimal)
    for document, line in month.lines:
        owed[line.place_kind] += sign(document) * line.net
    if terms.mode != "share":
        yield from _fixed_amount_mismatches(where, stored, month, sum(owed.values(), _ZERO))
        return
    for kind in sorted(set(owed) | set(month.charged), key=str):
        share = terms.rate * month.charged[kind]
        # Each settlement rounds to the cent, so each may differ by half a cent.
        if abs(owed[kind] - share) > _HALF_A_CENT * len(month.settlements[kind]):
            yield f"{where}: {owed[kind]} are owed for {kind}s, {terms.rate} of {month.charged[kind]} is {share}"


def _fixed_amount_mismatches(where: str, stored: StoredTerms, month: _CentreMonth, owed: Decimal) -> Iterator[str]:
    """A rent, or a price for each desk, must be owed once. Desks are compared if their number is stored."""
    terms = stored.terms
    count = Decimal(1)
    if terms.mode == "per_seat":
        desks_owed = sum((sign(document) * line.quantity for document, line in month.lines), _ZERO)
        count = desks_owed if stored.desks is None else Decimal(stored.desks)
    if len(month.lines) > 1 or count != int(count) or owed != round_to_cent(terms.rate * count):
        lines = ", ".join(f"{document.number} line {line.line}" for document, line in month.lines) or "no line"
        yield f"{where}: {owed} are owed by {lines}, the stored terms give {terms.rate} × {count:f} ({_UNITS[terms.mode]})"


def charges(data: AuditData) -> Iterator[Charge]:
    """The charges of all posted documents to companies."""
    documents = {document.number: document for document in data.company_documents()}
    for posting in data.postings:
        document = documents.get(posting.document or "") if posting.kind == "document" else None
        if document is None:
            continue
        for line in document.lines:
            if line.centre is not None:
                amount = sign(document) * line_charge(line)
                yield Charge(posting.posting_id, line.starts_on.replace(day=1), line.centre, line.place_kind, amount)


def charged_by_posting(data: AuditData) -> dict[tuple[int, str], Decimal]:
    """What each posting charges for each centre, EUR net."""
    charged: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for charge in charges(data):
        charged[charge.posting_id, charge.centre] += charge.amount
    return charged
