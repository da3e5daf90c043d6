"""Statements to centres: what of a month they tell, kept beside the self-billed document that they belong to."""

from datetime import date

from psycopg.types.json import Jsonb

from smartwork.db.billing.documents import InvoiceAltered
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.settlement.statements import Judged, Statement, UnsignedStay


def judged(connection: Connection, month: date) -> dict[str, list[Judged]]:
    """By centre: the month's verdicts by local day and kind."""
    found: dict[str, list[Judged]] = {}
    for centre, *row in rows(connection, "statement_verdicts", month=month):
        found.setdefault(centre, []).append(Judged(*row))
    return found


def unsigned(connection: Connection, month: date, centre: str | None = None) -> dict[str, list[UnsignedStay]]:
    """By centre, of all or of one: the month's walk-ins that nobody signed for, in order of time."""
    found: dict[str, list[UnsignedStay]] = {}
    for slug, *row in rows(connection, "unsigned_stays", month=month, centre=centre):
        found.setdefault(slug, []).append(UnsignedStay(*row))
    return found


def put(connection: Connection, made: Statement) -> None:
    """Keep a statement for good; in the caller's transaction."""
    canonical = made.canonical()
    fields = {"number": made.number, "document": Jsonb(canonical, dumps=str), "digest": digest(canonical)}
    connection.execute(sql("put_statement"), fields)


def of_month(connection: Connection, month: date) -> dict[str, Statement]:
    """The month's statements by the number of their document. Raises InvoiceAltered where one was tampered with."""
    found = {}
    with wrap_database_errors():
        for number, document, seal in rows(connection, "statements_of_month", month=month):
            if digest(canonical_text(document)) != bytes(seal):
                raise InvoiceAltered(
                    f"The statement beside {number} differs from what was kept: its digest does not match. "
                    "Restore the row from a backup; nothing was rendered."
                )
            found[str(number)] = Statement.parse(document)
    return found
