"""What clients of the API read: verdicts with their evidence, invoices, releases, and what is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from smartwork.db.access.tokens import Client
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import ledger_of_days
from smartwork.domain.billing.lifecycle import EventKind
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A verdict in words; seconds are whole."""

    verdict_id: int
    verdict: str
    company: str | None
    centre: str
    resource: str
    member: str | None
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    starts_at: datetime
    ends_at: datetime
    ceded_at: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    timezone: str
    resource_id: int

    @property
    def shown_until(self) -> datetime:
        """Where its evidence ends: with the overstay, or where the desk is another's."""
        return self.ceded_at or self.ends_at + timedelta(seconds=self.over_s)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An issued invoice or credit note of a company, amounts in its currency; `events` are what happened, oldest first."""

    number: str
    kind: str
    company: str
    month: date
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    payment_reference: str | None
    corrects: str | None
    events: list[EventKind]


def verdicts(
    connection: Connection,
    client: Client,
    *,
    verdict_id: int | None = None,
    booking: str | None = None,
    centre: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int = 0,
    most: int = 1,
) -> list[VerdictRow]:
    """Verdicts that the client may see, in order of their number; a walk-in of nobody's is only the network's to see."""
    rows = connection.execute(
        sql("api_verdicts"),
        {
            "company_id": client.company_id,
            "verdict_id": verdict_id,
            "booking": booking,
            "centre": centre,
            "since": since,
            "until": until,
            "after": after,
            "most": most,
        },
    )
    return [VerdictRow(*row) for row in rows]


def spans(connection: Connection, row: VerdictRow) -> list[Span]:
    """What was measured under a verdict, cut to its period."""
    arguments = {"resource_id": row.resource_id, "start": row.starts_at, "end": row.shown_until}
    return [Span(*span) for span in connection.execute(sql("api_spans"), arguments)]


def ledger(connection: Connection, row: VerdictRow) -> list[LedgerDay]:
    """The ledger of the centre for each local day that a verdict touches; a day that no edge has reported is left out."""
    return ledger_of_days(connection, row.centre, local_days(row.starts_at, row.shown_until, row.timezone))


def invoices(
    connection: Connection, client: Client, *, number: str | None = None, month: date | None = None
) -> list[InvoiceRow]:
    """Invoices that the client may see, by number."""
    arguments = {"company_id": client.company_id, "number": number, "month": month}
    return [InvoiceRow(*row) for row in connection.execute(sql("api_invoices"), arguments)]


def releases(
    connection: Connection, client: Client, *, centre: str | None, since: datetime | None, after: int, most: int
) -> list[tuple[Any, ...]]:
    """Desks and rooms that were released, in order of their number; whose booking it was is shown to its company only."""
    arguments = {"company_id": client.company_id, "centre": centre, "since": since, "after": after, "most": most}
    return connection.execute(sql("api_releases"), arguments).fetchall()


def free(connection: Connection, centre: str, starts_at: datetime, ends_at: datetime) -> Sequence[tuple[Any, ...]]:
    """What of a centre can be booked for the whole of [starts_at, ends_at), by slug."""
    arguments = {"centre": centre, "starts_at": starts_at, "ends_at": ends_at}
    return connection.execute(sql("api_free"), arguments).fetchall()
