"""Recorded verdicts as visits: the one place where a row of the `verdict` table becomes a Visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.visit import EarlierVerdict, NetworkChange, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVisit:
    """A visit with its keys in the database; `company` is the slug of `company_id`, both None if nobody is named.

    `first_seen` and `last_seen` are the first and last instant of presence in the period.
    """

    verdict_id: int
    resource_id: int
    company_id: int | None
    company: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    visit: Visit


_KEYS = ("verdict_id", "resource_id", "company_id", "company", "first_seen", "last_seen")


def recorded_visits(connection: Connection, query: str, arguments: Mapping[str, object]) -> list[RecordedVisit]:
    """The visits that a named query finds, still without spans, batches and ledger.

    The query names its columns after the fields of RecordedVisit and Visit and, after `change_` and `earlier_`, those of
    NetworkChange and EarlierVerdict.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql(query), arguments).fetchall()
    return [_recorded(row) for row in rows]


def _recorded(row: dict[str, Any]) -> RecordedVisit:
    keys = {key: row.pop(key) for key in _KEYS}
    at, by, reason = (row.pop(f"change_{key}") for key in ("at", "by", "reason"))
    verdict, replaced_at = row.pop("earlier_verdict"), row.pop("earlier_replaced_at")
    change = NetworkChange(at, by, reason) if reason else None
    return RecordedVisit(
        **keys, visit=Visit(**row, change=change, earlier=EarlierVerdict(verdict, replaced_at) if verdict else None)
    )
