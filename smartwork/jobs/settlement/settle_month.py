"""Settle a month with the centres: a self-billed document and a statement for each, and a SEPA file that pays them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import billed_months, contracts, documents
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.book_entries import newest_head
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import acceptance, payouts, settlements, statements
from smartwork.db.settlement.payouts import Payout, PayoutOrder
from smartwork.db.settlement.settlements import ChargedLine
from smartwork.documents.files import Files, render
from smartwork.documents.statement_pdf import render_statements
from smartwork.domain.accounting import accounts, postings
from smartwork.domain.billing.composition import compose, kind_of, series_of
from smartwork.domain.billing.invoice import DocumentKind, Invoice, RevenueKind, StatementRow, Unattributed
from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.payouts import payout_state
from smartwork.domain.settlement.settlement import centre_head
from smartwork.domain.settlement.statements import AccountPayout, CentreAccount, statement
from smartwork.errors import InputError
from smartwork.jobs.billing.past_month import past_month
from smartwork.jobs.settlement.centre_settlements import CentreSettlement, WaitingCentre, centre_settlements
from smartwork.jobs.settlement.payouts import order_payouts, write_payment_file
from smartwork.progress import Progress

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SettledDocument:
    """A self-billed document and its files. Amounts of a credit note are negative.

    `statement` is the centre's statement; None for documents from before statements existed. `already_issued`: an earlier
    run issued it.
    """

    centre: str
    number: str
    kind: DocumentKind
    net: Decimal
    vat: Decimal
    gross: Decimal
    unattributed: Unattributed | None
    files: Files
    statement: Path | None
    already_issued: bool


@dataclass(frozen=True, slots=True)
class SettleReport:
    """The result of settling a month: documents in the order of issue, payment orders with their files, and sums in EUR.

    `charged` are the charges that this run took in, net. `margin` is the network's margin over all months. `waiting` are the
    centres that get no document now.
    """

    month: date
    documents: tuple[SettledDocument, ...]
    payouts: tuple[tuple[PayoutOrder, Path], ...]
    charged: Decimal
    margin: Decimal
    waiting: tuple[WaitingCentre, ...]


def settle_month(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> SettleReport:
    """Settle the local month with every centre, as of `at`, and write the files to `out_dir/<YYYY-MM>/`.

    A second run settles only what was issued since: a credit note after the first run becomes a self-billed credit note.
    Charges about an earlier month are settled by the contract of that month. If a contract was changed for a month in the
    correction window, the month's settlement is adjusted.

    Raises InputError if the month is not over or not billed, or an earlier month is not settled; ContractMissing if a centre
    has charges and no contract; NotWritable if a file cannot be written.
    """
    first = past_month(connection, month, at, "Settle")
    progress("Settling with the centres", 0, 1)
    seller = contracts.seller(connection)
    if not billed_months.is_billed(connection, first):
        raise InputError(f"{first:%Y-%m} is not billed: bill it first (smartwork bill --month {first:%Y-%m}).")
    with documents.issuing_transaction(connection):
        payouts.lock_payouts(connection)
        centres, waiting = centre_settlements(connection, first, at.date())
        new_documents = _issue(connection, centres, seller, first, at)
        orders = order_payouts(connection, seller, at)
        _store_statements(connection, centres, new_documents)
    progress("Settling with the centres", 1, 1)
    new_numbers = {document.number for document in new_documents.values()}
    return SettleReport(
        first,
        _write_documents(connection, first, new_numbers, out_dir / f"{first:%Y-%m}", progress),
        tuple(
            (order, write_payment_file(order, out_dir / f"{order.month:%Y-%m}"))
            for order in _with_orders_of_month(connection, first, orders)
        ),
        sum((centre.charged for centre in centres), _ZERO),
        -journal.balances(connection).get(accounts.MARGIN, _ZERO),
        tuple(waiting),
    )


def _with_orders_of_month(connection: Connection, month: date, orders: Sequence[PayoutOrder]) -> list[PayoutOrder]:
    """The payment orders of the month, oldest first, and those of other months among `orders`."""
    return [*payouts.payout_orders(connection, month), *(order for order in orders if order.month != month)]


def _issue(
    connection: Connection, centres: Sequence[CentreSettlement], seller: Party, month: date, at: datetime
) -> dict[str, Invoice]:
    """Issue and post the documents; returns them by centre."""
    issued = {}
    book_head = newest_head(connection)
    for settlement in centres:
        centre = settlement.centre
        if settlement.groups:
            head = centre_head(settlement.contract, month, at.date(), seller, is_demo=centre.is_demo)
            ordinal = documents.take_number(connection, series_of(kind_of(head, settlement.groups), at.date(), centre.slug))
            revenue_rows = _revenue_by_place(settlement.own_month_lines)
            invoice = compose(
                head,
                settlement.groups,
                ordinal=ordinal,
                statement=revenue_rows,
                unattributed=settlement.unattributed,
                book_head=book_head,
            )
            issue = NewDocument(invoice, centre_id=centre.centre_id, corrects=settlement.corrects)
            documents.store(connection, [issue], at)
            if settlement.agreement is not None:
                acceptance.store_acceptance_terms(connection, invoice, settlement.agreement)
            issued[centre.slug] = invoice
            posting = postings.settlement_posting(invoice, settlement.charged)
        else:
            posting = postings.margin_posting(centre.slug, month, at.date(), settlement.charged)
        posting_id = None
        if settlement.groups or settlement.lines:
            posting_id = journal.post(connection, posting)
            charge_ids = [line.posting_id for line in settlement.lines]
            settlements.store_settlement_items(connection, centre.slug, posting_id, charge_ids)
        for settled_month, settled in settlement.settled_months.items():
            settlements.store_settled_month(connection, centre.centre_id, settled_month, settled, posting_id)
    return issued


def _store_statements(
    connection: Connection, centres: Sequence[CentreSettlement], new_documents: Mapping[str, Invoice]
) -> None:
    """Store a statement with each new document: the month as it is now, and the account of the centre."""
    if not new_documents:
        return
    month = next(iter(new_documents.values())).month
    verdicts = statements.day_verdicts(connection, month)
    unattributed = statements.unattributed_stays(connection, month)
    balances, every_payout = journal.balances(connection), payouts.payouts(connection)
    for settlement in centres:
        centre = settlement.centre.slug
        invoice = new_documents.get(centre)
        if invoice is None:
            continue
        since = statements.latest_statement_posting(connection, settlement.centre.centre_id)
        of_centre = [payout for payout in every_payout if payout.centre == centre]
        account = _account(invoice, -balances.get(accounts.payable(centre), _ZERO), of_centre, since)
        charged = ((line.day, line.charged) for line in settlement.lines)
        statements.store_statement(
            connection, statement(invoice, verdicts.get(centre, []), unattributed.get(centre, []), charged, account)
        )


def _account(invoice: Invoice, closing: Decimal, of_centre: Sequence[Payout], since: int) -> CentreAccount:
    """The account of a centre with its new document: `closing` is owed now, the posting `since` of the statement before."""
    changed = [
        _account_payout(payout, since) for payout in of_centre if max(payout.posting_id, *payout.event_posting_ids, 0) > since
    ]
    gross = -invoice.gross if invoice.is_credit else invoice.gross
    opening = closing - gross - sum((payout.change for payout in changed), _ZERO)
    return CentreAccount(opening, gross, payouts=tuple(changed))


def _account_payout(payout: Payout, since: int) -> AccountPayout:
    known = [event for event, posting_id in zip(payout.events, payout.event_posting_ids, strict=True) if posting_id <= since]
    was_owed = payout.posting_id > since or payout_state(known) == "refused"
    is_owed = payout.state == "refused"
    last = payout.events[-1] if payout.events else None
    return AccountPayout(
        payout.reference,
        payout.amount,
        payout.ordered_on,
        payout.state,
        last.on if last else payout.ordered_on,
        payout.amount * (is_owed - was_owed),
        last.reason if last else None,
    )


def _revenue_by_place(lines: Sequence[ChargedLine]) -> list[StatementRow]:
    """The revenue of each place. Lines without a place (passes, corrections of earlier months) have a row without one."""
    rows: dict[tuple[RevenueKind, str, str], StatementRow] = {}
    for line in lines:
        key = line.kind, line.resource, line.resource_name
        row = rows.get(key, StatementRow(line.resource, line.resource_name, line.kind, 0, _ZERO, _ZERO, _ZERO))
        rows[key] = StatementRow(
            line.resource,
            line.resource_name,
            line.kind,
            row.visits + line.visits,
            row.hours + line.hours,
            row.net + line.charged,
            row.prepaid_value + line.prepaid_value,
        )
    return [rows[key] for key in sorted(rows)]


def _write_documents(
    connection: Connection, month: date, new_numbers: set[str], folder: Path, progress: Progress
) -> tuple[SettledDocument, ...]:
    """Write the files of the month's self-billed documents and statements, those of earlier runs included."""
    issued = documents.settlements_of(connection, month)
    files = render([document.canonical() for document in issued], folder, progress)
    statement_files = render_statements(issued, statements.statements_of_month(connection, month), folder)
    settled = []
    for document, written in zip(issued, files, strict=True):
        sign = -1 if document.is_credit else 1
        settled.append(
            SettledDocument(
                centre=document.account,
                number=document.number,
                kind=document.kind,
                net=sign * document.net,
                vat=sign * document.vat,
                gross=sign * document.gross,
                unattributed=document.unattributed,
                files=written,
                statement=statement_files.get(document.number),
                already_issued=document.number not in new_numbers,
            )
        )
    return tuple(settled)
