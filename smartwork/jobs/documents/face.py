"""The first page: whose document it is, what it comes to, how to pay it. What it says, and where each of it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smartwork.jobs.documents.measure import width_mm, wrap
from smartwork.jobs.documents.sheets import WIDTH, Sheet, Style, pill

_ACCENT, _MIDDLE, _LIGHT, _WASH, _WARN = "#0e5a5a", "#7aa4a4", "#b7cdcd", "#f1f6f5", "#a8501a"
_WAYS = ((5.85, 99), (5.2, 99), (4.6, 99), (4.2, 99), (4.2, 1))
"""Height of the summary's rows (mm), and how many lines a name in a table may have; the airiest first."""
_MOST_LINES = 6
"""Of the mention and of each note."""
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
        for pitch, most in _WAYS:
            sheet = Sheet()
            top = _payment(sheet, self.payment, self.fingerprint)
            _heading(sheet, self)
            if _flow(sheet, self, pitch, most) <= top - 2:
                break
        return sheet


def _heading(sheet: Sheet, face: Face) -> None:
    for x, y, colour in ((0, 0, _ACCENT), (2.9, 0, _MIDDLE), (0, 2.9, _LIGHT), (2.9, 2.9, _ACCENT)):
        sheet.box(colour, x, y, 2.4, 2.4)
    y = _lines(sheet, "brand", 8.1, 4.2, wrap(face.sender.name, 13, 100), 5.2)
    _lines(sheet, "faint", 0, y + 0.7, [f"{face.sender.street} · {face.sender.town}", face.sender.vat], 3.5)
    y = {"display": 6.2, "display-2": 5.6, "display-3": 4.4}[face.size]
    sheet.text(face.size, WIDTH, y, face.title, "right")
    sheet.text("month", WIDTH, y + 4.6, face.month, "right")
    pill(sheet, WIDTH, y + 9.4, face.mark)


def _flow(sheet: Sheet, face: Face, pitch: float, most: int) -> float:
    """What stands between the heading and the payment; returns where it ends."""
    y = _parties(sheet, face)
    if face.mention:
        top = y + 4
        y = _lines(sheet, "mention", 3.5, top + 4.2, _at_most(_MOST_LINES, wrap(face.mention, 10, 168)), 4.6) - 2.6
        sheet.box(_WARN, 0, top, 0.7, y - top)
    sheet.text("title", 0, y + 13.5, face.summary.title)
    y += 16.6
    sheet.rule("strong", y)
    y = _table(sheet, face.summary, y, 0, pitch, most, ("main", "main-bold", 10))
    sheet.rule("strong", y)
    y += 3.5
    notes = y + 4.7
    for note in face.notes:
        notes = _lines(sheet, "note", 0, notes, _at_most(_MOST_LINES, wrap(note, 8.5, _VAT_LEFT - 6)), 3.7) + 1
    y = _table(sheet, face.vat, y, _VAT_LEFT, 5.4, most, ("fact", "fact-bold", 9.5)) + 1
    sheet.box(_ACCENT, _VAT_LEFT, y, WIDTH - _VAT_LEFT, 9.4, 0.7)
    sheet.text("owed", _VAT_LEFT + 2.8, y + 6, face.total_label)
    sheet.text("owed-amount", WIDTH - 2.8, y + 6.6, face.gross, "right")
    y = max(y + 9.4, notes - 4)
    return _table(sheet, face.pools, y + 3, 0, 5, most, ("pool", "pool-bold", 9)) if face.pools else y


def _parties(sheet: Sheet, face: Face) -> float:
    top = 27.0
    facts = [*face.facts, *([face.due] if face.due else [])]
    x = max(width_mm(label, 8) for label, _ in facts) + 3.5
    y = top + 2.5
    for fact in facts:
        label, text = fact
        sheet.text("aside", 0, y, label)
        y = _lines(sheet, "fact-bold" if fact is face.due else "fact", x, y, wrap(text, 9.5, _RIGHT_HALF - 6 - x), 4.4)
    facts_end = y - 4.4
    x = _RIGHT_HALF + 3.6
    sheet.text("aside", x, top + 2.6, face.receiver_label)
    y = _lines(sheet, "receiver", x, top + 7.2, wrap(face.receiver.name, 11.5, WIDTH - x), 4.8) - 0.5
    lines = [line for text in (face.receiver.street, face.receiver.town) for line in wrap(text, 9.5, WIDTH - x)]
    y = _lines(sheet, "fact", x, y, lines, 4.1)
    sheet.text("fact-soft", x, y, face.receiver.vat)
    sheet.box(_ACCENT, _RIGHT_HALF, top, 0.7, y + 0.9 - top)
    return max(facts_end, y + 0.9)


def _table(
    sheet: Sheet, table: Table, y: float, left: float, pitch: float, most: int, styles: tuple[Style, Style, float]
) -> float:
    """Its top is at `y`; the first column takes what room the others leave, and as many lines as it needs."""
    plain, bold, size = styles
    whole = [*table.rows, *([table.total] if table.total else [])]
    ends = [WIDTH - _INSET] * len(table.heads)
    for i in reversed(range(1, len(ends))):
        cells = [width_mm(row[i], size) for row in whole]
        wide = max(*cells, width_mm(table.heads[i], 8), 26.0 if i == len(ends) - 1 and left == 0 else 0.0)
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
        base = y + pitch / 2 + size * 0.12
        last = _lines(sheet, style, left + _INSET, base, _at_most(most, wrap(row[0], size, room)), 4) - 4
        for end, cell in zip(ends[1:], row[1:], strict=True):
            sheet.text(style, end, base, cell, "right")
        y += pitch + last - base
        if row is not whole[-1]:
            sheet.rule("hair", y, left)
    return y


def _payment(sheet: Sheet, payment: Payment, fingerprint: str) -> float:
    """The box at the foot of the page and the fingerprint below it; returns where the box begins."""
    sheet.text("small", 0, _BOTTOM, fingerprint)
    code_left = WIDTH - 38.0
    x = 4.2 + max((width_mm(label, 8) for label, _ in payment.rows), default=0) + 4.2
    room = (code_left if payment.code else WIDTH) - 4.2
    words = wrap(payment.words, 9.5, room - 4.2) if payment.words else []
    rows = [(label, wrap(text, 9.5, room - x)) for label, text in payment.rows]
    height = 6.2 + 4.4 * (len(words) + sum(len(lines) for _, lines in rows))
    scan = wrap(payment.scan, 7, 34) if payment.code else []
    inner = max(height, 34.6 + 2.9 * len(scan)) if payment.code else height
    bottom = _BOTTOM - 3.8
    top = bottom - inner - 8.4
    sheet.box(_WASH, 0, top, WIDTH, bottom - top, 1)
    y = top + 4.2 + (inner - height) / 2 + 3.4
    sheet.text("payment", 4.2, y, payment.label)
    y = _lines(sheet, "fact", 4.2, y + 6.2, words, 4.4)
    for label, lines in rows:
        sheet.text("aside", 4.2, y, label)
        y = _lines(sheet, "fact-bold", x, y, lines, 4.4)
    if payment.code:
        sheet.box("#ffffff", code_left, top + 4.2, 33.8, 33.8, 0.7)
        sheet.picture(payment.code, code_left + 3.4, top + 7.6, 27)
        for i, line in enumerate(scan):
            sheet.text("small", code_left + 16.9, top + 41.2 + 2.9 * i, line, "centred")
    return top


def _at_most(count: int, lines: list[str]) -> list[str]:
    """The first of `lines`; what was left out follows whole on a later page, or in the XML."""
    return lines if len(lines) <= count else [*lines[: count - 1], f"{lines[count - 1][:-1]}…"]


def _lines(sheet: Sheet, style: Style, x: float, y: float, lines: Sequence[str], pitch: float) -> float:
    """Lines under each other from the baseline `y`; returns the baseline of the next."""
    for i, line in enumerate(lines):
        sheet.text(style, x, y + pitch * i, line)
    return y + pitch * len(lines)
