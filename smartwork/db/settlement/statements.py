"""Statements of centres: what they are made from, and the stored statements."""

from datetime import date

from psycopg.types.json import Jsonb

from smartwork.db.billing.documents import InvoiceAltered
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.settlement.statements import DayVerdicts, Statement, UnattributedStay


def day_verdicts(connection: Connection, month: date) -> dict[str, list[DayVerdicts]]:
    """By centre: the month's verdicts by local day and kind."""
    by_centre: dict[str, list[DayVerdicts]] = {}
    for centre, *row in rows(connection, "statement_verdicts", month=month):
        by_centre.setdefault(centre, []).append(DayVerdicts(*row))
    return by_centre


def unattributed_stays(connection: Connection, month: date, centre: str | None = None) -> dict[str, list[UnattributedStay]]:
    """By centre: the month's unattributed stays in order of time; of one centre if it is given."""
    by_centre: dict[str, list[UnattributedStay]] = {}
    for slug, *row in rows(connection, "unattributed_stays", month=month, centre=centre):
        by_centre.setdefault(slug, []).append(UnattributedStay(*row))
    return by_centre


def store_statement(connection: Connection, statement: Statement) -> None:
    """Store a statement, in the caller's transaction. A stored statement never changes."""
    canonical = statement.canonical()
    fields = {"number": statement.number, "document": Jsonb(canonical, dumps=str), "digest": digest(canonical)}
    connection.execute(sql("put_statement"), fields)


def latest_statement_posting(connection: Connection, centre_id: int) -> int:
    """The key of the posting of the centre's last document that has a statement; 0 if none has."""
    [(posting_id,)] = rows(connection, "latest_statement_posting", centre_id=centre_id)
    return posting_id or 0


def statements_of_month(connection: Connection, month: date) -> dict[str, Statement]:
    """The month's statements by the number of their document. Raises InvoiceAltered if a digest does not match."""
    by_number = {}
    with wrap_database_errors():
        for number, document, stored_digest in rows(connection, "statements_of_month", month=month):
            if digest(canonical_text(document)) != bytes(stored_digest):
                raise InvoiceAltered(
                    f"The statement of {number} was changed after it was stored: its digest does not match. "
                    "Restore the row from a backup; nothing was written."
                )
            by_number[str(number)] = Statement.parse(document)
    return by_number
