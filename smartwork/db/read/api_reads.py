"""What clients of the API read: verdicts with their evidence, invoices, releases, and what is free."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from smartwork.db.access.tokens import Client
from smartwork.db.bookings.visits import RecordedVisit, recorded_visits
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import ledger_of_days
from smartwork.domain.billing.lifecycle import EventKind
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days


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
) -> list[RecordedVisit]:
    """Visits that the client may see, without spans and ledger, ordered by verdict_id.

    Only the network's own clients see unattributed stays.
    """
    return recorded_visits(
        connection,
        "api_verdicts",
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


def verdict(connection: Connection, client: Client, verdict_id: int) -> RecordedVisit | None:
    """One visit with its spans and the ledger of its days; None where the client sees no such verdict."""
    for recorded in verdicts(connection, client, verdict_id=verdict_id):
        visit = recorded.visit
        period = {"resource_id": recorded.resource_id, "start": visit.starts_at, "end": visit.evidence_until}
        spans = tuple(Span(*span) for span in connection.execute(sql("api_spans"), period))
        days = local_days(visit.starts_at, visit.evidence_until, visit.timezone)
        ledger = tuple(ledger_of_days(connection, visit.centre, days))
        return replace(recorded, visit=replace(visit, spans=spans, ledger=ledger))
    return None


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
