"""The ledger: what edges numbered against what is stored; nothing is lost without being shown."""

from dataclasses import dataclass
from datetime import date

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Readings of one centre and local day; numbered = stored + rejected + in_outbox + missing, duplicates apart."""

    centre: str
    day: date
    numbered: int
    stored: int
    duplicates: int
    rejected: int
    in_outbox: int
    missing: int


@dataclass(frozen=True, slots=True)
class Run:
    """A closed run of numbers of one outbox."""

    centre: str
    edge: str
    epoch: str
    first: int
    last: int


def ledger(connection: Connection) -> list[LedgerRow]:
    """The whole book, by centre and day, in order."""
    rows = connection.execute(sql("ledger_days"))
    return [LedgerRow(str(row[0]), row[1], *(number for number in row[2:])) for row in rows if isinstance(row[1], date)]


def gaps(connection: Connection) -> list[Run]:
    """What no stored batch holds although a later one is here: missing or still on its way. In order."""
    return [Run(*row) for row in connection.execute(sql("ledger_gaps"))]


def overlaps(connection: Connection) -> list[Run]:
    """What more than one stored batch holds, in order: readings that were stored twice. There are none."""
    return [Run(*row) for row in connection.execute(sql("ledger_overlaps"))]
