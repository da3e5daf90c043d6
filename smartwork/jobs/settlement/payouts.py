"""Payouts to centres: ordered at the bank, and marked as paid or refused by it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import contracts, documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts
from smartwork.db.settlement.acceptance import acceptances
from smartwork.db.settlement.payouts import NewPayout, Payout, PayoutOrder
from smartwork.documents.files import NotWritable
from smartwork.documents.sepa import Transfer, pain001
from smartwork.domain.accounting import postings
from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.due_payouts import DuePayout, due_payouts
from smartwork.domain.settlement.payouts import PayoutEvent, payout_reference, require_possible
from smartwork.errors import InputError


def mark_payout(connection: Connection, name: str, event: PayoutEvent, at: datetime) -> list[Payout]:
    """Record and post what the bank did with a payout, and return it as it is then. Raises InputError.

    `name` is the payout's reference, or the name of a payment file: then all payouts of it that are ordered. What a refused
    payout should have paid is owed again, and is in the next payment file.
    """
    with documents.issuing_transaction(connection):
        payouts.lock_payouts(connection)
        return [_marked(connection, payout, event, at) for payout in _named(connection, name)]


def _marked(connection: Connection, payout: Payout, event: PayoutEvent, at: datetime) -> Payout:
    require_possible(payout.reference, payout.ordered_on, payout.events, event)
    if payout.state == "refused":
        _require_not_ordered_again(connection, payout)
    posting = postings.payout_posting(payout.centre, payout.month, event.on, payout.amount, event.state, payout.state)
    posting_id = journal.post(connection, posting)
    recorded = replace(event, recorded_by=payouts.put_payout_event(connection, payout.payout_id, event, at, posting_id))
    postings_since = (*payout.event_posting_ids, posting_id)
    return replace(payout, events=(*payout.events, recorded), event_posting_ids=postings_since)


def _named(connection: Connection, name: str) -> list[Payout]:
    """The payout of a reference, or those of a payment file that are ordered. Raises InputError if there is none."""
    every = payouts.payouts(connection)
    of_reference = [payout for payout in every if payout.reference == name]
    of_file = [payout for payout in every if payout.order == name]
    ordered = [payout for payout in of_file if payout.state == "ordered"]
    if len(of_reference) > 1:
        centres = ", ".join(payout.centre for payout in of_reference)
        raise InputError(f"Several payouts have the reference {name!r}, to: {centres}. Nothing was recorded.")
    if of_file and not ordered:
        raise InputError(f"No payout of {name} is ordered any more: all are paid or refused. Nothing was recorded.")
    if not of_reference and not ordered:
        raise InputError(f"There is no payout or payment file {name!r}. To list the payouts: smartwork payout list")
    return of_reference or ordered


def _require_not_ordered_again(connection: Connection, refused: Payout) -> None:
    """Raises InputError if another payout pays a document of a refused one: the centre would be paid twice."""
    for payout in payouts.payouts(connection):
        again = set(payout.documents) & set(refused.documents)
        if again and payout.payout_id != refused.payout_id and payout.state != "refused":
            raise InputError(
                f"The payout {refused.reference} was refused, and {', '.join(sorted(again))} is {payout.state} by the payout "
                f"{payout.reference}. If the bank paid both, ask {refused.centre_name} to pay one back, and record that one "
                "as refused first: smartwork payout refused"
            )


def order_now(connection: Connection, at: datetime, out_dir: Path) -> list[tuple[PayoutOrder, Path]]:
    """Order what each centre is owed by documents that it has accepted; the payment files go to `out_dir/<YYYY-MM>/`.

    Raises SellerMissing and NotWritable.
    """
    seller = contracts.seller(connection)
    with documents.issuing_transaction(connection):
        orders = order_payouts(connection, seller, at)
    return [(order, write_payment_file(order, out_dir / f"{order.month:%Y-%m}")) for order in orders]


def order_payouts(connection: Connection, seller: Party, at: datetime) -> list[PayoutOrder]:
    """Order what each centre is owed by documents that it has accepted, post it and store the payment files.

    In the caller's issuing transaction. There is one file, or one for each payee of a centre that has several; none if
    nothing is owed.
    """
    payouts.lock_payouts(connection)
    accepted = {each.number for each in acceptances(connection) if each.state(at.date()) == "accepted"}
    unpaid = [document for document in payouts.unpaid_documents(connection) if document.number in accepted]
    files = due_payouts(unpaid, contracts.centre_contracts(connection))
    return [_order(connection, due, seller, at) for due in files]


def _order(connection: Connection, due: list[DuePayout], seller: Party, at: datetime) -> PayoutOrder:
    month = max(payout.month for payout in due)
    ordinal = len(payouts.payout_orders(connection, month)) + 1
    new = []
    for payout in due:
        posting = postings.payout_posting(payout.centre, month, at.date(), payout.amount)
        reference = payout_reference(payout.centre, month, ordinal)
        new.append(NewPayout(payout, reference, journal.post(connection, posting)))
    transfers = [
        Transfer(each.due.payee, each.due.amount, each.reference, each.due.documents, each.due.language) for each in new
    ]
    order = PayoutOrder(
        f"payout-{month:%Y-%m}-{ordinal}.xml",
        month,
        at.date(),
        sum((payout.amount for payout in due), Decimal(0)),
        pain001(seller, transfers, at.date()),
        len(due),
    )
    payouts.store_payout_order(connection, order, new)
    return order


def write_payment_file(order: PayoutOrder, folder: Path) -> Path:
    """Write the payment file of an order to `folder` and return its path. Raises NotWritable."""
    path = folder / order.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(order.payment_file)
    except OSError as error:
        raise NotWritable(
            f"Cannot write {path}: {error.strerror}. Choose another folder and settle again: the file is written then."
        ) from error
    return path
