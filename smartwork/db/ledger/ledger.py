"""The ledger: what edges numbered against what is stored. A loss is always shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows_as, sql
from smartwork.domain.ledger.ledger_day import LedgerDay


@dataclass(frozen=True, slots=True)
class NumberRun:
    """A closed run [first, last] of reading numbers of one outbox."""

    centre: str
    edge: str
    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """Why the ledger of a centre cannot be trusted, since when, and the gateway whose reports are wrong."""

    centre: str
    edge: str
    since: datetime
    message: str


def ledger(connection: Connection) -> dict[str, list[LedgerDay]]:
    """The ledger of all days, by centre (slug), each in order of the day."""
    by_centre: dict[str, list[LedgerDay]] = {}
    for row in connection.cursor(row_factory=dict_row).execute(sql("ledger_days")):
        by_centre.setdefault(row.pop("centre"), []).append(LedgerDay(**row))
    return by_centre


def ledger_of_days(connection: Connection, centre: str, days: Sequence[date]) -> list[LedgerDay]:
    """The ledger of a centre on some local days, in order; a day that no edge has reported is left out."""
    return rows_as(LedgerDay, connection, "ledger_of_days", centre=centre, days=list(days))


def ledger_between(connection: Connection, since: date, until: date) -> dict[tuple[str, date], LedgerDay]:
    """The ledger of all centres from `since` to `until`, both included, by centre (slug) and day."""
    rows = connection.cursor(row_factory=dict_row).execute(sql("ledger_between"), {"since": since, "until": until})
    return {(row.pop("centre"), row["day"]): LedgerDay(**row) for row in rows}


def gaps(connection: Connection) -> list[NumberRun]:
    """Numbers that were given and that no stored batch holds: missing, or not yet arrived. In order."""
    return rows_as(NumberRun, connection, "ledger_gaps")


def faults(connection: Connection, centre: str | None = None) -> list[LedgerFault]:
    """The faults of the ledgers of all centres, or of one, in order. A faulty centre's bills wait."""
    return rows_as(LedgerFault, connection, "ledger_faults", centre=centre)


def overlaps(connection: Connection) -> list[NumberRun]:
    """Numbers that more than one stored batch holds, in order. Ingest lets none come about; this would show it."""
    return rows_as(NumberRun, connection, "ledger_overlaps")
