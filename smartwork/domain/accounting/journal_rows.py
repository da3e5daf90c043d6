"""The journal as an accountant books it: postings as rows with account numbers, products and VAT codes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.account_numbers import ChartOfAccounts, vat_code
from smartwork.domain.accounting.postings import Posting, credited_account
from smartwork.domain.billing.invoice import Invoice, Line

_JOURNALS = {
    "document": "SALES",
    "settlement": "PURCHASES",
    "payment": "BANK",
    "payout": "BANK",
    "bank": "BANK",
}
"""Of the kinds of postings; the others are in the journal of miscellaneous operations."""
_MISCELLANEOUS = "MISC"
_PARTS = {
    accounts.RECEIVABLE_PREFIX: "customers",
    accounts.PAYABLE_PREFIX: "suppliers",
    accounts.POOL_PREFIX: "prepaid",
    accounts.CHARGES_PREFIX: "settlement",
    accounts.MARGIN: "settlement",
    accounts.BANK: "bank",
    accounts.BANK_PREFIX: "bank",
    accounts.SUSPENSE: "suspense",
    accounts.TRANSIT: "transit",
    accounts.BAD_DEBTS: "bad_debts",
    accounts.VAT_DUE: "vat_due",
    accounts.VAT_RECOVERABLE: "vat_recoverable",
    accounts.EXPIRED: "expired",
}
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RecordedPosting:
    """A posting of the journal with its key, and its document where it has one."""

    posting_id: int
    posting: Posting
    invoice: Invoice | None


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The company or centre that a row is about."""

    name: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An amount on an account, in EUR: one of `debit` and `credit` is zero."""

    posting_id: int
    posted_on: date
    journal: str
    document: str
    account: str
    account_name: str
    product: str
    vat_code: str
    debit: Decimal
    credit: Decimal
    counterpart: str
    counterpart_vat: str
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class _Key:
    """What the amounts of a posting are summed by."""

    used_for: str
    product: str = ""
    vat_code: str = ""
    counterpart: str = ""


def journal_rows(
    postings: Iterable[RecordedPosting], chart: ChartOfAccounts, counterparts: Mapping[str, Counterpart]
) -> list[JournalRow]:
    """The rows of `postings`, in their order; the rows of each posting balance.

    Documents to companies are booked by product and VAT code, as revenue of the network; self-billed documents as purchases
    from the centres. The internal accounts of charges and margin are the difference of the two, so they have no rows.
    """
    rows: list[JournalRow] = []
    for recorded in postings:
        amounts: dict[_Key, Decimal] = defaultdict(Decimal)
        for key, amount in _amounts(recorded):
            amounts[key] += amount
        rows += [_row(recorded, key, amount, chart, counterparts) for key, amount in amounts.items() if amount]
    return rows


def product_of(line: Line) -> str:
    """The product that a line sells: that of its order, prepaid hours, or the kind of place."""
    if line.supply is not None:
        return line.supply.product
    kind = line.place_kind or "desk"
    return f"prepaid_{kind}" if line.kind in ("credits_bought", "overdraft") else kind


def _amounts(recorded: RecordedPosting) -> Iterator[tuple[_Key, Decimal]]:
    posting, invoice = recorded.posting, recorded.invoice
    if posting.kind == "document" and invoice is not None:
        yield from _sale(invoice)
    elif posting.kind == "settlement" and invoice is not None:
        yield from _purchase(invoice)
    else:
        for account, amount in posting.amounts.items():
            yield _key(account, invoice), amount


def _sale(invoice: Invoice) -> Iterator[tuple[_Key, Decimal]]:
    sign, company = -1 if invoice.is_credit else 1, invoice.account
    yield _Key("customers", counterpart=company), sign * invoice.gross
    for line in invoice.lines:
        product, code = product_of(line), vat_code(line.vat_category, line.vat_rate)
        is_prepaid = credited_account(invoice, line) == accounts.pool(company)
        yield _Key("prepaid" if is_prepaid else product, product, code, company), -sign * line.net
        drawn = sign * sum((drawdown.value for drawdown in line.drawdowns), _ZERO)
        # VAT on prepaid hours was due when they were sold.
        yield _Key("prepaid", f"prepaid_{product}", "", company), drawn
        yield _Key(product, product, "", company), -drawn
    for total in invoice.vat_totals:
        yield _Key("vat_due", "", vat_code(total.category, total.rate), company), -sign * total.vat


def _purchase(invoice: Invoice) -> Iterator[tuple[_Key, Decimal]]:
    sign, centre = -1 if invoice.is_credit else 1, invoice.account
    for total in invoice.vat_totals:
        code = vat_code(total.category, total.rate)
        yield _Key("settlement", "", code, centre), sign * total.base
        yield _Key("vat_recoverable", "", code, centre), sign * total.vat
    yield _Key("suppliers", counterpart=centre), -sign * invoice.gross


def _key(account: str, invoice: Invoice | None) -> _Key:
    """Where an internal account is booked; one that has no place yet goes to the suspense account, under its own name."""
    prefix, colon, slug = account.partition(":")
    part = _PARTS.get(account) or _PARTS.get(prefix + colon)
    counterpart = invoice.account if invoice is not None else (slug if part in ("customers", "suppliers", "prepaid") else "")
    return _Key(part, counterpart=counterpart) if part else _Key("suspense", account, counterpart=counterpart)


def _row(
    recorded: RecordedPosting,
    key: _Key,
    amount: Decimal,
    chart: ChartOfAccounts,
    counterparts: Mapping[str, Counterpart],
) -> JournalRow:
    number, name = chart.number(key.used_for, key.vat_code)
    other = counterparts.get(key.counterpart, Counterpart(key.counterpart, ""))
    return JournalRow(
        posting_id=recorded.posting_id,
        posted_on=recorded.posting.posted_on,
        journal=_JOURNALS.get(recorded.posting.kind, _MISCELLANEOUS),
        document=recorded.posting.document or "",
        account=number,
        account_name=name,
        product=key.product,
        vat_code=key.vat_code,
        debit=max(amount, _ZERO),
        credit=max(-amount, _ZERO),
        counterpart=other.name,
        counterpart_vat=other.vat_number,
    )
