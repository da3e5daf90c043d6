"""What the audit proves of payments to centres: the bank was told what the books say, to whom the documents say."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.audit.stored import Payout, Stored, StoredOrder, StoredPosting, Told, balances, by_side, sign
from smartwork.domain.billing.invoice import Invoice

_ZERO = Decimal(0)
Issued = Sequence[tuple[int, Invoice]]
"""A centre's self-billed documents in the order in which they were issued, each after the key of its posting."""


def payouts(stored: Stored) -> Iterator[str]:
    """Where an order, its file, its payouts and their postings differ, or a centre is owed another sum than documents say."""
    postings = {one.posting_id: one for one in stored.postings}
    issued = _issued(stored)
    for order in stored.orders:
        yield from _order(order, issued)
        for one in order.payouts:
            yield from _posted(f"{order.name}, {one.centre}", one, postings)
    named = Counter(one.posting_id for order in stored.orders for one in order.payouts)
    for posted in stored.postings:
        if posted.kind == "payout" and named[posted.posting_id] != 1:
            yield f"posting {posted.posting_id} (payout) stands for {named[posted.posting_id]} payouts"
    yield from _owed(stored)


def _issued(stored: Stored) -> dict[str, list[tuple[int, Invoice]]]:
    documents = {one.number: one for one in by_side(stored)[1]}
    found: dict[str, list[tuple[int, Invoice]]] = defaultdict(list)
    for one in stored.postings:
        if one.kind == "settlement" and (document := documents.get(one.document or "")):
            found[document.account].append((one.posting_id, document))
    return found


def _order(order: StoredOrder, issued: Mapping[str, Issued]) -> Iterator[str]:
    total = sum((one.amount for one in order.payouts), _ZERO)
    if order.total != total:
        yield f"{order.name}: the order says {order.total}, its payouts come to {total}"
    if order.told is None:
        yield f"{order.name}: what was told to the bank cannot be read"
        return
    payments = order.told.payments
    says = len(payments), sum((one.amount for one in payments), _ZERO)
    for count, stated in order.told.sums:
        if (count, stated) != says:
            yield f"{order.name}: the file says {count} payments of {stated}, and has {says[0]} of {says[1]}"
    if len(payments) != len(order.payouts):
        yield f"{order.name}: the file has {len(payments)} payments, the books {len(order.payouts)}"
        return
    yield from _told(order, order.told, issued)


def _told(order: StoredOrder, told: Told, issued: Mapping[str, Issued]) -> Iterator[str]:
    """Payment by payment: what the file says, and what the books and the centre's newest document then say."""
    for payment, one in zip(told.payments, order.payouts, strict=True):
        if payment.amount != one.amount:
            yield f"{order.name}, {one.centre}: the file pays {payment.amount}, the books {one.amount}"
        newest = max((each for each in issued.get(one.centre, ()) if each[0] < one.posting_id), default=None, key=_key)
        if newest is None:
            continue
        number, payee, network = newest[1].number, newest[1].seller.iban, newest[1].buyer.iban
        if payment.iban != payee:
            yield f"{order.name}, {one.centre}: the file pays to {payment.iban}, {number} says {payee}"
        for payer in told.payers:
            if network not in (payer, None):
                yield f"{order.name}: the file pays from {payer}, {number} says {network}"


def _key(issued: tuple[int, Invoice]) -> int:
    return issued[0]


def _posted(where: str, one: Payout, postings: Mapping[int, StoredPosting]) -> Iterator[str]:
    found = postings.get(one.posting_id)
    if found is None or found.kind != "payout":
        yield f"{where}: posting {one.posting_id} is no payout"
    elif found.amounts != {accounts.payable(one.centre): one.amount, accounts.BANK: -one.amount}:
        stated = ", ".join(f"{amount} to {account}" for account, amount in found.amounts.items()) or "nothing"
        yield f"{where}: posting {one.posting_id} posts {stated}, the order pays {one.amount}"


def _owed(stored: Stored) -> Iterator[str]:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for document in by_side(stored)[1]:
        owed[accounts.payable(document.account)] += sign(document) * document.gross
    for order in stored.orders:
        for one in order.payouts:
            owed[accounts.payable(one.centre)] -= one.amount
    on = balances(stored)
    for account in sorted({code for code in on if code.startswith("payable:")} | set(owed)):
        stands = -on.get(account, _ZERO)
        if stands != owed[account]:
            yield f"{account} owes {stands}, documents less payouts say {owed[account]}"
