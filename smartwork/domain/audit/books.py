"""What the audit proves of the books: every document and payment posted once, and accounts that say what documents say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import document_posting, settlement_posting
from smartwork.domain.audit.stored import Movement, Stored, StoredPosting, balances, by_side, charged, sign
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payments import positions, receivable
from smartwork.domain.money import cents

_ZERO = Decimal(0)


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


def totals(stored: Stored) -> Totals:
    """The sums that the checks compare: charges and credits from documents, margin and the rest from the books."""
    companies, centres = by_side(stored)
    on = balances(stored)
    return Totals(
        sum((sign(one) * charged(one) for one in companies), _ZERO),
        sum((sign(one) * one.net for one in centres), _ZERO),
        -on.get(accounts.MARGIN, _ZERO),
        -sum((amount for code, amount in on.items() if code.startswith("charges:")), _ZERO),
        -on.get(accounts.VAT_DUE, _ZERO),
        on.get(accounts.VAT_RECOVERABLE, _ZERO),
        -sum((amount for code, amount in on.items() if code.startswith("pool:")), _ZERO),
        -on.get(accounts.EXPIRED, _ZERO),
    )


def postings(stored: Stored) -> Iterator[str]:
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
        if one.month != invoice.month:
            yield f"{invoice.number} is of {invoice.month:%Y-%m}, and posted to {one.month:%Y-%m}"
        for account in sorted(set(expected) | (set() if invoice.is_self_billed else set(one.amounts))):
            stated, computed = one.amounts.get(account, _ZERO), expected.get(account, _ZERO)
            if stated != computed:
                yield f"{invoice.number} posts {stated} to {account}, its lines say {computed}"


def _expected(invoice: Invoice) -> dict[str, Decimal]:
    """What a document must have posted; of a settlement what it says itself: the charges it took in are checked in sum."""
    if not invoice.is_self_billed:
        return dict(document_posting(invoice).amounts)
    kept = (accounts.payable(invoice.account), accounts.VAT_RECOVERABLE)
    return {code: amount for code, amount in settlement_posting(invoice, _ZERO).amounts.items() if code in kept}


def payments(stored: Stored) -> Iterator[str]:
    posted: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.postings:
        if one.kind == "payment" and one.document:
            posted[one.document] += one.amounts.get(accounts.BANK, _ZERO)
    found = positions(stored.owed, stored.moves)
    for document in stored.owed:
        said = -found[document.number].paid if document.is_credit else found[document.number].paid
        if posted[document.number] != said:
            yield f"{document.number}: {said} were paid, and {posted[document.number]} are posted"
    on = balances(stored)
    for account, owed in sorted(receivable(stored.owed, found).items()):
        stands = on.get(accounts.receivable(account), _ZERO)
        if stands != owed:
            yield f"{accounts.receivable(account)} stands at {stands}, its documents leave {owed} open"


def centres(stored: Stored) -> Iterator[str]:
    found = totals(stored)
    together = found.centre_credits + found.margin + found.unsettled
    if found.charged != together:
        yield (
            f"companies were charged {found.charged}, but centres are credited {found.centre_credits}, margin is "
            f"{found.margin} and {found.unsettled} are not settled: {found.charged - together} EUR are left"
        )


def vat(stored: Stored) -> Iterator[str]:
    companies, centres = by_side(stored)
    found = totals(stored)
    due = sum((sign(one) * one.vat for one in companies), _ZERO)
    recoverable = sum((sign(one) * one.vat for one in centres), _ZERO)
    if found.vat_due != due:
        yield f"{accounts.VAT_DUE} stands at {found.vat_due}, the documents to companies say {due}"
    if found.vat_recoverable != recoverable:
        yield f"{accounts.VAT_RECOVERABLE} stands at {found.vat_recoverable}, the self-billed documents say {recoverable}"


def pools(stored: Stored) -> Iterator[str]:
    yield from _lots(stored.movements)
    yield from _draws(stored)
    worth: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.movements:
        worth[one.company] += one.worth
    on = balances(stored)
    for company in sorted({code.removeprefix("pool:") for code in on if code.startswith("pool:")} | set(worth)):
        liability = -on.get(accounts.pool(company), _ZERO)
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
                apart[document.invoice.number, line.line, draw.lot] += sign(document.invoice) * draw.hours
    for (number, at, lot), hours in apart.items():
        if hours:
            yield f"{number}, line {at}: hours drawn from {lot} differ from its movements by {hours}"
