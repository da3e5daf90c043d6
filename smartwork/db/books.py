"""The books: postings in double entry, hours bought ahead, settlements with centres, and payments ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from smartwork.db.connection import Connection, explained
from smartwork.db.sql import sql
from smartwork.domain.business import CentreContract, Party, PlaceKind, Vat
from smartwork.domain.credits import Lot
from smartwork.domain.invoice import Draw, Invoice, LineReference, Unattributed
from smartwork.domain.posting import Posting
from smartwork.domain.settlement import SettledMonth, SettlementTerms


@dataclass(frozen=True, slots=True)
class CentreToSettle:
    """A centre with its key and number of desks."""

    centre_id: int
    slug: str
    name: str
    is_demo: bool
    desks: int


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A line of a company's document for a centre, amounts positive where they are charged and negative where given back.

    `day` is the first local day that it is about.
    """

    posting_id: int
    day: date
    kind: PlaceKind
    resource: str
    resource_name: str
    visits: int
    hours: Decimal
    net: Decimal
    credits: Decimal

    @property
    def month(self) -> date:
        """The month that it is about, whose contract says what of it the centre is owed."""
        return self.day.replace(day=1)


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Payments to centres as ordered at the bank: the file's name and content, their sum and number."""

    name: str
    month: date
    ordered_on: date
    total: Decimal
    document: bytes
    payments: int


def post(connection: Connection, posting: Posting) -> int:
    """Write a posting and return its key; in the caller's transaction. Where nothing moves it has no entry."""
    codes, amounts = list(posting.amounts), list(posting.amounts.values())
    connection.execute(sql("put_accounts"), {"codes": codes})
    fields = {
        "kind": posting.kind,
        "month": posting.month,
        "posted_on": posting.posted_on,
        "document": posting.document,
    }
    [(posting_id,)] = _rows(connection, "put_posting", **fields)
    connection.execute(sql("put_entries"), {"posting_id": posting_id, "codes": codes, "amounts": amounts})
    return int(posting_id)


def balances(connection: Connection) -> dict[str, Decimal]:
    """What stands on each account, EUR."""
    with explained():
        return dict(_rows(connection, "balances"))


def posting_count(connection: Connection) -> int:
    """How many postings there are."""
    with explained():
        [(count,)] = _rows(connection, "posting_count")
        return int(count)


def lots(connection: Connection, companies: Sequence[int]) -> dict[int, tuple[list[Lot], list[Lot]]]:
    """By company_id: the lots that were billed with what is left of them, and those that were not billed yet."""
    found: dict[int, tuple[list[Lot], list[Lot]]] = {}
    for company_id, lot, kind, bought_on, expires_on, hours, per_hour, left in _rows(
        connection, "lots_of", companies=list(companies)
    ):
        billed, fresh = found.setdefault(company_id, ([], []))
        one = Lot(lot, kind, bought_on, expires_on, hours, per_hour, hours if left is None else left)
        (fresh if left is None else billed).append(one)
    return found


def put_lots(connection: Connection, company_id: int, made: Iterable[Lot]) -> None:
    """Add lots of a company; those it has already, by order, stay as they are. In the caller's transaction."""
    rows = [
        {
            "company_id": company_id, "lot": lot.lot, "kind": lot.kind, "bought_on": lot.bought_on,
            "expires_on": lot.expires_on, "hours": lot.hours, "per_hour": lot.per_hour,
        }
        for lot in made
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_lot"), rows)


def move_credits(connection: Connection, company_id: int, invoice: Invoice) -> None:
    """Write what a document buys or gives back, and then what it spends, of a company's lots; in the caller's transaction."""
    sign = -1 if invoice.is_credit else 1
    moved = [
        (line.line, "bought", line.label, sign * line.hours, sign * line.net)
        for line in invoice.lines
        if line.kind in ("credits_bought", "overdraft")
    ]
    moved += [
        (line.line, "spent", one.lot, -sign * one.hours, -sign * one.worth) for line in invoice.lines for one in line.draws
    ]
    moved.sort(key=lambda row: row[3] < 0)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_credit_entry"),
            [
                {
                    "company_id": company_id, "lot": lot, "month": invoice.month, "reason": reason, "hours": hours,
                    "worth": worth, "number": invoice.number, "line": line,
                }
                for line, reason, lot, hours, worth in moved
            ],
        )  # fmt: skip


def expire_credits(connection: Connection, company_id: int, month: date, lost: Iterable[Draw]) -> None:
    """Write what a company lost with lots that no longer hold; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_credit_entry"),
            [
                {
                    "company_id": company_id, "lot": one.lot, "month": month, "reason": "expired", "hours": -one.hours,
                    "worth": -one.worth, "number": None, "line": None,
                }
                for one in lost
            ],
        )  # fmt: skip


def centre_contracts(connection: Connection) -> list[CentreContract]:
    """All contracts with centres, by centre and time."""
    found = []
    for slug, since, until, mode, rate, *payee, iban, language, category, vat_rate, code, reason in _rows(
        connection, "centre_contracts"
    ):
        name, number, street, postcode, town = payee
        party = Party(name, number, street, postcode, town, iban=iban)
        vat = Vat(category, vat_rate, code, reason)
        found.append(CentreContract(slug, since, until, mode, rate, party, language, vat))
    return found


def centres_to_settle(connection: Connection) -> list[CentreToSettle]:
    """All centres, by slug."""
    with explained():
        return [CentreToSettle(*row) for row in _rows(connection, "centres_to_settle")]


def unsettled(connection: Connection, month: date) -> dict[str, list[ChargedLine]]:
    """By centre: lines of company documents up to the month that no settlement has taken in."""
    found: dict[str, list[ChargedLine]] = {}
    for centre, *line in _rows(connection, "unsettled_lines", month=month):
        found.setdefault(centre, []).append(ChargedLine(*line))
    return found


def settled(connection: Connection, centre_id: int, month: date) -> list[ChargedLine]:
    """The lines about a centre's month that settlements took in."""
    return [ChargedLine(*line) for _, *line in _rows(connection, "settled_lines", centre_id=centre_id, month=month)]


def settled_months(connection: Connection, since: date, until: date) -> dict[str, dict[date, SettledMonth]]:
    """By centre and month, both months included: how it was settled last."""
    found: dict[str, dict[date, SettledMonth]] = {}
    for centre, month, *terms, desks in _rows(connection, "settled_terms", since=since, until=until):
        found.setdefault(centre, {})[month] = SettledMonth(SettlementTerms(*terms), desks)
    return found


def put_settled_month(connection: Connection, centre_id: int, month: date, settled: SettledMonth) -> None:
    """Remember how a centre's month was settled; in the caller's transaction."""
    row = {"centre_id": centre_id, "month": month, "desks": settled.desks, **asdict(settled.terms)}
    connection.execute(sql("put_settled_terms"), row)


def unattributed(connection: Connection, month: date) -> dict[str, Unattributed]:
    """By centre: walk-ins of the month that nobody signed for."""
    return {
        slug: Unattributed(int(visits), hours) for slug, visits, hours in _rows(connection, "unattributed_stays", month=month)
    }


def put_settled(connection: Connection, centre: str, settlement: int, postings: Iterable[int]) -> None:
    """Remember which documents' charges a settlement took in; in the caller's transaction."""
    connection.execute(sql("put_settled"), {"postings": sorted(set(postings)), "settlement": settlement, "centre": centre})


def first_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The month's first self-billed document of a centre, or None."""
    found = _rows(connection, "first_settlement", centre_id=centre_id, month=month)
    return LineReference(found[0][0], found[0][1], 1) if found else None


def latest_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The last self-billed invoice of a centre up to the month, which what is given back refers to; or None."""
    found = _rows(connection, "latest_settlement", centre_id=centre_id, month=month)
    return LineReference(found[0][0], found[0][1], 1) if found else None


def put_payout_order(connection: Connection, order: PayoutOrder, paid: Sequence[tuple[str, Decimal, int]]) -> None:
    """Keep an order with what each centre is paid (slug, EUR, posting); in the caller's transaction."""
    fields = {
        "name": order.name,
        "month": order.month,
        "ordered_on": order.ordered_on,
        "total": order.total,
        "document": order.document,
    }
    [(order_id,)] = _rows(connection, "put_payout_order", **fields)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_payout"),
            [
                {"payout_order_id": order_id, "centre": centre, "amount": amount, "posting_id": posting_id}
                for centre, amount, posting_id in paid
            ],
        )


def payout_orders(connection: Connection, month: date) -> list[PayoutOrder]:
    """The orders of payments for a month, oldest first."""
    with explained():
        return [
            PayoutOrder(name, of, on, total, bytes(document), int(payments))
            for name, of, on, total, document, payments in _rows(connection, "payout_orders", month=month)
        ]


def _rows(connection: Connection, name: str, /, **values: object) -> list[tuple[Any, ...]]:
    return connection.execute(sql(name), values).fetchall()
