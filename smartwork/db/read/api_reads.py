"""Queries of the API: verdicts with their evidence, invoices and releases."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row

from smartwork.db.access.tokens import Client
from smartwork.db.bookings.visits import RecordedVisit, recorded_visits
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import faults, ledger_of_days
from smartwork.domain.billing.lifecycle import EventKind
from smartwork.domain.bookings.early_release import Reason
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An issued invoice or credit note of a company, with amounts in `currency` and its events, oldest first."""

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


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """Selects verdicts. `since` and `until` select those whose period starts in [since, until); None selects all."""

    verdict_id: int | None = None
    booking: str | None = None
    centre: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """An early release. `booking` and its `company` are None if the client may not see the booking."""

    id: int
    centre: str
    resource: str
    reason: Reason
    released_at: datetime
    ends_at: datetime
    taken_back_at: datetime | None
    booking: str | None
    company: str | None


def verdicts(
    connection: Connection, client: Client, chosen: VerdictFilter, *, after: int = 0, most: int = 1
) -> list[RecordedVisit]:
    """At most `most` visits that the client may see, without spans and ledger, in order of verdict_id, from the first one
    after `after`. Only the network's own clients see unattributed stays.
    """
    arguments = {**asdict(chosen), "company_id": client.company_id, "after": after, "most": most}
    return recorded_visits(connection, "api_verdicts", arguments)


def verdict(connection: Connection, client: Client, verdict_id: int) -> RecordedVisit | None:
    """One visit with its spans and the ledger of its days, or None if the client sees no such verdict."""
    for recorded in verdicts(connection, client, VerdictFilter(verdict_id=verdict_id)):
        visit = recorded.visit
        period = {"resource_id": recorded.resource_id, "start": visit.starts_at, "end": visit.evidence_until}
        with connection.cursor(row_factory=class_row(Span)) as cursor:
            spans = tuple(cursor.execute(sql("api_spans"), period))
        days = local_days(visit.starts_at, visit.evidence_until, visit.timezone)
        ledger = tuple(ledger_of_days(connection, visit.centre, days))
        return replace(recorded, visit=replace(visit, spans=spans, ledger=ledger))
    return None


def ledger_fault(connection: Connection, centre: str) -> str | None:
    """Why the ledger of a centre cannot be trusted now, or None."""
    return next((fault.message for fault in faults(connection, centre)), None)


def invoices(
    connection: Connection, client: Client, *, number: str | None = None, month: date | None = None
) -> list[InvoiceRow]:
    """The invoices that the client may see, ordered by number."""
    arguments = {"company_id": client.company_id, "number": number, "month": month}
    with connection.cursor(row_factory=class_row(InvoiceRow)) as cursor:
        return cursor.execute(sql("api_invoices"), arguments).fetchall()


def releases(
    connection: Connection, client: Client, *, centre: str | None, since: datetime | None, after: int, most: int
) -> list[ReleaseRow]:
    """At most `most` early releases, in order of their id, from the first one after `after`."""
    arguments = {"company_id": client.company_id, "centre": centre, "since": since, "after": after, "most": most}
    with connection.cursor(row_factory=class_row(ReleaseRow)) as cursor:
        return cursor.execute(sql("api_releases"), arguments).fetchall()
