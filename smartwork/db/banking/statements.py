"""Bank statements and their movements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows, sql
from smartwork.domain.banking.chain import StatementHead
from smartwork.domain.banking.same_movement import Source, StoredEntry
from smartwork.domain.banking.statement import BankEntry, BankStatement
from smartwork.domain.billing.canonical_json import canonical_text, digest

_COLUMNS = ("booked_on", "amount")
"""Facts of an entry that have a column of their own."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A movement with its account, the number of the statement that listed it first, and the key of its posting."""

    entry_id: int
    account: str
    statement: str
    entry: BankEntry
    posting_id: int


def lock_statements(connection: Connection) -> None:
    """Let no other transaction import statements or decide about entries, until the caller's ends."""
    connection.execute(sql("lock_bank_statements"))


def own_accounts(connection: Connection) -> list[str]:
    """The IBANs of the network: of the seller, and those that issued documents name."""
    return [str(iban) for (iban,) in rows(connection, "own_accounts")]


def put_statement(connection: Connection, statement: BankStatement, file: tuple[str, bytes], at: datetime) -> int | None:
    """Store a statement of a file (name and digest); returns its key, None if the same one is stored already."""
    fields = {
        "iban": statement.iban,
        "format": statement.format,
        "number": statement.number,
        "opening": statement.opening,
        "opening_on": statement.opening_on,
        "closing": statement.closing,
        "closing_on": statement.closing_on,
        "content_digest": _content_digest(statement),
        "file_name": file[0],
        "file_digest": file[1],
        "imported_at": at,
    }
    stored = rows(connection, "put_bank_statement", **fields)
    return int(stored[0][0]) if stored else None


def put_entry(connection: Connection, iban: str, entry: BankEntry, posting_id: int) -> int:
    """Store a movement; returns its key."""
    facts = {name: value for name, value in asdict(entry).items() if name not in _COLUMNS}
    fields = {"iban": iban, "booked_on": entry.booked_on, "amount": entry.amount, "posting_id": posting_id}
    [(entry_id,)] = rows(connection, "put_bank_entry", **fields, facts=Jsonb(facts))
    return int(entry_id)


def put_source(connection: Connection, statement_id: int, entry: BankEntry, entry_id: int) -> None:
    """Store that a statement lists a movement."""
    fields = {
        "bank_statement_id": statement_id,
        "position": entry.position,
        "bank_entry_id": entry_id,
        "bank_reference": entry.bank_reference,
        "batch": entry.batch,
    }
    connection.execute(sql("put_bank_entry_source"), fields)


def entries_of_days(connection: Connection, iban: str, first: date, last: date) -> list[StoredEntry]:
    """The movements of an account that were booked on these days, with the statements that list them."""
    found = rows(connection, "bank_entries_of_days", iban=iban, first=first, last=last)
    sources: dict[int, list[Source]] = defaultdict(list)
    for entry_id, *source in rows(connection, "bank_entry_sources", entries=[row[0] for row in found]):
        sources[entry_id].append(Source(*source))
    return [
        StoredEntry(key, _entry(booked_on, amount, facts), tuple(sources[key])) for key, booked_on, amount, facts in found
    ]


def entries_of_earlier_versions(
    connection: Connection, statement: BankStatement, statement_id: int
) -> dict[int, tuple[date, Decimal]]:
    """Day and amount of the movements that other versions of a statement list, by key."""
    fields = {
        "iban": statement.iban,
        "format": statement.format,
        "number": statement.number,
        "opening": statement.opening,
        "opening_on": statement.opening_on,
    }
    found = rows(connection, "earlier_versions", **fields, bank_statement_id=statement_id)
    return {int(key): (booked_on, amount) for key, booked_on, amount in found}


def statement_heads(connection: Connection) -> Mapping[str, Sequence[StatementHead]]:
    """The stored statements of each account, without their entries."""
    heads: dict[str, list[StatementHead]] = defaultdict(list)
    for iban, key, number, opening, opening_on, closing, closing_on, entries in rows(connection, "statement_heads"):
        listed = frozenset[int](entries or ())
        heads[iban].append(StatementHead(key, number, opening, opening_on, closing, closing_on, listed))
    return heads


def listed_entries(connection: Connection) -> list[ListedEntry]:
    """All movements, by day."""
    return [
        ListedEntry(key, iban, number, _entry(booked_on, amount, facts), posting_id)
        for key, iban, booked_on, amount, facts, posting_id, number in rows(connection, "bank_entries")
    ]


def _entry(booked_on: date, amount: Decimal, facts: Mapping[str, Any]) -> BankEntry:
    return BankEntry(booked_on=booked_on, amount=amount, **facts)


def _content_digest(statement: BankStatement) -> bytes:
    """The digest of what a statement lists, wherever it stands in its file."""
    content = {name: value for name, value in asdict(statement).items() if name != "where"}
    return digest(canonical_text(_plain(content)))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool) else str(value)
