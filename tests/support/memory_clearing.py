"""Set-offs and write-offs of histories, in memory: what an event does is found here, and done again in the database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from smartwork.domain.billing import set_offs, write_offs
from smartwork.domain.billing.lifecycle import Event
from smartwork.domain.billing.payments import BalanceChange, PayableDocument, positions
from smartwork.errors import InputError
from tests.support.memory_accounts import MemoryAccounts

_AT = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clearing:
    """What was set off or written off, or reversed: of which document, how much, and against which invoice."""

    kind: Literal["offset", "offset_reversed", "written_off", "write_off_reversed"]
    number: str
    amount: Decimal
    invoice: str = ""


def clear(accounts: MemoryAccounts, pick: int, amount: Decimal | None, *, is_offset: bool) -> Clearing | None:
    """Set off or write off what `pick` chooses, or undo it where it is done already; None if that cannot be."""
    standing = positions(accounts.owed(), accounts.moves)
    documents = [
        each
        for each in accounts.owed()
        if each.is_credit == is_offset and standing[each.number].open + standing[each.number].offset > 0
    ]
    if not documents:
        return None
    document = documents[pick % len(documents)]
    try:
        return _offset(accounts, document, pick, amount) if is_offset else _write_off(accounts, document, amount)
    except InputError:
        return None


def _offset(accounts: MemoryAccounts, note: PayableDocument, pick: int, amount: Decimal | None) -> Clearing | None:
    standing = positions(accounts.owed(), accounts.moves)
    others = [
        each
        for each in accounts.owed()
        if each.account == note.account
        and not each.is_credit
        and standing[each.number].open + standing[each.number].offset > 0
    ]
    if not others:
        return None
    invoice = others[pick // 7 % len(others)]
    events = [Event(m.kind, _AT, by=m.by, amount=m.amount) for m in accounts.moves if m.number == note.number]
    set_off = set_offs.set_off_between(events, invoice.number)
    set_offs.require_pair(note, invoice, ())
    kind: Literal["offset", "offset_reversed"] = "offset_reversed" if set_off and amount is None else "offset"
    if kind == "offset_reversed":
        taken = set_offs.reversed_offset(note.number, invoice.number, set_off, None)
    else:
        taken = set_offs.offset(note, standing[note.number], invoice, standing[invoice.number], amount)
    accounts.moves += [
        BalanceChange(note.number, kind, taken, invoice.number), BalanceChange(invoice.number, kind, taken, note.number)
    ]  # fmt: skip
    return Clearing(kind, note.number, taken, invoice.number)


def _write_off(accounts: MemoryAccounts, document: PayableDocument, amount: Decimal | None) -> Clearing:
    at = positions(accounts.owed(), accounts.moves)[document.number]
    kind: Literal["written_off", "write_off_reversed"] = (
        "write_off_reversed" if at.written_off and amount is None else "written_off"
    )
    if kind == "write_off_reversed":
        lost = write_offs.reversed_write_off(document, at, None)
    else:
        lost = write_offs.write_off(document, at, (), amount)
    accounts.put_write_off(document.number, kind, lost)
    return Clearing(kind, document.number, lost)
