"""Which entries of a new statement are movements that are stored already, from another file, format or version.

A bank gives each movement a reference of its own: in one format the same reference is the same movement, and another one is
another. Between formats, and where there is no reference, day, amount, account and communication decide, one entry for one:
two equal payments of a day stay two.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from smartwork.domain.banking.statement import BankEntry, BankStatement

_Value = TypeVar("_Value")
_ZERO = Decimal(0)
_MIN_REFERENCE = 8
"""Characters from which on one bank reference may be a part of another."""


@dataclass(frozen=True, slots=True)
class Source:
    """A statement that lists an entry: format, number and balances, and the entry's bank reference and batch there."""

    statement_id: int
    format: str
    number: str
    opening: Decimal
    closing: Decimal
    bank_reference: str
    batch: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A movement that is stored, as the first file had it, and the statements that list it."""

    entry_id: int
    entry: BankEntry
    sources: tuple[Source, ...]


def known_entries(statement: BankStatement, stored: Sequence[StoredEntry]) -> list[tuple[int, ...]]:
    """The keys of the stored movements that each entry of `statement` is; none where it is new.

    An entry is several stored ones where the other file itemises its batch, and several entries may be one.
    """
    by_day: dict[tuple[object, ...], list[StoredEntry]] = defaultdict(list)
    for each in stored:
        by_day[each.entry.booked_on, each.entry.amount].append(each)
    found: list[tuple[int, ...]] = [()] * len(statement.entries)
    taken: set[int] = set()
    for is_same in (_same_reference, _same_facts):
        for index, entry in enumerate(statement.entries):
            if found[index]:
                continue
            for candidate in by_day[entry.booked_on, entry.amount]:
                if candidate.entry_id not in taken and is_same(statement, entry, candidate):
                    found[index] = (candidate.entry_id,)
                    taken.add(candidate.entry_id)
                    break
    _pair_batches(statement, [each for each in stored if each.entry_id not in taken], found)
    return found


def _same_reference(statement: BankStatement, entry: BankEntry, stored: StoredEntry) -> bool:
    return any(
        _compact(source.bank_reference) == _compact(entry.bank_reference) != ""
        if source.format == statement.format
        else _is_part(source.bank_reference, entry.bank_reference) and _agree(entry, stored)
        for source in stored.sources
    )


def _same_facts(statement: BankStatement, entry: BankEntry, stored: StoredEntry) -> bool:
    if not _agree(entry, stored):
        return False
    same_format = [source for source in stored.sources if source.format == statement.format]
    if not same_format:
        return True
    # In one format another reference is another movement, and so is the same line on the statement that follows.
    return not any(
        (source.bank_reference and entry.bank_reference) or _follow_each_other(source, statement) for source in same_format
    )


def _follow_each_other(source: Source, statement: BankStatement) -> bool:
    if source.number == statement.number and (source.opening, source.closing) == (statement.opening, statement.closing):
        return False
    return source.number != statement.number and (source.closing == statement.opening or source.opening == statement.closing)


def _agree(entry: BankEntry, stored: StoredEntry) -> bool:
    """Whether account, reference and text of two entries do not contradict each other."""
    other = stored.entry
    if entry.iban and other.iban and entry.iban != other.iban:
        return False
    if entry.reference or other.reference:
        return entry.reference == other.reference or _contains(entry, other) or _contains(other, entry)
    texts = [_compact(text) for text in (entry.text, other.text)]
    return not all(texts) or texts[0] in texts[1] or texts[1] in texts[0]


def _contains(entry: BankEntry, other: BankEntry) -> bool:
    """Whether the text of `other` has the reference of `entry`."""
    return not other.reference and entry.reference in _compact(other.text)


def _is_part(first: str, second: str) -> bool:
    """Whether one bank reference is the other, or begins or ends it, as formats shorten and prefix them."""
    one, other = _compact(first), _compact(second)
    if min(len(one), len(other)) < _MIN_REFERENCE:
        return one == other != ""
    return one.startswith(other) or other.startswith(one) or one.endswith(other) or other.endswith(one)


def _compact(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _pair_batches(statement: BankStatement, rest: Sequence[StoredEntry], found: list[tuple[int, ...]]) -> None:
    """Pair batches that one format itemises and the other does not, by day and sum."""
    new = [index for index, known in enumerate(found) if not known]
    others = [each for each in rest if all(source.format != statement.format for source in each.sources)]
    wholes = {(each.entry.booked_on, each.entry.amount): each for each in others if not each.sources[0].batch}
    for indexes in _grouped((statement.entries[index].batch, index) for index in new).values():
        entries = [statement.entries[index] for index in indexes]
        whole = wholes.pop((entries[0].booked_on, sum((entry.amount for entry in entries), _ZERO)), None)
        if whole is not None:
            for index in indexes:
                found[index] = (whole.entry_id,)
    itemised = _grouped(
        (f"{each.sources[0].statement_id} {each.sources[0].batch}" if each.sources[0].batch else "", each) for each in others
    )
    sums = {
        (parts[0].entry.booked_on, sum((part.entry.amount for part in parts), _ZERO)): parts for parts in itemised.values()
    }
    for index in new:
        entry = statement.entries[index]
        if entry.is_batch and not found[index] and (parts := sums.pop((entry.booked_on, entry.amount), None)):
            found[index] = tuple(part.entry_id for part in parts)


def _grouped(pairs: Iterable[tuple[str, _Value]]) -> Mapping[str, list[_Value]]:
    groups: dict[str, list[_Value]] = defaultdict(list)
    for name, value in pairs:
        if name:
            groups[name].append(value)
    return groups
