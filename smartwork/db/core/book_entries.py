"""The entries of the books: which tables they record, and where a table differs from what they record."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows, sql
from smartwork.domain.audit.book_chain import RowDifference
from smartwork.domain.billing.book_head import BookHead

RECORDED_TABLES = (
    "invoice",
    "invoice_event",
    "centre_statement",
    "prepaid_lot",
    "prepaid_entry",
    "account",
    "posting",
    "entry",
    "settlement_item",
    "settled_terms",
    "payout_order",
    "payout",
    "payout_document",
    "payout_event",
    "billed_month",
    "agreement_version",
    "seller",
    "company",
    "company_vat",
    "company_party",
    "tariff",
    "contract",
    "centre_contract",
    "prepaid_pool",
    "item_order",
    "subscription",
    "account_number",
    "bank_statement",
    "bank_entry",
    "bank_entry_source",
    "bank_allocation",
    "acceptance_terms",
    "acceptance_event",
    "settlement_cancellation",
)
"""The tables whose rows are recorded. `smartwork migrate` makes it so: a new table needs only its name here."""

_DIFFERENCES = """
SELECT {kind} AS kind, key, e.number, e.recorded_at, e.content, r.content AS stored,
       coalesce(r.name, (SELECT i.number FROM invoice i WHERE i.invoice_id::text = r.invoice_id)) AS name
FROM (
    SELECT DISTINCT ON (b.key) b.key, b.number, b.recorded_at, b.content
    FROM book_entry b WHERE b.kind = {kind} ORDER BY b.key, b.number DESC
) e
FULL JOIN (
    SELECT concat_ws('/', {keys}) AS key, j.fields ->> 'invoice_id' AS invoice_id,
           coalesce(j.fields ->> 'number', j.fields ->> 'slug', j.fields ->> 'external_id') AS name,
           row_number() OVER (ORDER BY {columns}) AS place, (
        SELECT sha256(convert_to('{{' || string_agg(to_json(f.key)::text || ':' || to_json(f.value)::text, ','
                                                   ORDER BY f.key COLLATE "C") || '}}', 'UTF8'))
        FROM jsonb_each_text(j.fields) f WHERE f.value IS NOT NULL) AS content
    FROM {table} t CROSS JOIN LATERAL (SELECT to_jsonb(t) AS fields) j
) r USING (key)
WHERE e.content IS DISTINCT FROM r.content
ORDER BY r.place, e.number
"""
"""Computed in the statement itself: a function that somebody replaced cannot hide a change."""

_OTHER_TABLES = """
SELECT * FROM (
    SELECT DISTINCT ON (b.kind, b.key) b.kind, b.key, b.number, b.recorded_at, b.content, NULL::bytea AS stored,
           NULL AS name
    FROM book_entry b WHERE b.kind <> ALL ({tables}) ORDER BY b.kind, b.key, b.number DESC
) e WHERE e.content IS NOT NULL
"""

_RECORD_FOUND = SQL("""
SELECT count(append_book_entry(d.kind, d.key, CASE WHEN d.stored IS NULL THEN 'removed' ELSE 'found' END, d.stored))
FROM ({found}) d WHERE d.key <> ALL (%(known)s)
""")


@contextmanager
def recording(connection: Connection) -> Iterator[None]:
    """A transaction in which changes of the recorded tables are recorded. Rows that are changed otherwise fail the audit."""
    with connection.transaction():
        connection.execute(sql("record_changes"))
        yield


def differences(connection: Connection, tables: Sequence[str] = RECORDED_TABLES) -> list[RowDifference]:
    """Every row that is not as the books record it, of `tables`; all rows of a table that is gone are missing."""
    with connection.transaction():
        connection.execute(sql("plain_texts"))
        keys = _primary_keys(connection, tables)
        found = _read(connection, _other_tables([*keys]))
        for table, columns in keys.items():
            found += _read(connection, _differences(table, columns))
    return found


def newest_head(connection: Connection) -> BookHead | None:
    """The head of the books as committed, and what this transaction has recorded; None where they have no entry."""
    newest = rows(connection, "newest_head")
    return BookHead(newest[0][0], bytes(newest[0][1]).hex()) if newest else None


def recorded_at(connection: Connection, number: int) -> datetime | None:
    """When an entry was recorded; None if there is none of this number."""
    [found] = rows(connection, "recorded_at", number=number) or [(None,)]
    at: datetime | None = found[0]
    return at


def kept_tables(connection: Connection) -> list[str]:
    """The tables that are or were recorded in this database; none before it had books."""
    if rows(connection, "has_book_entries") != [(True,)]:
        return []
    return [str(name) for (name,) in rows(connection, "kept_tables")]


def record_found(connection: Connection, known: Collection[RowDifference]) -> None:
    """Record every row that is not as the books record it, except those that were not so before (`known`).

    For migrations, which may make tables and change every row; in the caller's transaction. From then on, changes of all
    recorded tables that exist are recorded. Nothing is done in a database without books.
    """
    if rows(connection, "has_book_entries") != [(True,)]:
        return
    for (table,) in rows(connection, "tables_with_another_key"):
        connection.execute(SQL("DROP TRIGGER is_recorded ON {}").format(Identifier(table)))
    connection.execute(sql("keep_tables"), {"tables": list(RECORDED_TABLES)})
    connection.execute(sql("plain_texts"))
    before: dict[str, list[str]] = {}
    for each in known:
        before.setdefault(each.kind, []).append(each.key)
    keys = _primary_keys(connection, RECORDED_TABLES)
    statements = [(table, _differences(table, columns)) for table, columns in keys.items()]
    for table, found in [*statements, ("", _other_tables([*keys]))]:
        connection.execute(_RECORD_FOUND.format(found=found), {"known": before.get(table, [])})


def _primary_keys(connection: Connection, tables: Sequence[str]) -> dict[str, list[str]]:
    """The columns of the primary key of each of the tables that exist, in the order of `tables`."""
    return {str(table): columns for table, columns in rows(connection, "primary_keys", tables=list(tables))}


def _differences(table: str, columns: Sequence[str]) -> Composed:
    return SQL(_DIFFERENCES).format(
        kind=Literal(table),
        table=Identifier(table),
        columns=SQL(", ").join(Identifier("t", column) for column in columns),
        keys=SQL(", ").join(SQL("j.fields ->> {}").format(Literal(column)) for column in columns),
    )


def _other_tables(tables: Sequence[str]) -> Composed:
    return SQL(_OTHER_TABLES).format(tables=Literal(list(tables)))


def _read(connection: Connection, statement: Composed) -> list[RowDifference]:
    return connection.cursor(row_factory=class_row(RowDifference)).execute(statement).fetchall()
