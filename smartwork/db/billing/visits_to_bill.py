"""The verdicts of a month with their evidence, as billing rates them, and the stays that are billed to nobody."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from smartwork.db.bookings.visits import recorded_visits
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.db.ledger.ledger import ledger_between
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days


@dataclass(frozen=True, slots=True)
class UnattributedStays:
    """The unattributed stays of a month: their number, and their presence in seconds."""

    count: int
    occupied_s: int


def visits(connection: Connection, month: date, companies: Sequence[int] | None = None) -> dict[int, list[Visit]]:
    """The month's visits with their evidence, by company_id; cancelled bookings and unattributed stays are left out.

    `companies` are the keys of the companies to read; None reads all.
    """
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        wanted = {"month": month, "companies": None if companies is None else list(companies)}
        recorded = recorded_visits(connection, "billing_visits", wanted)
        periods = {
            "resources": [row.resource_id for row in recorded],
            "starts": [row.visit.starts_at for row in recorded],
            "untils": [row.visit.evidence_until for row in recorded],
            "verdicts": [row.verdict_id for row in recorded],
        }
        spans: dict[int, list[Span]] = defaultdict(list)
        for verdict_id, *span in rows(connection, "billing_spans", **periods):
            spans[verdict_id].append(Span(*span))
        batches: dict[int, list[BatchRun]] = defaultdict(list)
        for verdict_id, *run in rows(connection, "billing_batches", **periods):
            batches[verdict_id].append(BatchRun(*run))
        touched = [local_days(row.visit.starts_at, row.visit.evidence_until, row.visit.timezone) for row in recorded]
        ledger = _ledger(connection, touched)
        by_company: dict[int, list[Visit]] = defaultdict(list)
        for row, days in zip(recorded, touched, strict=True):
            if row.company_id is not None:
                by_company[row.company_id].append(
                    replace(
                        row.visit,
                        spans=tuple(spans[row.verdict_id]),
                        batches=tuple(batches[row.verdict_id]),
                        ledger=tuple(kept for day in days if (kept := ledger.get((row.visit.centre, day)))),
                    )
                )
        return dict(by_company)


def _ledger(connection: Connection, touched: Sequence[Sequence[date]]) -> dict[tuple[str, date], LedgerDay]:
    """The ledger by centre and day, from the first to the last of the days `touched`."""
    if not touched:
        return {}
    return ledger_between(connection, min(days[0] for days in touched), max(days[-1] for days in touched))


def unattributed(connection: Connection, month: date) -> UnattributedStays:
    """The month's stays that no booking or check-in names; they are billed to nobody."""
    with wrap_database_errors():
        [(count, occupied_s)] = rows(connection, "unattributed_presence", month=month)
        return UnattributedStays(int(count), int(occupied_s))
