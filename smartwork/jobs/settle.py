"""Settle a month with the centres: a self-billed document for each by its contract, and a SEPA file that pays them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db import billing, books, documents, statements
from smartwork.db.books import CentreToSettle, ChargedLine, PayoutOrder
from smartwork.db.connection import Connection
from smartwork.db.documents import Issue
from smartwork.domain import posting
from smartwork.domain.business import CentreContract, Party, PlaceKind
from smartwork.domain.compose import compose, kind_of, series_of
from smartwork.domain.credits import months_later
from smartwork.domain.invoice import DocumentKind, Invoice, LineReference, StatementRow, Unattributed
from smartwork.domain.rating import Group
from smartwork.domain.settlement import Revenue, SettlementTerms, centre_head, contract_on, resettle, settle, terms_of
from smartwork.domain.statement import Account, statement
from smartwork.domain.tariff import ContractMissing
from smartwork.errors import InputError
from smartwork.jobs.documents.sepa import Transfer, pain001
from smartwork.jobs.render import Files, NotWritable, Progress, render
from smartwork.jobs.statements import render_statements

LOOK_BACK_MONTHS = 12
"""How far back a change of a centre's contract still corrects what was settled."""
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


@dataclass(frozen=True, slots=True)
class _Due:
    """A centre's part of a run: what it takes in, what is owed, and the terms of months that are settled by others
    than before. `stated` is what the document tells place by place.
    """

    centre: CentreToSettle
    contract: CentreContract
    lines: Sequence[ChargedLine]
    stated: Sequence[ChargedLine]
    groups: Sequence[Group]
    earlier: LineReference | None
    terms: Mapping[date, SettlementTerms]
    unattributed: Unattributed | None

    @property
    def charged(self) -> Decimal:
        """What it takes in, EUR net, credits at their worth."""
        return sum((line.net + line.credits for line in self.lines), _ZERO)


def settle_month(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> SettleReport:
    """Settle the local month with every centre, as of `at`; files go to `out_dir/<YYYY-MM>/`.

    Running it again settles only what was issued since: a credit note after the first run becomes a self-billed credit
    note. A contract that was changed since, for this month or one of the twelve before, is settled by what it says now:
    what stands is taken back. Raises InputError where the month is not over, ContractMissing where a centre earned something
    and has no contract, and NotWritable where the files cannot be written.
    """
    first = month.replace(day=1)
    if (at.year, at.month) <= (first.year, first.month):
        raise InputError(f"The month {first:%Y-%m} is not over on {at.date()}: settle it after its last day.")
    progress("Settling with the centres", 0, 1)
    seller = billing.seller(connection)
    with documents.books(connection):
        documents.open_series(connection, series_of("self_billed_invoice", at.date()))
        due = _due(connection, first)
        before = books.balances(connection)
        fresh = _issue(connection, due, seller, first, at)
        paid = _pay(connection, due, seller, first, at)
        _state(connection, due, fresh, before, paid)
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
        tuple((order, _write(order, folder)) for order in books.payout_orders(connection, first)),
        sum((one.charged for one in due), _ZERO),
        -books.balances(connection).get(posting.MARGIN, _ZERO),
    )  # fmt: skip


def _due(connection: Connection, month: date) -> list[_Due]:
    contracts = books.centre_contracts(connection)
    lines = books.unsettled(connection, month)
    nobodys = books.unattributed(connection, month)
    terms = books.settled_terms(connection, months_later(month, -LOOK_BACK_MONTHS), month)
    found = []
    for centre in books.centres_to_settle(connection):
        its = lines.get(centre.slug, [])
        own = [contract for contract in contracts if contract.centre == centre.slug]
        if contract_on(own, centre.slug, month):
            found.append(
                _of_centre(connection, centre, own, month, its, terms.get(centre.slug, {}), nobodys.get(centre.slug))
            )
        elif its:
            raise ContractMissing(
                f"Companies were charged for centre {centre.slug}, and no contract with it holds at the end of "
                f"{month:%Y-%m}: add one, and settle again."
            )
    return found


def _of_centre(
    connection: Connection,
    centre: CentreToSettle,
    contracts: Sequence[CentreContract],
    month: date,
    lines: Sequence[ChargedLine],
    settled: Mapping[date, SettlementTerms],
    unattributed: Unattributed | None,
) -> _Due:
    """`settled` are the terms by which months were settled before; where contracts say others now, they are settled anew."""
    agreed = {one: contract for one in {*settled, month} if (contract := contract_on(contracts, centre.slug, one))}
    changed = {one: contract for one, contract in agreed.items() if one in settled and terms_of(contract) != settled[one]}
    earlier = books.first_settlement(connection, centre.centre_id, month)
    latest = books.latest_settlement(connection, centre.centre_id, month)
    # A month that was settled with nothing owed has no line to take back: it is settled as if for the first time.
    afresh = month in changed and earlier is None
    stated = [*books.settled(connection, centre.centre_id, month), *lines] if afresh else lines
    before = month in settled and not afresh
    revenue = _revenue(centre, stated)
    groups = settle(agreed[month], revenue, centre.desks, month, earlier, latest, settled_before=before)
    issued = documents.of_centre(connection, centre.centre_id, min(changed)) if changed else []
    for one in sorted(changed.keys() - ({month} if afresh else set())):
        revenue = _revenue(centre, books.settled(connection, centre.centre_id, one))
        groups += resettle(changed[one], revenue, centre.desks, one, issued, latest)
    fresh = {one: terms_of(agreed[one]) for one in {*changed, month} if one in changed or one not in settled}
    return _Due(centre, agreed[month], lines, stated, groups, earlier, fresh, unattributed)


def _revenue(centre: CentreToSettle, lines: Iterable[ChargedLine]) -> Revenue:
    by_kind: dict[PlaceKind, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_kind[line.kind] += line.net + line.credits
    return Revenue(centre.slug, centre.name, by_kind)


def _issue(connection: Connection, due: Sequence[_Due], seller: Party, month: date, at: datetime) -> dict[str, Invoice]:
    """Issue and post; returns the new documents by centre."""
    fresh = {}
    for one in due:
        if one.groups:
            head = centre_head(one.contract, month, at.date(), seller, is_demo=one.centre.is_demo)
            ordinal = documents.take_number(connection, series_of(kind_of(head, one.groups), at.date()))
            rows = _statement(one.stated)
            invoice = compose(head, one.groups, ordinal=ordinal, statement=rows, unattributed=one.unattributed)
            corrects = one.earlier.number if one.earlier else None
            documents.store(connection, [Issue(invoice, centre_id=one.centre.centre_id, corrects=corrects)], at)
            fresh[one.centre.slug] = invoice
            written = books.post(connection, posting.of_settlement(invoice, one.charged))
        else:
            written = books.post(connection, posting.of_margin(one.centre.slug, month, at.date(), one.charged))
        if written is not None:
            books.put_settled(connection, one.centre.slug, written, [line.posting_id for line in one.lines])
        for of, terms in one.terms.items():
            books.put_settled_terms(connection, one.centre.centre_id, of, terms)
    return fresh


def _pay(
    connection: Connection, due: Sequence[_Due], seller: Party, month: date, at: datetime
) -> dict[str, tuple[Transfer, date]]:
    """Order at the bank what is owed to the centres now, in one file, nothing where nothing is owed; the orders by centre."""
    owed = books.balances(connection)
    transfers: dict[str, Transfer] = {}
    paid = []
    for one in due:
        amount = -owed.get(posting.payable(one.centre.slug), _ZERO)
        if amount <= 0:
            continue
        reference = f"{one.centre.slug[:24]} {month:%Y-%m}"
        remark = f"Settlement {month:%Y-%m} {one.centre.name}"
        transfers[one.centre.slug] = Transfer(one.contract.payee, amount, reference, remark)
        written = books.post(connection, posting.of_payout(one.centre.slug, month, at.date(), amount))
        paid.append((one.centre.slug, amount, written or 0))
    if not transfers:
        return {}
    count = len(books.payout_orders(connection, month)) + 1
    order = PayoutOrder(
        f"payout-{month:%Y-%m}-{count}.xml",
        month,
        at.date(),
        sum((amount for _, amount, _ in paid), _ZERO),
        pain001(seller, list(transfers.values()), at.date()),
        len(paid),
    )
    books.put_payout_order(connection, order, paid)
    return {centre: (transfer, at.date()) for centre, transfer in transfers.items()}


def _state(
    connection: Connection,
    due: Sequence[_Due],
    fresh: Mapping[str, Invoice],
    before: Mapping[str, Decimal],
    paid: Mapping[str, tuple[Transfer, date]],
) -> None:
    """Keep a statement beside each new document: the month as it is now, and the account of the centre."""
    if not fresh:
        return
    month = next(iter(fresh.values())).month
    judged, unsigned = statements.judged(connection, month), statements.unsigned(connection, month)
    for one in due:
        centre = one.centre.slug
        invoice = fresh.get(centre)
        if invoice is None:
            continue
        transfer, on = paid.get(centre, (None, None))
        account = Account(
            -before.get(posting.payable(centre), _ZERO),
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
            before.of_it_credits + line.credits,
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
