"""The first page: whose document it is, what it comes to, how to pay it. What it says, and where each of it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from smartwork.documents.measure import width, wrap
from smartwork.documents.page_layout import WIDTH, Sheet, pill
from smartwork.documents.styles import ACCENT, LIGHT, LOOKS, MIDDLE, WARN, WASH, WHITE, Style

_MANY = 99
_WAYS = (
    (5.85, _MANY, _MANY), (5.2, _MANY, _MANY), (4.6, _MANY, _MANY), (4.2, _MANY, _MANY), (4.2, 2, _MANY), (4.2, 1, _MANY),
    (4.2, 1, 6), (4.2, 1, 1),
)  # fmt: skip
"""Height of a table's rows (mm), how many lines a name in it may have, and how many rows the summary; the airiest first."""
_MOST_LINES = 6
"""Of the mention and of each note; where names have one line only, these have two, and so have facts and streets."""
_RIGHT_HALF = 96.0
_VAT_LEFT = WIDTH - 96
_INSET, _GAP = 2.1, 6.35
_BOTTOM = 259.5


@dataclass(frozen=True, slots=True)
class Address:
    """A party as it stands on the page; `vat` with the words before the number."""

    name: str
    street: str
    town: str
    vat: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under their heads, with a title above and a total below where they have any."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """How to pay, in rows of label and text, or what happens instead, in words; `code` is the SVG to scan."""

    label: str
    rows: Sequence[tuple[str, str]]
    words: str = ""
    code: str | None = None
    scan: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """All that the first page says; `facts` are labels with their texts, the last one stands out where it is `due`."""

    size: Literal["display", "display-2", "display-3"]
    title: str
    month: str
    mark: str
    sender: Address
    receiver_label: str
    receiver: Address
    facts: Sequence[tuple[str, str]]
    due: tuple[str, str] | None
    mention: str
    summary: Table
    vat: Table
    total_label: str
    gross: str
    pools: Table | None
    notes: Sequence[str]
    payment: Payment
    fingerprint: str

    def sheet(self) -> Sheet:
        """The page, in the airiest way that leaves room for the payment at its foot."""
        for pitch, most, rows in _WAYS:
            sheet = Sheet(in_order=True)
            top = _payment(sheet, self.payment, self.fingerprint, most)
            if _flow(sheet, self, _heading(sheet, self), pitch, most, rows) <= top - 2:
                break
        return sheet


def _heading(sheet: Sheet, face: Face) -> float:
    """Who draws it up, and what it is; returns where it ends."""
    for x, y, colour in ((0, 0, ACCENT), (2.9, 0, MIDDLE), (0, 2.9, LIGHT), (2.9, 2.9, ACCENT)):
        sheet.box(colour, x, y, 2.4, 2.4)
    room = min(100.0, WIDTH - width(face.title, face.size) - 6)
    y = sheet.lines("brand", 8.1, 4.2, wrap(face.sender.name, "brand", room - 8.1), 5.2)
    lines = wrap(f"{face.sender.street} · {face.sender.town}", "faint", room)
    end = sheet.lines("faint", 0, y + 0.7, [*lines, face.sender.vat], 3.5)
    y = {"display": 6.2, "display-2": 5.6, "display-3": 4.4}[face.size]
    sheet.text(face.size, WIDTH, y, face.title, "right")
    sheet.text("month", WIDTH, y + 4.6, face.month, "right")
    pill(sheet, WIDTH, y + 9.4, face.mark)
    return end


def _flow(sheet: Sheet, face: Face, top: float, pitch: float, most: int, rows: int) -> float:
    """What stands between the heading and the payment; returns where it ends."""
    y = _parties(sheet, face, max(27.0, top + 6), most)
    told = min(_MOST_LINES, 2 * most)
    if face.mention:
        top = y + 4
        y = sheet.lines("mention", 3.5, top + 4.2, _at_most(told, wrap(face.mention, "mention", 168)), 4.6) - 2.6
        sheet.box(WARN, 0, top, 0.7, y - top)
    sheet.text("title", 0, y + 13.5, face.summary.title)
    y += 16.6
    sheet.rule("strong", y)
    y = _table(sheet, _first(rows, face.summary), y, 0, pitch, most, "main", "main-bold")
    sheet.rule("strong", y)
    y += 3.5
    notes = y + 4.7
    for note in face.notes:
        notes = sheet.lines("note", 0, notes, _at_most(told, wrap(note, "note", _VAT_LEFT - 6)), 3.7) + 1
    y = _table(sheet, face.vat, y, _VAT_LEFT, min(5.4, pitch), most, "fact", "fact-bold") + 1
    sheet.box(ACCENT, _VAT_LEFT, y, WIDTH - _VAT_LEFT, 9.4, 0.7)
    sheet.text("owed", _VAT_LEFT + 2.8, y + 6, face.total_label)
    sheet.text("owed-amount", WIDTH - 2.8, y + 6.6, face.gross, "right")
    y = max(y + 9.4, notes - 4)
    return _table(sheet, face.pools, y + 3, 0, min(5.0, pitch), most, "pool", "pool-bold") if face.pools else y


def _parties(sheet: Sheet, face: Face, top: float, most: int) -> float:
    facts = [*face.facts, *([face.due] if face.due else [])]
    x = max(width(label, "aside") for label, _ in facts) + 3.5
    y = top + 2.5
    for fact in facts:
        label, text = fact
        sheet.text("aside", 0, y, label)
        style: Style = "fact-bold" if fact is face.due else "fact"
        y = sheet.lines(style, x, y, _at_most(2 * most, wrap(text, style, _RIGHT_HALF - 6 - x)), 4.4)
    facts_end = y - 4.4
    x = _RIGHT_HALF + 3.6
    sheet.text("aside", x, top + 2.6, face.receiver_label)
    y = sheet.lines("receiver", x, top + 7.2, wrap(face.receiver.name, "receiver", WIDTH - x), 4.8) - 0.5
    lines = [
        line
        for text in (face.receiver.street, face.receiver.town)
        for line in _at_most(2 * most, wrap(text, "fact", WIDTH - x))
    ]
    y = sheet.lines("fact", x, y, lines, 4.1)
    sheet.text("fact-soft", x, y, face.receiver.vat)
    sheet.box(ACCENT, _RIGHT_HALF, top, 0.7, y + 0.9 - top)
    return max(facts_end, y + 0.9)


def _table(sheet: Sheet, table: Table, y: float, left: float, pitch: float, most: int, plain: Style, bold: Style) -> float:
    """Its top is at `y`; the first column takes what room the others leave, and as many lines as it needs, or `most`."""
    whole = [*table.rows, *([table.total] if table.total else [])]
    ends = [WIDTH - _INSET] * len(table.heads)
    for i in reversed(range(1, len(ends))):
        least = 26.0 if i == len(ends) - 1 and left == 0 else 0.0
        wide = max(least, width(table.heads[i], "column"), *(width(row[i], bold) for row in whole))
        ends[i - 1] = ends[i] - wide - _GAP
    room = ends[0] - left - _INSET
    titled: Style = "pool-bold" if bold == "pool-bold" else "column"
    sheet.text(titled, left + _INSET, y + 3.6, table.heads[0])
    for end, head in zip(ends[1:], table.heads[1:], strict=True):
        sheet.text("column", end, y + 3.6, head, "right")
    y += 5.4
    sheet.rule("thin", y, left)
    for row in whole:
        style = bold if row is table.total else plain
        base = y + pitch / 2 + LOOKS[style].size * 0.12
        last = sheet.lines(style, left + _INSET, base, _at_most(most, wrap(row[0], style, room)), 4) - 4
        for end, cell in zip(ends[1:], row[1:], strict=True):
            sheet.text(style, end, base, cell, "right")
        y += pitch + last - base
        if row is not whole[-1]:
            sheet.rule("hair", y, left)
    return y


def _payment(sheet: Sheet, payment: Payment, fingerprint: str, most: int) -> float:
    """The box at the foot of the page and the fingerprint below it; returns where the box begins."""
    sheet.text("small", 0, _BOTTOM, fingerprint)
    code_left = WIDTH - 38.0
    x = 4.2 + max((width(label, "aside") for label, _ in payment.rows), default=0) + 4.2
    room = (code_left if payment.code else WIDTH) - 4.2
    words = wrap(payment.words, "fact", room - 4.2) if payment.words else []
    rows = [(label, _at_most(2 * most, wrap(text, "fact-bold", room - x))) for label, text in payment.rows]
    height = 6.2 + 4.4 * (len(words) + sum(len(lines) for _, lines in rows))
    scan = wrap(payment.scan, "small", 34) if payment.code else []
    inner = max(height, 34.6 + 2.9 * len(scan)) if payment.code else height
    bottom = _BOTTOM - 3.8
    top = bottom - inner - 8.4
    sheet.box(WASH, 0, top, WIDTH, bottom - top, 1)
    y = top + 4.2 + (inner - height) / 2 + 3.4
    sheet.text("payment", 4.2, y, payment.label)
    y = sheet.lines("fact", 4.2, y + 6.2, words, 4.4)
    for label, lines in rows:
        sheet.text("aside", 4.2, y, label)
        y = sheet.lines("fact-bold", x, y, lines, 4.4)
    if payment.code:
        sheet.box(WHITE, code_left, top + 4.2, 33.8, 33.8, 0.7)
        sheet.picture(payment.code, code_left + 3.4, top + 7.6, 27)
        sheet.lines("small", code_left + 16.9, top + 41.2, scan, 2.9, "centred")
    return top


def _first(count: int, table: Table) -> Table:
    """The first rows of `table`, and how many more there are; its total stays that of all."""
    more = len(table.rows) - count
    if more <= 0:
        return table
    return replace(table, rows=[*table.rows[:count], (f"+ {more} …", *[""] * (len(table.heads) - 1))])


def _at_most(count: int, lines: list[str]) -> list[str]:
    """The first of `lines`, with a mark where more would follow."""
    return lines if len(lines) <= count else [*lines[: count - 1], f"{lines[count - 1][:-1]}…"]
