"""Import bank statements: store what is new, post it, and apply the rules of matching."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.banking import statements as stored
from smartwork.db.billing.documents import issuing_transaction
from smartwork.db.core.connection import Connection
from smartwork.domain.accounting import accounts, postings
from smartwork.domain.banking.chain import Gap, gaps, latest
from smartwork.domain.banking.same_movement import known_entries
from smartwork.domain.banking.statement import BankStatement
from smartwork.errors import InputError
from smartwork.jobs.banking.apply_rules import AllocatedEntry, apply_rules
from smartwork.jobs.banking.statement_files import StatementFile, read_statement_files

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """A statement of a file: how many of its entries are new, and whether just this statement was imported before."""

    file: str
    statement: BankStatement
    new_entries: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import: its statements, all entries as they are now, and where statements are missing, by account."""

    statements: tuple[ImportedStatement, ...]
    entries: tuple[AllocatedEntry, ...]
    gaps: tuple[tuple[str, Gap], ...]


def import_statements(connection: Connection, paths: Iterable[Path], at: datetime) -> ImportReport:
    """Import the statements of files, all or none, and apply the rules of matching as of `at`.

    What is stored already is left as it is. Raises InputError that names file, line and statement where one is not valid, is
    of an account that is not the network's, or lacks entries that the same statement had before.
    """
    files = [file for path in paths for file in read_statement_files(path)]
    with issuing_transaction(connection):
        stored.lock_statements(connection)
        own = stored.own_accounts(connection)
        listed = [(file, statement) for file in files for statement in file.statements]
        imported = [_import(connection, file, statement, own, at) for file, statement in listed]
        for iban in sorted({statement.iban for _, statement in listed}):
            _bring_forward(connection, iban)
        entries = apply_rules(connection, at)
    return ImportReport(tuple(imported), tuple(entries), tuple(missing_statements(connection)))


def missing_statements(connection: Connection) -> list[tuple[str, Gap]]:
    """Where statements are missing, with the account."""
    return [(iban, gap) for iban, heads in sorted(stored.statement_heads(connection).items()) for gap in gaps(heads)]


def _import(
    connection: Connection, file: StatementFile, statement: BankStatement, own: Sequence[str], at: datetime
) -> ImportedStatement:
    if statement.iban not in own:
        raise InputError(
            f"{statement.where}: statement {statement.number} is of the account {statement.iban}, which is not the network's "
            f"({', '.join(own) or 'the seller has none'}). Nothing was imported. Leave the file out, or correct the seller's "
            "iban in the agreements."
        )
    statement_id = stored.put_statement(connection, statement, (file.name, file.digest), at)
    if statement_id is None:
        return ImportedStatement(file.name, statement, 0, is_known=True)
    earlier = stored.entries_of_earlier_versions(connection, statement, statement_id)
    days = [entry.booked_on for entry in statement.entries]
    known = stored.entries_of_days(connection, statement.iban, min(days), max(days)) if days else []
    found = known_entries(statement, known)
    new = 0
    for entry, keys in zip(statement.entries, found, strict=True):
        entry_ids = keys
        if not entry_ids:
            posting = postings.bank_entry_posting(statement.iban, entry.booked_on, entry.amount)
            entry_ids = (stored.put_entry(connection, statement.iban, entry, journal.post(connection, posting)),)
            new += 1
        for entry_id in entry_ids:
            stored.put_source(connection, statement_id, entry, entry_id)
    missing = sorted(earlier.keys() - {key for keys in found for key in keys})
    if missing:
        booked_on, amount = earlier[missing[0]]
        raise InputError(
            f"{statement.where}: statement {statement.number} was imported before with {len(missing)} entries that it lacks "
            f"now, the first of {booked_on} and {amount} EUR. Nothing was imported. Ask the bank which statement is right."
        )
    return ImportedStatement(file.name, statement, new, is_known=False)


def _bring_forward(connection: Connection, iban: str) -> None:
    """Post the difference between the account in the journal and the closing balance of its latest statement."""
    head = latest(stored.statement_heads(connection)[iban])
    balance = journal.balances(connection).get(accounts.bank_account(iban), _ZERO)
    if head is not None and head.closing != balance:
        journal.post(connection, postings.brought_forward_posting(iban, head.closing_on, head.closing - balance))
