"""The hash chain over the books: any sequence of entries verifies, and any change of it is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.audit.book_chain import START, BookEntry, content, head_after, verified
from smartwork.domain.billing.book_head import BookHead

Records = list[tuple[str, str, str, dict[str, str | None], int]]
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
records = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "posting"]),
        texts,
        st.sampled_from(["added", "changed", "found"]),
        st.dictionaries(texts, st.none() | texts, max_size=3),
        st.integers(0, 10**12),
    ),
    min_size=1,
    max_size=8,
)
EDITS: dict[str, Callable[[BookEntry], BookEntry]] = {
    "number": lambda e: replace(e, number=e.number + 1),
    "recorded_at": lambda e: replace(e, recorded_at=e.recorded_at + timedelta(microseconds=1)),
    "kind": lambda e: replace(e, kind=f"{e.kind} "),
    "key": lambda e: replace(e, key=f"{e.key}/"),
    "action": lambda e: replace(e, action="removed"),
    "content": lambda e: replace(e, content=bytes(32) if e.content is None else None),
    "head": lambda e: replace(e, head=bytes(32)),
}


def chain(of: Records) -> list[BookEntry]:
    """The entries that record these rows."""
    entries: list[BookEntry] = []
    head = START
    for number, (kind, key, action, columns, microseconds) in enumerate(of, start=1):
        at = AT + timedelta(microseconds=microseconds)
        entry = BookEntry(number, at, kind, key, action, content(columns), b"")  # type: ignore[arg-type]
        head = head_after(head, entry)
        entries.append(replace(entry, head=head))
    return entries


@given(records)
def test_every_sequence_of_entries_verifies_and_contains_the_head_of_each(of: Records) -> None:
    entries = chain(of)
    last = entries[-1]
    for entry in entries:
        known = BookHead(entry.number, entry.head.hex())
        assert verified(entries, [known]) == (BookHead(last.number, last.head.hex()), [], [])


@given(records, st.data())
@pytest.mark.parametrize("field", EDITS)
def test_a_change_of_any_field_of_any_entry_breaks_the_chain(field: str, of: Records, data: st.DataObject) -> None:
    entries = chain(of)
    at = data.draw(st.integers(0, len(entries) - 1))
    edited = [*entries[:at], EDITS[field](entries[at]), *entries[at + 1 :]]
    assert verified(edited)[1]


@given(records, st.data())
def test_an_entry_that_is_left_out_repeated_or_moved_breaks_the_chain(of: Records, data: st.DataObject) -> None:
    entries = chain(of)
    at = data.draw(st.integers(0, len(entries) - 1))
    assert verified([*entries[: at + 1], entries[at], *entries[at + 1 :]])[1]
    if at + 1 < len(entries):
        assert verified([*entries[:at], *entries[at + 1 :]])[1]
        assert verified([*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]])[1]


@given(records, records)
def test_a_chain_that_was_made_anew_does_not_contain_the_head_of_the_one_before(of: Records, other: Records) -> None:
    kept = chain(of)[-1]
    anew = chain(other)
    known = BookHead(kept.number, kept.head.hex())
    assert verified(anew, [known])[2] == ([] if kept in anew else [known])


@given(records)
def test_entries_that_were_removed_from_the_end_are_missed_by_a_head_kept_elsewhere_only(of: Records) -> None:
    entries = chain(of)
    last = entries[-1]
    known = BookHead(last.number, last.head.hex())
    head, broken, missing = verified(entries[:-1], [known])
    assert (head.entry, broken, missing) == (last.number - 1, [], [known])


@given(st.dictionaries(texts, st.none() | texts), texts, texts)
def test_the_content_of_a_row_changes_with_each_value_and_not_with_a_column_that_is_not_set(
    columns: dict[str, str | None], name: str, value: str
) -> None:
    before = content(columns)
    assert (content({**columns, name: value}) == before) == (columns.get(name) == value)
    assert (content({**columns, name: None}) == before) == (columns.get(name) is None)


def test_a_missing_entry_is_named() -> None:
    entries = chain([("invoice", str(n), "added", {}, n) for n in range(5)])
    assert verified([entries[0], *entries[2:]])[1][0] == "entry 2 is missing"
    assert verified([entries[0], entries[4]])[1][0] == "entries 2 to 4 are missing"
    assert verified([*entries, entries[0]])[1][0] == "entry 1 comes after entry 5"


@pytest.mark.parametrize("text", ["", "5", "x:" + 64 * "0", "5:" + 63 * "0", "-1:" + 64 * "0", "5:" + 64 * "g"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        BookHead.parse(text)


def test_a_head_is_read_as_it_was_written_or_typed_from_paper() -> None:
    head = BookHead(12, 32 * "ab")
    assert BookHead.parse(str(head)) == BookHead.parse(f" 12 : {' '.join(['AB' * 4] * 8)}\n") == head
