"""What the audit proves of the centres: every charge settled once, by the terms of its month, and told in a statement."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import settlement_posting
from smartwork.domain.audit.stored import Stored, StoredPosting, StoredStatement, StoredTerms, balances, by_side, sign
from smartwork.domain.billing.contracts import SettlementMode
from smartwork.domain.billing.invoice import Invoice, Line, Unit
from smartwork.domain.money import cents
from smartwork.domain.network.places import PlaceKind

_ZERO = Decimal(0)
_HALF_A_CENT = Decimal("0.005")
_UNITS: dict[SettlementMode, Unit] = {"share": "share", "fixed": "month", "per_seat": "seat"}


@dataclass(frozen=True, slots=True)
class _Charge:
    """A line of a company's document for a centre, EUR net with hours from pools at their worth; `month` settles it."""

    posting_id: int
    month: date
    centre: str
    kind: PlaceKind | None
    amount: Decimal


@dataclass(slots=True)
class _Month:
    """A centre's month: its charges that are settled by kind of place, by which settlements, and the lines that stand."""

    charged: dict[PlaceKind | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    settlements: dict[PlaceKind | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    lines: list[tuple[Invoice, Line]] = field(default_factory=list)


def settled(stored: Stored) -> Iterator[str]:
    """Where a charge is taken in twice or by what is no settlement, or a settlement posts another sum than it took in."""
    charged: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for charge in _charges(stored):
        charged[charge.posting_id, charge.centre] += charge.amount
    settlements = [one for one in stored.postings if one.kind == "settlement"]
    keys = {one.posting_id for one in settlements}
    took: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    times = Counter((one.posting_id, one.centre) for one in stored.taken)
    for one in stored.taken:
        if (one.posting_id, one.centre) not in charged:
            yield f"posting {one.posting_id} charges nothing for {one.centre}, and is taken in by {one.settlement_id}"
        if one.settlement_id not in keys:
            yield f"posting {one.settlement_id} is no settlement, and takes in {one.posting_id} for {one.centre}"
        if times[one.posting_id, one.centre] > 1:
            yield f"posting {one.posting_id} is taken in {times[one.posting_id, one.centre]} times for {one.centre}"
        took[one.settlement_id][one.centre] += charged.get((one.posting_id, one.centre), _ZERO)
    documents = {one.number: one for one in by_side(stored)[1]}
    for settlement in settlements:
        yield from _took(settlement, documents.get(settlement.document or ""), took.get(settlement.posting_id, {}))
    yield from _unsettled(stored, {key: amount for key, amount in charged.items() if not times[key]})


def _took(settlement: StoredPosting, document: Invoice | None, took: dict[str, Decimal]) -> Iterator[str]:
    """What a settlement posts, beside what follows from its document and the charges that it took in."""
    where = document.number if document else f"posting {settlement.posting_id} (settlement)"
    expected: dict[str, Decimal] = defaultdict(Decimal)
    if document:
        expected.update(settlement_posting(document, took.get(document.account, _ZERO)).amounts)
    for centre, amount in took.items():
        if document is None:
            expected[accounts.charges(centre)] += amount
            expected[accounts.MARGIN] -= amount
        elif centre != document.account:
            yield f"{where} is a settlement with {document.account}, and takes in charges for {centre}"
    for account in sorted(set(expected) | set(settlement.amounts)):
        stated, computed = settlement.amounts.get(account, _ZERO), expected.get(account, _ZERO)
        if stated != computed:
            yield f"{where} posts {stated} to {account}, the charges that it took in say {computed}"


def _unsettled(stored: Stored, charged: dict[tuple[int, str], Decimal]) -> Iterator[str]:
    left: dict[str, Decimal] = defaultdict(Decimal)
    for (_, centre), amount in charged.items():
        left[accounts.charges(centre)] += amount
    on = balances(stored)
    for account in sorted({code for code in on if code.startswith("charges:")} | set(left)):
        stands = -on.get(account, _ZERO)
        if stands != left[account]:
            yield f"{account} holds {stands}, the charges that no settlement took in come to {left[account]}"


def terms(stored: Stored) -> Iterator[str]:
    """Where what stands as owed for a centre's month is not what the terms kept for the month make of its charges."""
    agreed = {(one.centre, one.month): one for one in stored.terms}
    gone = _taken_back(stored)
    found: dict[tuple[str, date], _Month] = defaultdict(_Month)
    for document in by_side(stored)[1]:
        for line in document.lines:
            if line.kind == "settlement" and (document.number, line.line) not in gone:
                found[document.account, line.starts_on].lines.append((document, line))
    taken = {(one.posting_id, one.centre): one.settlement_id for one in stored.taken}
    for charge in _charges(stored):
        if settlement := taken.get((charge.posting_id, charge.centre)):
            month = found[charge.centre, charge.month]
            month.charged[charge.kind] += charge.amount
            month.settlements[charge.kind].add(settlement)
    for key in sorted(set(found) | set(agreed)):
        where = f"{key[0]} {key[1]:%Y-%m}"
        if key in agreed:
            yield from _agreed(where, agreed[key], found[key])
        else:
            yield f"{where} is settled, and by which terms is not kept"


def _agreed(where: str, kept: StoredTerms, month: _Month) -> Iterator[str]:
    its = kept.terms
    for document, line in month.lines:
        rate = abs(line.quantity) if its.mode == "share" else line.price
        stated = f"{rate.normalize():f} a {line.unit}, {line.vat_category} {line.vat_rate.normalize():f} %"
        said = f"{its.rate.normalize():f} a {_UNITS[its.mode]}, {its.vat_category} {its.vat_rate.normalize():f} %"
        if stated != said:
            yield f"{document.number}, line {line.line}: owes {stated}, kept for {where} is {said}"
    owed: dict[PlaceKind | None, Decimal] = defaultdict(Decimal)
    for document, line in month.lines:
        owed[line.place_kind] += sign(document) * line.net
    if its.mode == "share":
        for kind in sorted(set(owed) | set(month.charged), key=str):
            due = its.rate * month.charged[kind]
            # Each settlement rounds its part to the cent, so that together they may be off by half a cent each.
            if abs(owed[kind] - due) > _HALF_A_CENT * len(month.settlements[kind]):
                yield f"{where}: {owed[kind]} stand as owed for {kind}s, {its.rate} of {month.charged[kind]} is {due}"
        return
    yield from _once(where, kept, month, sum(owed.values(), _ZERO))


def _once(where: str, kept: StoredTerms, month: _Month, owed: Decimal) -> Iterator[str]:
    """A rent is owed once a month, and so is a price for each of the desks that there were, where their number is kept."""
    its = kept.terms
    count = Decimal(1)
    if its.mode == "per_seat":
        counted = sum((sign(document) * line.quantity for document, line in month.lines), _ZERO)
        count = counted if kept.desks is None else Decimal(kept.desks)
    if len(month.lines) > 1 or count != int(count) or owed != cents(its.rate * count):
        lines = ", ".join(f"{document.number} line {line.line}" for document, line in month.lines) or "no line"
        yield f"{where}: {owed} stand as owed by {lines}, kept is {its.rate} × {count:f} ({_UNITS[its.mode]})"


def _taken_back(stored: Stored) -> set[tuple[str, int]]:
    return {
        (line.corrects.number, line.corrects.line)
        for document in by_side(stored)[1]
        for line in document.lines
        if line.kind == "correction" and line.corrects
    }


def statements(stored: Stored) -> Iterator[str]:
    """Where a statement is missing, altered, or beside a document that it does not tell of.

    Documents of a time without statements have none: those before the first one that has, as long as they took in no
    document that carries the ledger of its days, which came at the same time.
    """
    kept = {one.number: one for one in stored.statements}
    took = _took_in(stored)
    begun = False
    for document in by_side(stored)[1]:
        its = took.get(document.number, [])
        found = kept.pop(document.number, None)
        begun = begun or found is not None
        if found is not None:
            yield from _statement(document, found, sum((amount for _, amount in its), _ZERO))
        elif begun or any(_carries_ledger(one) for one, _ in its):
            yield f"{document.number}: its statement is missing"
    yield from (f"a statement stands beside {number or 'nothing'}, which no centre was sent" for number in kept)


def _statement(document: Invoice, found: StoredStatement, charged: Decimal) -> Iterator[str]:
    if not found.is_intact:
        yield f"{document.number}: the digest of its statement does not fit what it says"
    if (one := found.statement) is None:
        yield f"{document.number}: its statement cannot be read"
        return
    for what, stated, computed in (
        ("number", one.number, document.number),
        ("gross", one.account.gross, sign(document) * document.gross),
        ("charged", one.charged, charged),
    ):
        if stated != computed:
            yield f"{document.number}: {what} is {stated} in its statement, the books say {computed}"


def _carries_ledger(document: Invoice) -> bool:
    return any(proof.ledger is not None for line in document.lines for proof in line.proofs)


def _took_in(stored: Stored) -> dict[str, list[tuple[Invoice, Decimal]]]:
    """By self-billed document: the companies' documents that it took in, and what each charges for its centre."""
    companies = {one.number: one for one in by_side(stored)[0]}
    numbers = {one.posting_id: one.document or "" for one in stored.postings}
    charged: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for charge in _charges(stored):
        charged[charge.posting_id, charge.centre] += charge.amount
    found: dict[str, list[tuple[Invoice, Decimal]]] = defaultdict(list)
    for one in stored.taken:
        if document := companies.get(numbers.get(one.posting_id, "")):
            amount = charged[one.posting_id, one.centre]
            found[numbers.get(one.settlement_id, "")].append((document, amount))
    return found


def _charges(stored: Stored) -> Iterator[_Charge]:
    documents = {one.number: one for one in by_side(stored)[0]}
    for one in stored.postings:
        document = documents.get(one.document or "") if one.kind == "document" else None
        if document is None:
            continue
        for line in document.lines:
            if line.centre is not None:
                amount = sign(document) * (line.net + sum((draw.worth for draw in line.draws), _ZERO))
                yield _Charge(one.posting_id, _settled_in(line), line.centre, line.place_kind, amount)


def _settled_in(line: Line) -> date:
    """The month by whose terms a line of a company's document is settled: the one that it is about."""
    return line.starts_on.replace(day=1)
