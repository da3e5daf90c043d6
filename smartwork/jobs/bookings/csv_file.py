"""Read bookings from the rows of a sheet with a map. docs/bookings.md describes the columns and the maps."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from smartwork.domain.bookings.importing import Fault, NoSuchTimeError
from smartwork.domain.bookings.names import fold, visible
from smartwork.domain.bookings.written_times import (
    DateOrder,
    DateOrderError,
    Written,
    find_date_order,
    read_day,
    read_duration,
    read_moment,
    read_time_of_day,
)
from smartwork.errors import InputError
from smartwork.jobs.bookings.booking_map import NATIVE, BookingMap, EndFrom, StartFrom, TextFrom
from smartwork.jobs.bookings.file_entry import BookingEntry, FileRows
from smartwork.jobs.bookings.sheet import Row, Sheet, headed

_SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", flags=re.IGNORECASE)
"""A long number as a spreadsheet shows it, 1.2E+11: the digits are gone."""
_MAX_NAMED = 12
_MAX_TITLES = 20
"""Rows above the names of the columns, at most."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """How to read a sheet: the map, and the order of day and month, which goes before that of the map."""

    booking_map: BookingMap = NATIVE
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class _Refused(Exception):  # noqa: N818 - what happens to the row
    name: str
    reason: str


def read_sheet(sheet: Sheet, reading: SheetReading, centre: str | None) -> FileRows:
    """The bookings of a sheet. `centre` is used for rows that name none.

    Raises InputError if a column is missing or named twice, and if neither map nor file decide between day and month first.
    """
    reader = _Reader(_below_titles(sheet, reading.booking_map), reading.booking_map, centre)
    reader.decide_date_order(reading.date_order)
    entries: list[BookingEntry] = []
    faults: list[Fault] = []
    for row in sheet.rows:
        try:
            if entry := reader.entry(row):
                entries.append(entry)
        except _Refused as refused:
            faults.append(Fault(row.line, refused.name, refused.reason))
    return FileRows(entries, faults, reader.notices(), reading.booking_map.source)


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one sheet."""

    sheet: Sheet
    map: BookingMap
    centre: str | None
    columns: dict[str, int] = field(init=False)
    written: Written = field(init=False)
    labels: dict[str, str] = field(init=False)
    last_needed: int = field(init=False)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Find the columns. Raises InputError if one is missing or named twice."""
        self.columns = dict(_found_columns(self.sheet, self.map))
        needed = self.map.needed()
        if self.centre and self.map.centre and self.map.centre.required:
            needed = {name: what for name, what in needed.items() if name not in self.map.centre.names}
        if missing := {name: what for name, what in needed.items() if name not in self.columns}:
            raise InputError(_missing(self.sheet, self.map, missing))
        self.last_needed = max(self.columns[name] for name in needed)
        self.labels = {
            "external_id": " + ".join(self.map.id.columns) or "id",
            "centre": _label(self.map.centre, "centre"),
            "resource": _label(self.map.place, "place"),
            "member": _label(self.map.member, "member"),
            "starts_at": " + ".join(filter(None, (self.map.start.column, self.map.start.date, self.map.start.time))),
            "ends_at": " + ".join(filter(None, (self.map.end.column, self.map.end.time, self.map.end.duration))),
            "status": (self.map.status.column if self.map.status else None) or "status",
        }

    def decide_date_order(self, told: DateOrder | None) -> None:
        """Take the order that was told, of the map, or of the file as a whole. Raises InputError if none decides, or one
        contradicts the file.
        """
        self.written = self.map.times.written()
        order = told or self.written.date_order
        names = (self.map.start.column, self.map.start.date, self.map.end.column, self.map.end.date)
        cells = [(row, name, self.cell(row, name)) for row in self.sheet.rows for name in dict.fromkeys(filter(None, names))]
        try:
            order = find_date_order((text for _, _, text in cells), order)
        except DateOrderError as error:
            line, name = next(((row.line, name) for row, name, text in cells if text == error.text), (1, ""))
            raise InputError(f"Line {line}, {name!r}: {error}.") from None
        self.written = Written(order, self.written.serial_base, self.written.decimal)

    def notices(self) -> list[Fault]:
        """How many rows were skipped, and why."""
        return [
            Fault(0, name, f"{count} row{'s are' if count > 1 else ' is'} skipped, as the map says: the value is {value!r}")
            for (name, value), count in sorted(self.skipped.items())
        ]

    def cell(self, row: Row, name: str) -> str:
        """The text of a column; empty if the row ends before it or the file does not have it."""
        index = self.columns.get(name, len(row.cells))
        text = row.cells[index] if index < len(row.cells) else ""
        return html.unescape(text).strip() if self.map.html_escaped else text

    def entry(self, row: Row) -> BookingEntry | None:
        """The booking of a row, or None if the map skips it. Raises _Refused."""
        width = len(self.sheet.names)
        if not self.last_needed < len(row.cells) <= width:
            raise _Refused("line", f"has {len(row.cells)} columns, but line {self.sheet.line} has {width}")
        status = self._status(row)
        if status is None or self._skips(row):
            return None
        start = self._start(row, self.map.start)
        return BookingEntry(
            row.line,
            self._id(row),
            self._text(row, self.map.centre, "centre") or self.centre or "",
            self._text(row, self.map.place, "resource"),
            self._text(row, self.map.member, "member"),
            start,
            self._end(row, self.map.end, start),
            status,
            timezone=self.map.times.zone,
            made_of=self.map.id.made_of,
            columns=self.labels,
        )

    def _skips(self, row: Row) -> bool:
        for rule in self.map.skip:
            value = self.cell(row, rule.column)
            if fold(value) in map(fold, rule.values):
                self.skipped[rule.column, value] += 1
                return True
        return False

    def _status(self, row: Row) -> str | None:
        rule = self.map.status
        if rule is None or rule.column is None or rule.column not in self.columns:
            return (rule.value if rule else None) or "booked"
        word = self.cell(row, rule.column)
        if fold(word) in map(fold, rule.skip):
            self.skipped[rule.column, word] += 1
            return None
        for status, words in (("booked", rule.booked), ("cancelled", rule.cancelled)):
            if fold(word) in map(fold, words):
                return status
        known = {fold(each): each for each in (*rule.booked, *rule.cancelled, *rule.skip)}
        close = [known[each] for each in get_close_matches(fold(word), known, n=1)]
        hint = f"; did you mean {close[0]!r}?" if close else "."
        lists = (("booked", rule.booked), ("cancelled", rule.cancelled), ("skipped", rule.skip))
        known_words = "; ".join(f"{name}: {', '.join(each or '(empty)' for each in words)}" for name, words in lists if words)
        raise _Refused(rule.column, f"{word[:40]!r} is not a status that this map knows{hint} It knows {known_words}")

    def _id(self, row: Row) -> str:
        parts = [self._intact(self.cell(row, name), "external_id") for name in self.map.id.columns]
        if not self.map.id.columns:
            return self.map.source
        if not all(parts):
            raise _Refused(self.labels["external_id"], "is empty")
        return "/".join(parts)

    def _text(self, row: Row, source: TextFrom | None, name: str) -> str:
        if source is None:
            return ""
        if source.value is not None:
            return source.value
        parts = [self._intact(self.cell(row, column), name) for column in source.names]
        return source.join.join(part for part in parts if part)

    def _intact(self, text: str, name: str) -> str:
        text = visible(text)
        if _SHORTENED.fullmatch(text):
            raise _Refused(
                self.labels[name],
                f"{text!r} is a number that a spreadsheet has shortened, its digits are lost. Format the column as text, "
                "or export the file again without opening it in a spreadsheet",
            )
        return text

    def _start(self, row: Row, source: StartFrom) -> datetime:
        try:
            if source.column is not None:
                return read_moment(self.cell(row, source.column), self.written)
            return self._date_and_time(row, source.date or "", source.time or "")
        except NoSuchTimeError as error:
            raise _Refused(self.labels["starts_at"], str(error)) from None

    def _end(self, row: Row, source: EndFrom, start: datetime) -> datetime | timedelta:
        try:
            if source.column is not None:
                return read_moment(self.cell(row, source.column), self.written)
            if source.duration is not None:
                return read_duration(self.cell(row, source.duration), source.unit, self.written)
            if source.date is not None:
                return self._date_and_time(row, source.date, source.time or "")
            midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight + read_time_of_day(self.cell(row, source.time or ""))
        except NoSuchTimeError as error:
            raise _Refused(self.labels["ends_at"], str(error)) from None

    def _date_and_time(self, row: Row, date: str, time: str) -> datetime:
        day = read_day(self.cell(row, date), self.written)
        return datetime(day.year, day.month, day.day) + read_time_of_day(self.cell(row, time))  # noqa: DTZ001 - local


def _found_columns(sheet: Sheet, booking_map: BookingMap) -> Iterator[tuple[str, int]]:
    """The columns of the map that the sheet has, with their numbers. Raises InputError if one is named twice."""
    for name in dict.fromkeys([*booking_map.needed(), *booking_map.optional()]):
        found = _positions(sheet.names, name, booking_map)
        if len(found) > 1:
            raise InputError(f"Line {sheet.line} names the column {' and '.join(sheet.names[each] for each in found)} twice.")
        yield from ((name, index) for index in found)


def _positions(names: Iterable[str], name: str, booking_map: BookingMap) -> list[int]:
    spellings = {fold(each) for each in (name, *booking_map.other_names.get(name, ()))}
    return [index for index, each in enumerate(names) if fold(each) in spellings]


def _below_titles(sheet: Sheet, booking_map: BookingMap) -> Sheet:
    """The sheet from the row that has all columns of the map, if the first one has not: reports begin with titles."""
    for at, names in enumerate([sheet.names, *(row.cells for row in sheet.rows[:_MAX_TITLES])]):
        if all(_positions(names, name, booking_map) for name in booking_map.needed()):
            return sheet if at == 0 else headed(sheet.rows[at - 1], sheet.rows[at:])
    return sheet


def _missing(sheet: Sheet, booking_map: BookingMap, missing: Mapping[str, str]) -> str:
    columns = ", ".join(f"{name!r} ({what})" if booking_map is not NATIVE else name for name, what in missing.items())
    hint = " (or use --centre)" if set(missing.values()) == {"centre"} else ""
    close = _close_columns(sheet, missing)
    more = "; …" if len(sheet.names) > _MAX_NAMED else ""
    advice = (
        f"Expected: {', '.join(booking_map.needed())}, and optionally {', '.join(booking_map.optional())}. "
        "For the export of another system use --map; "
        "`smartwork bookings maps` lists those that are shipped"
        if booking_map is NATIVE
        else f"`smartwork bookings maps {booking_map.source}` prints a map to copy and change"
    )
    return (
        f"Line {sheet.line} lacks the column{'s' if len(missing) > 1 else ''} {columns}{hint}. "
        f"It has: {'; '.join(sheet.names[:_MAX_NAMED])}{more}.{close} {advice}."
    )


def _close_columns(sheet: Sheet, missing: Iterable[str]) -> str:
    names = {fold(name): name for name in sheet.names}
    close = {name: get_close_matches(fold(name), names, n=1) for name in missing}
    return "".join(f" Is {name!r} the column {names[found[0]]!r}?" for name, found in close.items() if found)


def _label(source: TextFrom | None, default: str) -> str:
    return " + ".join(source.names) or default if source else default
