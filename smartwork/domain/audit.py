"""The proof, to the cent, that documents, books and evidence say the same: each check says where it fails."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from smartwork.domain import posting
from smartwork.domain.invoice import Invoice, Line, Proof
from smartwork.domain.money import cents
from smartwork.domain.payments import Move, Owed, positions, receivable
from smartwork.domain.recompute import differences

_ZERO = Decimal(0)
_MEASURED = ("measured", "walk_in", "given_back")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as stored: whether its digest fits, and the figures of its row beside the snapshot's."""

    invoice: Invoice
    is_intact: bool
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """A posting as stored; `document` is the number of the document it belongs to."""

    posting_id: int
    kind: str
    month: date
    document: str | None
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Movement:
    """Hours bought, spent or expired of a lot: above zero in, below zero out; `worth` in EUR net."""

    company: str
    lot: str
    lot_hours: Decimal
    per_hour: Decimal
    reason: str
    hours: Decimal
    worth: Decimal
    document: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """A number series: the last number given, and the documents that carry one."""

    series: str
    last: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is audited; `apart` are lines of tables that differ from their document, `strangers` have no series.

    `owed` are the documents to companies as payments see them, `moves` what was paid, given back or credited, in order.
    """

    documents: Sequence[StoredDocument]
    postings: Sequence[StoredPosting]
    movements: Sequence[Movement]
    series: Sequence[Series]
    strangers: Sequence[str]
    apart: Sequence[tuple[str, int]]
    owed: Sequence[Owed]
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the books: what it says, and where it does not hold (nowhere: it is proven)."""

    name: str
    statement: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """EUR: what companies were charged for the centres, what of it these are owed, what is margin, what is not settled."""

    charged: Decimal
    centre_credits: Decimal
    margin: Decimal
    unsettled: Decimal
    vat_due: Decimal
    vat_recoverable: Decimal
    pools: Decimal
    expired: Decimal


def audit(stored: Stored) -> list[Check]:
    """Every check over what is stored, in a fixed order."""
    checks: tuple[tuple[str, str, Callable[[Stored], Iterator[str]]], ...] = (
        ("documents", "Every document is as it was issued, and its rows say the same", _documents),
        ("figures", "Every figure follows from the evidence and terms in its document", _figures),
        ("numbers", "Every series is numbered without gaps", _numbers),
        ("evidence", "No line without evidence", _evidence),
        ("minutes", "Every minute and every booking is billed at most once", _minutes),
        ("postings", "Every posting balances, and every document is posted once, as its figures say", _postings),
        ("payments", "Every payment is posted once, and companies owe what their documents leave open", _payments),
        ("centres", "Company charges = centre credits + network margin + what is not settled yet", _centres),
        ("VAT", "VAT on the accounts is the VAT of the documents", _vat),
        ("pools", "The pools' liability is what was bought less what was spent or expired", _pools),
    )
    return [Check(name, statement, tuple(find(stored))) for name, statement, find in checks]


def totals(stored: Stored) -> Totals:
    """The sums that the checks compare: charges and credits from documents, margin and the rest from the books."""
    companies, centres = _by_side(stored)
    on = _balances(stored)
    return Totals(
        sum((_sign(one) * _charged(one) for one in companies), _ZERO),
        sum((_sign(one) * one.net for one in centres), _ZERO),
        -on.get(posting.MARGIN, _ZERO),
        -sum((amount for code, amount in on.items() if code.startswith("charges:")), _ZERO),
        -on.get(posting.VAT_DUE, _ZERO),
        on.get(posting.VAT_RECOVERABLE, _ZERO),
        -sum((amount for code, amount in on.items() if code.startswith("pool:")), _ZERO),
        -on.get(posting.EXPIRED, _ZERO),
    )


def _documents(stored: Stored) -> Iterator[str]:
    for one in stored.documents:
        number = one.invoice.number
        if not one.is_intact:
            yield f"{number}: its digest does not fit what it says"
        if (one.net, one.vat, one.gross) != (one.invoice.net, one.invoice.vat, one.invoice.gross):
            yield f"{number}: its row says {one.net} + {one.vat} = {one.gross}, the document another"
    for number, line in stored.apart:
        yield f"{number}, line {line}: the table differs from the document"


def _figures(stored: Stored) -> Iterator[str]:
    for one in stored.documents:
        for found in differences(one.invoice):
            where = f", line {found.line}" if found.line else ""
            yield f"{one.invoice.number}{where}: {found.what} is {found.stated}, computed {found.computed}"


def _numbers(stored: Stored) -> Iterator[str]:
    for one in stored.series:
        given = {int(number.removeprefix(f"{one.series}-")) for number in one.numbers}
        for missing in sorted(set(range(1, one.last + 1)) - given):
            yield f"{one.series}-{missing:05d} is missing"
        for beyond in sorted(given - set(range(1, one.last + 1))):
            yield f"{one.series}-{beyond:05d} is beyond the last number given, {one.last}"
    for number in stored.strangers:
        yield f"{number} belongs to no series"


def _evidence(stored: Stored) -> Iterator[str]:
    lines = {(one.invoice.number, line.line): line for one in stored.documents for line in one.invoice.lines}
    for (number, at), line in lines.items():
        for fault in _unproven(lines, number, line):
            yield f"{number}, line {at}: {fault}"


def _unproven(lines: Mapping[tuple[str, int], Line], number: str, line: Line) -> Iterator[str]:
    if line.kind in ("occupancy", "pass", "no_show") and not line.proofs:
        yield f"a {line.kind} line without a proof"
    if line.kind == "beyond_pass" and line.corrects is None:
        head = lines.get((number, line.of_line or 0))
        if head is None or not head.proofs:
            yield "names no line with a proof"
    if line.kind == "correction" and line.corrects is None:
        yield "a correction of nothing"
    if line.corrects is not None and (line.corrects.number, line.corrects.line) not in lines:
        yield f"refers to {line.corrects.number}, line {line.corrects.line}, which does not exist"
    for proof in line.proofs:
        if proof.basis in _MEASURED and proof.hours and not proof.batches:
            yield f"{proof.booking or proof.check_in} was measured by no numbered reading"


def _minutes(stored: Stored) -> Iterator[str]:
    held: dict[tuple[str, str], list[tuple[datetime, datetime, str]]] = defaultdict(list)
    bookings: Counter[str] = Counter()
    for number, line in _standing(stored):
        for proof in line.proofs:
            start, end = _held(proof)
            if start < end:
                held[proof.centre, proof.resource].append((start, end, f"{number}, line {line.line}"))
            if proof.booking:
                bookings[proof.booking] += 1
    yield from (f"booking {booking} stands on {times} lines" for booking, times in bookings.items() if times > 1)
    for (centre, resource), stays in held.items():
        latest, by = None, ""
        for start, end, where in sorted(stays):
            if latest is not None and start < latest:
                yield f"{centre} {resource}: {by} and {where} both hold it at {start.isoformat()}"
            if latest is None or end > latest:
                latest, by = end, where


def _standing(stored: Stored) -> Iterator[tuple[str, Line]]:
    """Lines with proofs that no correction took back; what a dispute credited stands: it is not billed again."""
    monthly = [one for one in _by_side(stored)[0] if one.reason is None]
    gone = {(line.corrects.number, line.corrects.line) for one in monthly for line in one.lines if line.corrects}
    for one in monthly:
        yield from ((one.number, line) for line in one.lines if line.proofs and (one.number, line.line) not in gone)


def _held(proof: Proof) -> tuple[datetime, datetime]:
    """The time that a proof holds its place: none for a no-show, to the last presence for who left early, never ceded."""
    if proof.verdict == "no_show":
        return proof.starts_at, proof.starts_at
    if proof.verdict == "left_early":
        seen = [min(span.end, proof.ends_at) for span in proof.spans if span.state == "occupied"]
        return proof.starts_at, max(seen, default=proof.starts_at)
    over = timedelta(seconds=max(proof.over_s - 1, 0))  # whole seconds: what begins in the last one does not meet it
    return proof.starts_at, proof.ceded_at or proof.ends_at + over


def _postings(stored: Stored) -> Iterator[str]:
    by_document: dict[str, list[StoredPosting]] = defaultdict(list)
    for one in stored.postings:
        rest = sum(one.amounts.values(), _ZERO)
        if rest:
            yield f"posting {one.posting_id} ({one.kind} {one.document or ''}) does not balance: {rest} EUR are left"
        if one.document and one.kind in ("document", "settlement"):
            by_document[one.document].append(one)
    for document in stored.documents:
        yield from _posted(document.invoice, by_document.get(document.invoice.number, []))


def _posted(invoice: Invoice, found: Sequence[StoredPosting]) -> Iterator[str]:
    expected = _expected(invoice)
    if not found and any(expected.values()):
        yield f"{invoice.number} is not posted"
    for one in found[1:]:
        yield f"{invoice.number} is posted again, in posting {one.posting_id}"
    for one in found[:1]:
        for account in sorted(set(expected) | (set() if invoice.is_self_billed else set(one.amounts))):
            stated, computed = one.amounts.get(account, _ZERO), expected.get(account, _ZERO)
            if stated != computed:
                yield f"{invoice.number} posts {stated} to {account}, its lines say {computed}"


def _expected(invoice: Invoice) -> dict[str, Decimal]:
    """What a document must have posted; of a settlement what it says itself: the charges it took in are checked in sum."""
    if not invoice.is_self_billed:
        return dict(posting.of_document(invoice).amounts)
    kept = (posting.payable(invoice.account), posting.VAT_RECOVERABLE)
    return {code: amount for code, amount in posting.of_settlement(invoice, _ZERO).amounts.items() if code in kept}


def _payments(stored: Stored) -> Iterator[str]:
    posted: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.postings:
        if one.kind == "payment" and one.document:
            posted[one.document] += one.amounts.get(posting.BANK, _ZERO)
    found = positions(stored.owed, stored.moves)
    for document in stored.owed:
        said = -found[document.number].paid if document.is_credit else found[document.number].paid
        if posted[document.number] != said:
            yield f"{document.number}: {said} were paid, and {posted[document.number]} are posted"
    on = _balances(stored)
    for account, owed in sorted(receivable(stored.owed, found).items()):
        stands = on.get(posting.receivable(account), _ZERO)
        if stands != owed:
            yield f"{posting.receivable(account)} stands at {stands}, its documents leave {owed} open"


def _centres(stored: Stored) -> Iterator[str]:
    found = totals(stored)
    together = found.centre_credits + found.margin + found.unsettled
    if found.charged != together:
        yield (
            f"companies were charged {found.charged}, but centres are credited {found.centre_credits}, margin is "
            f"{found.margin} and {found.unsettled} are not settled: {found.charged - together} EUR are left"
        )


def _vat(stored: Stored) -> Iterator[str]:
    companies, centres = _by_side(stored)
    found = totals(stored)
    due = sum((_sign(one) * one.vat for one in companies), _ZERO)
    recoverable = sum((_sign(one) * one.vat for one in centres), _ZERO)
    if found.vat_due != due:
        yield f"{posting.VAT_DUE} stands at {found.vat_due}, the documents to companies say {due}"
    if found.vat_recoverable != recoverable:
        yield f"{posting.VAT_RECOVERABLE} stands at {found.vat_recoverable}, the self-billed documents say {recoverable}"


def _pools(stored: Stored) -> Iterator[str]:
    yield from _lots(stored.movements)
    yield from _draws(stored)
    worth: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.movements:
        worth[one.company] += one.worth
    on = _balances(stored)
    for company in sorted({code.removeprefix("pool:") for code in on if code.startswith("pool:")} | set(worth)):
        liability = -on.get(posting.pool(company), _ZERO)
        if liability != worth[company]:
            yield f"pool:{company} stands at {liability}, its lots say {worth[company]}"


def _lots(movements: Sequence[Movement]) -> Iterator[str]:
    by_lot: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    for one in movements:
        by_lot[one.company, one.lot].append(one)
    for (company, lot), its in by_lot.items():
        left = worth = _ZERO
        for one in its:
            left, worth = left + one.hours, worth + one.worth
            if not _ZERO <= left <= one.lot_hours:
                yield f"{lot} of {company} holds {left} of its {one.lot_hours} hours"
        if worth != cents(left * its[0].per_hour):
            yield f"{lot} of {company}: {left} hours are left, worth {worth} by its movements"


def _draws(stored: Stored) -> Iterator[str]:
    """Hours drawn on a document's line are those that its movements spend, lot by lot."""
    apart: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for one in stored.movements:
        if one.reason == "spent":
            apart[one.document or "", one.line or 0, one.lot] += one.hours
    for document in stored.documents:
        for line in document.invoice.lines:
            for draw in line.draws:
                apart[document.invoice.number, line.line, draw.lot] += _sign(document.invoice) * draw.hours
    for (number, at, lot), hours in apart.items():
        if hours:
            yield f"{number}, line {at}: hours drawn from {lot} differ from its movements by {hours}"


def _by_side(stored: Stored) -> tuple[list[Invoice], list[Invoice]]:
    """Documents to companies, and self-billed ones."""
    found = [one.invoice for one in stored.documents]
    return [one for one in found if not one.is_self_billed], [one for one in found if one.is_self_billed]


def _charged(invoice: Invoice) -> Decimal:
    """What lines for centres come to, hours paid from a pool at their worth."""
    return sum(
        (line.net + sum((one.worth for one in line.draws), _ZERO) for line in invoice.lines if line.centre is not None), _ZERO
    )


def _sign(invoice: Invoice) -> int:
    return -1 if invoice.is_credit else 1


def _balances(stored: Stored) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.postings:
        for account, amount in one.amounts.items():
            found[account] += amount
    return dict(found)
