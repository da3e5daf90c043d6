"""Lots of prepaid hours, and their entries: hours bought, drawn down, returned and expired."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows_as, sql
from smartwork.domain.billing.invoice import Drawdown, Invoice
from smartwork.domain.billing.prepaid_hours import Lot
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
        _entry(company_id, line.label, invoice.month, "bought", sign * line.hours, sign * line.net, invoice.number, line.line)
        for line in invoice.lines
        if line.kind in ("credits_bought", "overdraft")
    ]
    entries += [
        _entry(
            company_id, drawdown.lot, invoice.month, "spent", -sign * drawdown.hours, -sign * drawdown.value, invoice.number,
            line.line,
        )
        for line in invoice.lines
        for drawdown in line.drawdowns
    ]  # fmt: skip
    entries.sort(key=lambda entry: entry["hours"] < 0)
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_prepaid_entry"), entries)


def record_expiry(connection: Connection, company_id: int, month: date, expired: Iterable[Drawdown]) -> None:
    """Insert an entry for the expired hours of each lot; in the caller's transaction."""
    entries = [_entry(company_id, lost.lot, month, "expired", -lost.hours, -lost.value) for lost in expired]
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_prepaid_entry"), entries)


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


def _entry(
    company_id: int,
    lot: str | None,
    month: date,
    reason: str,
    hours: Decimal,
    value: Decimal,
    number: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    return {
        "company_id": company_id,
        "lot": lot,
        "month": month,
        "reason": reason,
        "hours": hours,
        "value": value,
        "number": number,
        "line": line,
    }
