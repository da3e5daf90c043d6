"""Lots of prepaid hours, and their entries: hours bought, drawn down, returned and expired."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows_as, sql
from smartwork.domain.billing.invoice import Drawdown, Invoice
from smartwork.domain.billing.prepaid_hours import GivenBack, Lot
from smartwork.domain.network.places import PlaceKind


def lots(connection: Connection, companies: Sequence[int]) -> dict[int, tuple[list[Lot], list[Lot]]]:
    """By company_id: the lots that are on a document, with the hours left, and the lots that are on none yet."""
    by_company: dict[int, tuple[list[Lot], list[Lot]]] = {}
    for row in rows_as(_LotRow, connection, "prepaid_lots", companies=list(companies)):
        billed, unbilled = by_company.setdefault(row.company_id, ([], []))
        (unbilled if row.hours_left is None else billed).append(row.lot())
    return by_company


def put_lots(connection: Connection, company_id: int, lots: Iterable[Lot]) -> None:
    """Insert lots of a company; a lot whose order exists is left unchanged. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_prepaid_lot"), [{**asdict(lot), "company_id": company_id} for lot in lots])


def record_prepaid_movements(connection: Connection, company_id: int, invoice: Invoice) -> None:
    """Insert an entry for each lot that a document sells, and for each drawdown or return; in the caller's transaction.

    Entries that add hours come first.
    """
    sign = -1 if invoice.is_credit else 1
    entries = [
        _Entry(
            company_id=company_id,
            lot=line.label,
            month=invoice.month,
            reason="bought",
            hours=sign * line.hours,
            value=sign * line.net,
            number=invoice.number,
            line=line.line,
        )
        for line in invoice.lines
        if line.kind in ("credits_bought", "overdraft")
    ]
    entries += [
        _Entry(
            company_id=company_id,
            lot=drawdown.lot,
            month=invoice.month,
            reason="spent",
            hours=-sign * drawdown.hours,
            value=-sign * drawdown.value,
            number=invoice.number,
            line=line.line,
        )
        for line in invoice.lines
        for drawdown in line.drawdowns
    ]
    _put_entries(connection, sorted(entries, key=lambda entry: entry.hours < 0))


def record_expiry(connection: Connection, company_id: int, month: date, expired: Iterable[Drawdown]) -> None:
    """Insert an entry for the expired hours of each lot; in the caller's transaction."""
    _put_entries(
        connection,
        [
            _Entry(company_id=company_id, lot=lost.lot, month=month, reason="expired", hours=-lost.hours, value=-lost.value)
            for lost in expired
        ],
    )


def lock(connection: Connection) -> None:
    """Let no other transaction draw hours down or return them until the caller's transaction ends; call it before `lots`."""
    connection.execute(sql("lock_prepaid_hours"))


def record_given_back(
    connection: Connection, company_id: int, month: date, number: str, given_back: Iterable[GivenBack]
) -> None:
    """Insert the new lots of hours that document `number` returned, and their movement; in the caller's transaction."""
    for given in given_back:
        own = given.own
        put_lots(connection, company_id, [own])
        moved = _Entry(company_id=company_id, lot=own.lot, month=month, reason="returned", hours=own.hours, value=own.value,
                       number=number)  # fmt: skip
        _put_entries(connection, [replace(moved, lot=given.lot, hours=-own.hours, value=-given.value), moved])


def _put_entries(connection: Connection, entries: Iterable["_Entry"]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_prepaid_entry"), [asdict(entry) for entry in entries])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A movement of hours of a lot; `number` and `line` name the document line that moved them."""

    company_id: int
    lot: str | None
    month: date
    reason: str
    hours: Decimal
    value: Decimal
    number: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class _LotRow:
    company_id: int
    external_id: str
    kind: PlaceKind
    bought_on: date
    expires_on: date | None
    hours: Decimal
    per_hour: Decimal
    hours_left: Decimal | None

    def lot(self) -> Lot:
        left = self.hours if self.hours_left is None else self.hours_left
        return Lot(self.external_id, self.kind, self.bought_on, self.expires_on, self.hours, self.per_hour, left)
