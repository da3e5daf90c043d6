"""The verdicts of a month with their evidence, as billing rates them, and the stays that are billed to nobody."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import ledger_between
from smartwork.domain.bookings.visit import Proven
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days


@dataclass(frozen=True, slots=True)
class UnattributedStays:
    """The unattributed stays of a month: their number, and their presence in seconds."""

    count: int
    occupied_s: int


def proven(connection: Connection, month: date, companies: Sequence[int] | None = None) -> list[Proven]:
    """What the month's verdicts say and rest on, cancelled and unsigned ones left out; by company, then verdict.

    `companies` are the keys of those that are wanted; None: of all.
    """
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        rows = _rows(connection, "billing_verdicts", month=month, companies=None if companies is None else list(companies))
        periods = {
            "resources": [row[0] for row in rows],
            "starts": [row[1] for row in rows],
            "untils": [row[2] for row in rows],
            "verdicts": [row[3] for row in rows],
        }
        spans: dict[Any, list[Span]] = defaultdict(list)
        for verdict_id, *span in _rows(connection, "billing_spans", **periods):
            spans[verdict_id].append(Span(*span))
        batches: dict[Any, list[BatchRun]] = defaultdict(list)
        for verdict_id, *run in _rows(connection, "billing_batches", **periods):
            batches[verdict_id].append(BatchRun(*run))
        touched = [local_days(row[1], row[2], row[8]) for row in rows]
        ledger = _ledger(connection, touched)
        return [
            Proven(*[
                *row[3:-1], tuple(spans[row[3]]), tuple(batches[row[3]]), row[-1],
                tuple(ledger[row[6], day] for day in days if (row[6], day) in ledger),
            ])
            for row, days in zip(rows, touched, strict=True)
        ]  # fmt: skip


def _ledger(connection: Connection, touched: Sequence[Sequence[date]]) -> dict[tuple[str, date], LedgerDay]:
    """The ledger by centre and day, over all days from the first to the last that are touched."""
    if not touched:
        return {}
    return ledger_between(connection, min(days[0] for days in touched), max(days[-1] for days in touched))


def unattributed(connection: Connection, month: date) -> UnattributedStays:
    """The month's stays that no booking or check-in names; they are billed to nobody."""
    with wrap_database_errors():
        [(count, occupied_s)] = _rows(connection, "unattributed_presence", month=month)
        return UnattributedStays(int(count), int(occupied_s))


def _rows(connection: Connection, name: str, /, **values: object) -> list[tuple[Any, ...]]:
    """All rows of a named query; what the columns hold is the schema's promise."""
    return connection.execute(sql(name), values).fetchall()
