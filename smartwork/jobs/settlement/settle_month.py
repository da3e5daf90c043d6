"""Settle a month with the centres: a self-billed document for each by its contract, and a SEPA file that pays them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import billing_month, documents
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts, settlements, statements
from smartwork.db.settlement.payouts import PayoutOrder
from smartwork.db.settlement.settlements import ChargedLine
from smartwork.documents.files import Files, NotWritable, render
from smartwork.documents.sepa import Transfer, pain001
from smartwork.documents.statement_pdf import render_statements
from smartwork.domain.accounting import accounts, postings
from smartwork.domain.billing.composition import compose, kind_of, series_of
from smartwork.domain.billing.invoice import DocumentKind, Invoice, StatementRow, Unattributed
from smartwork.domain.billing.parties import Party
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.settlement.settlement import centre_head
from smartwork.domain.settlement.statements import Account, statement
from smartwork.errors import InputError
from smartwork.jobs.settlement.charges_due import Due, due
from smartwork.progress import Progress

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settled:
    """One self-billed document; amounts are below zero where a credit note takes back.

    `statement` is the centre's statement beside it; documents that were issued before there were any have none.
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
    """What settling a month came to: documents in the order of issue, the files that pay them, and the network's margin.

    `charged` is what companies were charged for the centres in documents that this run took in, EUR net.
    """

    month: date
    documents: tuple[Settled, ...]
    payouts: tuple[tuple[PayoutOrder, Path], ...]
    charged: Decimal
    margin: Decimal


def settle_month(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> SettleReport:
    """Settle the local month with every centre, as of `at`; files go to `out_dir/<YYYY-MM>/`.

    Running it again settles only what was issued since: a credit note after the first run becomes a self-billed credit
    note. What concerns an earlier month is settled by the contract of that month, and a contract that was changed since, up
    to twelve months back, by what it says now: what stands is taken back. Raises InputError where the month is not over, not
    billed, or an earlier one is not settled, ContractMissing where a centre earned something and has no contract, and
    what `render` raises where files cannot be written.
    """
    first = month.replace(day=1)
    if (at.year, at.month) <= (first.year, first.month):
        raise InputError(f"The month {first:%Y-%m} is not over on {at.date()}: settle it after its last day.")
    progress("Settling with the centres", 0, 1)
    seller = billing_month.seller(connection)
    if not billing_month.is_billed(connection, first):
        raise InputError(f"{first:%Y-%m} is not billed: bill it first (smartwork bill --month {first:%Y-%m}).")
    with documents.issuing_transaction(connection):
        documents.open_series(connection, series_of("self_billed_invoice", at.date()))
        owed = due(connection, first)
        before = journal.balances(connection)
        fresh = _issue(connection, owed, seller, first, at)
        paid = _pay(connection, owed, seller, first, at)
        _state(connection, owed, fresh, before, paid)
    progress("Settling with the centres", 1, 1)
    issued = documents.settlements_of(connection, first)
    folder = out_dir / f"{first:%Y-%m}"
    files = render([one.canonical() for one in issued], folder, progress)
    told = render_statements(issued, statements.of_month(connection, first), folder)
    signs = [-1 if one.is_credit else 1 for one in issued]
    return SettleReport(
        first,
        tuple(
            Settled(
                one.account, one.number, one.kind, sign * one.net, sign * one.vat, sign * one.gross, one.unattributed,
                written, told.get(one.number), one.account not in fresh or fresh[one.account].number != one.number,
            )
            for one, sign, written in zip(issued, signs, files, strict=True)
        ),
        tuple((order, _write(order, folder)) for order in payouts.payout_orders(connection, first)),
        sum((one.charged for one in owed), _ZERO),
        -journal.balances(connection).get(accounts.MARGIN, _ZERO),
    )  # fmt: skip


def _issue(connection: Connection, owed: Sequence[Due], seller: Party, month: date, at: datetime) -> dict[str, Invoice]:
    """NewDocument and post; returns the new documents by centre."""
    fresh = {}
    for one in owed:
        if one.groups:
            head = centre_head(one.contract, month, at.date(), seller, is_demo=one.centre.is_demo)
            ordinal = documents.take_number(connection, series_of(kind_of(head, one.groups), at.date()))
            rows = _statement(one.stated)
            invoice = compose(head, one.groups, ordinal=ordinal, statement=rows, unattributed=one.unattributed)
            documents.store(connection, [NewDocument(invoice, centre_id=one.centre.centre_id, corrects=one.corrects)], at)
            fresh[one.centre.slug] = invoice
            posted = postings.settlement_posting(invoice, one.charged)
        else:
            posted = postings.margin_posting(one.centre.slug, month, at.date(), one.charged)
        if one.groups or one.lines:
            written = journal.post(connection, posted)
            settlements.put_settled(connection, one.centre.slug, written, [line.posting_id for line in one.lines])
        for of, settled in one.terms.items():
            settlements.put_settled_month(connection, one.centre.centre_id, of, settled)
    return fresh


def _pay(
    connection: Connection, owed: Sequence[Due], seller: Party, month: date, at: datetime
) -> dict[str, tuple[Transfer, date]]:
    """Order at the bank what is owed to the centres now, in one file, nothing where nothing is owed; the orders by centre."""
    balances = journal.balances(connection)
    count = len(payouts.payout_orders(connection, month)) + 1
    again = f" {count}" if count > 1 else ""
    transfers: dict[str, Transfer] = {}
    paid = []
    for one in owed:
        amount = -balances.get(accounts.payable(one.centre.slug), _ZERO)
        if amount <= 0:
            continue
        reference = f"{one.centre.slug[:24]} {month:%Y-%m}{again}"
        remark = f"Settlement {month:%Y-%m} {one.centre.name}"
        transfers[one.centre.slug] = Transfer(one.contract.payee, amount, reference, remark)
        written = journal.post(connection, postings.payout_posting(one.centre.slug, month, at.date(), amount))
        paid.append((one.centre.slug, amount, written))
    if not transfers:
        return {}
    order = PayoutOrder(
        f"payout-{month:%Y-%m}-{count}.xml",
        month,
        at.date(),
        sum((amount for _, amount, _ in paid), _ZERO),
        pain001(seller, list(transfers.values()), at.date()),
        len(paid),
    )
    payouts.put_payout_order(connection, order, paid)
    return {centre: (transfer, at.date()) for centre, transfer in transfers.items()}


def _state(
    connection: Connection,
    owed: Sequence[Due],
    fresh: Mapping[str, Invoice],
    before: Mapping[str, Decimal],
    paid: Mapping[str, tuple[Transfer, date]],
) -> None:
    """Keep a statement beside each new document: the month as it is now, and the account of the centre."""
    if not fresh:
        return
    month = next(iter(fresh.values())).month
    judged, unsigned = statements.judged(connection, month), statements.unsigned(connection, month)
    for one in owed:
        centre = one.centre.slug
        invoice = fresh.get(centre)
        if invoice is None:
            continue
        transfer, on = paid.get(centre, (None, None))
        account = Account(
            -before.get(accounts.payable(centre), _ZERO),
            -invoice.gross if invoice.is_credit else invoice.gross,
            transfer.amount if transfer else _ZERO,
            on,
            transfer.reference if transfer else None,
        )
        charged = ((line.day, line.net + line.credits) for line in one.lines)
        statements.put(connection, statement(invoice, judged.get(centre, []), unsigned.get(centre, []), charged, account))


def _statement(lines: Sequence[ChargedLine]) -> list[StatementRow]:
    """What each place brought in; what corrections of earlier months and passes cannot be told of a place has none."""
    found: dict[tuple[PlaceKind, str, str], StatementRow] = {}
    for line in lines:
        key = line.kind, line.resource, line.resource_name
        before = found.get(key, StatementRow(line.resource, line.resource_name, line.kind, 0, _ZERO, _ZERO, _ZERO))
        found[key] = StatementRow(
            line.resource,
            line.resource_name,
            line.kind,
            before.visits + line.visits,
            before.hours + line.hours,
            before.net + line.net + line.credits,
            before.prepaid_value + line.credits,
        )
    return [found[key] for key in sorted(found)]


def _write(order: PayoutOrder, folder: Path) -> Path:
    path = folder / order.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(order.document)
    except OSError as error:
        raise NotWritable(
            f"Cannot write {path}: {error.strerror}. Choose another folder; settling again writes it."
        ) from error
    return path
