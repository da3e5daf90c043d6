"""CODA: the coded statement of account of Belgian banks (Febelfin, version 2.6), read with febelfin-coda.

The library knows where each field is. What a file must keep to is checked here, line by line, before and after it reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from coda import CODA
from stdnum import iban

from smartwork.domain.banking.references import structured
from smartwork.domain.banking.statement import BankEntry, BankStatement
from smartwork.errors import InputError

_WIDTH = 128
_FOLLOWS = {"22": ("21",), "23": ("21", "22"), "32": ("31",), "33": ("32",)}
"""The articles that a part of a movement or information may follow."""
_PARTS = {"1": ("5",), "2": ("6", "7")}
"""The types of a batch's movements: totalised by the customer, or by the bank."""
_CANCELLED = ("49", "99")
"""Operations that cancel or correct an earlier one, of debits and of credits."""
_STRUCTURED = ("100", "101", "102", "103", "105")
"""Types of structured communications that contain a payment reference."""
_R_TRANSACTIONS = ("1", "2", "3", "4", "5")
"""Reject, return, refund, reversal, cancellation."""
_ORIGINAL_AMOUNT = "105"
_BELGIAN_DIGITS = 12
_LAST_DOS_LETTER = 0xA8


def read_coda(content: bytes, name: str) -> list[BankStatement]:
    """The statements of a CODA file. Raises InputError that names line, record and field where the file is not valid."""
    lines = _records(content, name)
    for begin, end in _statements(lines, name):
        _require_order(lines[begin:end], begin, name)
    reading = _Reading(lines)
    try:
        parsed = CODA(reading)
    except (ValueError, ArithmeticError, AssertionError, LookupError, AttributeError, TypeError) as error:
        raise InputError(
            f"{name}, line {reading.line}: record {_record(lines[reading.line - 1])} cannot be read, or does not agree with "
            f"those before it ({error or 'a total or a number'}). Ask the bank for the file again."
        ) from error
    return [
        _statement(statement, begin + 1, name)
        for statement, (begin, _) in zip(parsed.statements, _statements(lines, name), strict=True)
    ]


def is_coda(content: bytes) -> bool:
    """Whether a file begins as CODA does: with a header record, which is marked 0000 and ends with the version 2."""
    first = content.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
    return first.startswith(b"0000") and _WIDTH - 1 <= len(first) <= _WIDTH + 8


@dataclass(slots=True)
class _Reading:
    """Hands the lines over one by one, and knows which was the last.

    A detail of a detail (type 9, for example its charges) is handed over as a detail (type 8): neither is an entry here, and
    the library cannot read the former.
    """

    lines: Sequence[str]
    line: int = 0

    def __iter__(self) -> Iterator[str]:
        for text in self.lines:
            self.line += 1
            yield f"{text[:53]}8{text[54:]}" if text.startswith("21") and text[53] == "9" else text


def _records(content: bytes, name: str) -> list[str]:
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n\x1a ")
    # A character that no terminal should get keeps its place as a blank.
    lines = ["".join(letter if letter.isprintable() else " " for letter in line) for line in text.split("\n")]
    for at, text in enumerate(lines, start=1):
        if len(text) != _WIDTH:
            lines[at - 1] = text.ljust(_WIDTH) if at == len(lines) and text.startswith("9") else text
        if len(lines[at - 1]) != _WIDTH:
            raise InputError(
                f"{name}, line {at}: a record of CODA has {_WIDTH} characters, this one has {len(text)}. The file was cut or "
                "changed on its way: fetch it again."
            )
    return lines


def _decoded(content: bytes) -> str:
    """The text. CODA states no encoding: UTF-8 where records have their width so, else Windows or DOS, by the letters."""
    try:
        text = content.decode()
        if content.isascii() or all(len(line.rstrip("\r")) in (0, _WIDTH) for line in text.split("\n")):
            return text
    except UnicodeDecodeError:
        pass
    high = [byte for byte in content if byte >= 0x80]
    is_dos = all(byte <= _LAST_DOS_LETTER for byte in high)
    return content.decode("cp850" if is_dos else "latin-1")


def _statements(lines: Sequence[str], name: str) -> list[tuple[int, int]]:
    """The first line of each statement and the one after its last, counted from 0."""
    begins = [at for at, text in enumerate(lines) if text[0] == "0"]
    if not begins or begins[0] != 0:
        raise InputError(f"{name}, line 1: expected the header record (0) of a CODA file")
    return list(zip(begins, [*begins[1:], len(lines)], strict=True))


def _require_order(lines: Sequence[str], begin: int, name: str) -> None:
    """Check that the records of a statement are complete and in order. Raises InputError with the line."""
    kinds = [_record(text) for text in lines]
    if kinds[1:2] != ["1"] or kinds[-1] != "9":
        at, expected = (begin + 2, "the old balance (1)") if kinds[1:2] != ["1"] else (begin + len(lines), "the trailer (9)")
        raise InputError(f"{name}, line {at}: expected {expected} of the statement; the file was cut. Fetch it again.")
    for index in range(1, len(lines)):
        kind, before, at = kinds[index], kinds[index - 1], begin + index + 1
        if kind in ("1", "9") and index not in (1, len(lines) - 1):
            raise InputError(f"{name}, line {at}: record {kind} is not expected here. Fetch the file again.")
        if kind not in ("1", "21", "22", "23", "31", "32", "33", "4", "8", "9"):
            raise InputError(f"{name}, line {at}: {kind!r} is no record of CODA 2.6")
        if kind in _FOLLOWS and (before not in _FOLLOWS[kind] or lines[index][2:10] != lines[index - 1][2:10]):
            raise InputError(
                f"{name}, line {at}: record {kind} does not continue the record before it. Fetch the file again."
            )
        if before == "8" and kind not in ("4", "9"):
            raise InputError(f"{name}, line {at}: record {kind} stands behind the new balance (8). Fetch the file again.")
    counted = sum(text[0] in "1238" for text in lines)
    if lines[-1][16:22] != f"{counted:06d}":
        raise InputError(
            f"{name}, line {begin + len(lines)}: the trailer (9) states {lines[-1][16:22]} records, the statement has "
            f"{counted}. Records are missing: fetch the file again."
        )
    if lines[1][1] not in "0123":
        raise InputError(f"{name}, line {begin + 2}: the account structure {lines[1][1]!r} is unknown; expected 0, 1, 2 or 3")


def _record(text: str) -> str:
    """The kind of a record: one character, or two for movements and information."""
    return text[:2] if text[0] in "23" else text[0]


def _statement(statement: CODA, line: int, name: str) -> BankStatement:
    account = _iban(str(statement.account))
    if statement.account_currency != "EUR":
        raise InputError(f"{name}, line {line + 1}: account {account} is kept in {statement.account_currency}; expected EUR")
    entries = tuple(entry for move in statement.moves for entry in _entries(move) if entry.amount)
    for amount in (statement.old_balance, statement.new_balance, *(entry.amount for entry in entries)):
        if amount != round(amount, 2):
            raise InputError(f"{name}, line {line}: the statement has the amount {amount}; expected EUR, to the cent")
    made = BankStatement(
        format="coda",
        where=f"{name}, line {line}",
        iban=account,
        number=f"{statement.new_balance_date.year}/{statement.coda_sequence}",
        opening=statement.old_balance,
        opening_on=statement.old_balance_date,
        closing=statement.new_balance,
        closing_on=statement.new_balance_date,
        entries=entries,
    )
    sums = (
        sum(move.amount for move in statement.moves if move.amount > 0),
        -sum(move.amount for move in statement.moves if move.amount < 0),
    )
    if sums != (statement.total_credit, statement.total_debit):
        raise InputError(
            f"{made.where}: the trailer (9) states {statement.total_credit} credited and {statement.total_debit} debited, "
            f"the movements add up to {sums[0]} and {sums[1]}. Fetch the file again."
        )
    return made


def _entries(move: CODA) -> Iterator[BankEntry]:
    """A movement as one entry or, where it is a batch whose payments are listed in full, one for each."""
    parts = [part for part in move.moves if part.transaction_type in _PARTS.get(move.transaction_type, ())]
    if parts and sum(part.amount for part in parts) == move.amount:
        for part in parts:
            yield _entry(part, move)
    else:
        yield _entry(move, move)


def _entry(move: CODA, booked: CODA) -> BankEntry:
    kind = move.communication_type
    communication = str(move.communication or "").strip()
    reference = structured(communication) if kind in _STRUCTURED else ""
    is_part = move is not booked
    booked_on: date = booked.entry_date
    amount: Decimal = move.amount
    return BankEntry(
        position=f"{move.sequence}.{move.detail_sequence}",
        booked_on=booked_on,
        amount=amount,
        bank_reference=str(move.bank_reference).strip(),
        name=str(move.counterparty_name or "").strip(),
        iban=_iban(str(move.counterparty_account or "")[:34]),
        reference=reference,
        text="" if reference or kind == _ORIGINAL_AMOUNT else " ".join(communication.split()),
        end_to_end_id=str(move.customer_reference or "").strip(),
        ordered_currency=_ordered_currency(move),
        is_return=_is_return(move),
        is_batch=not is_part and move.transaction_type in _PARTS,
        batch=f"{booked.sequence}.{booked.detail_sequence}" if is_part else "",
    )


def _is_return(move: CODA) -> bool:
    """Whether a payment came back: an R-transaction with its reason (AC04, MS03), or a cancellation."""
    is_r_transaction = (move.r_transaction or "") in _R_TRANSACTIONS and not str(move.r_reason or "")[:2].isdigit()
    return is_r_transaction or move.transaction_transaction in _CANCELLED


def _ordered_currency(move: CODA) -> str:
    """The currency of the original amount, which a communication of type 105 states."""
    for part in (move, *move.moves):
        if part.communication_type == _ORIGINAL_AMOUNT:
            stated = part._communication[46:49].strip()  # noqa: SLF001 - the library has no name for this field
            return str(stated) or "EUR"
    return "EUR"


def _iban(account: str) -> str:
    """An account as IBAN: a Belgian number of 12 digits becomes one. What is no account is ""."""
    compact = account.split(maxsplit=1)[0] if account.strip() else ""
    if len(compact) == _BELGIAN_DIGITS and compact.isdigit():
        return "" if int(compact) == 0 else f"BE{iban.calc_check_digits(f'BE00{compact}')}{compact}"
    return compact
