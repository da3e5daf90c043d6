"""The pages of lines and proofs: where each text and each bar stands, in millimetres.

Rows have fixed heights, so pages are broken here and not by the typesetter: a heading never stands alone at a page's
foot, the number of pages is known beforehand, and the typesetter only has to draw.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

WIDTH = 174.0
_TOP, _BOTTOM = 9.0, 259.0
_GAP = 12.0
_SAME = 0.005

Align = Literal["left", "right", "centred"]
Style = Literal["title", "aside", "head", "centre", "kind", "body", "bold", "faint", "fine", "small", "warn"]
Fill = Literal["booked", "occupied", "vacant", "unknown", "suspect"]
Stroke = Literal["strong", "thin", "hair", "tick"]

_FILLS: dict[Fill, str] = {
    "booked": "#a3a9ab",
    "occupied": "#0e5a5a",
    "vacant": "#dde6e5",
    "unknown": "url(#u)",
    "suspect": "#c68562",
}
_STROKES: dict[Stroke, tuple[str, float]] = {
    "strong": ("#0e5a5a", 0.28),
    "thin": ("#c9d3d3", 0.18),
    "hair": ("#dfe6e6", 0.1),
    "tick": ("#dfe6e6", 0.1),
}
_HATCH = (
    '<pattern id="u" width="0.9" height="0.9" patternUnits="userSpaceOnUse">'
    '<rect width="0.9" height="0.9" fill="#fff"/>'
    '<path d="M-.225 .225L.225 -.225M0 .9L.9 0M.675 1.125L1.125 .675" stroke="#7d8a8d" stroke-width=".24"/></pattern>'
)


@dataclass(slots=True)
class Sheet:
    """One page: texts by alignment and style, bars by fill, rules by stroke. Text stands on its baseline."""

    texts: dict[tuple[Align, Style], list[tuple[float, float, str]]] = field(default_factory=lambda: defaultdict(list))
    bars: dict[Fill, list[tuple[float, float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[Stroke, list[str]] = field(default_factory=lambda: defaultdict(list))

    def text(self, style: Style, x: float, y: float, text: str, align: Align = "left") -> None:
        """Write `text` at x (its left, right or middle) on the baseline y."""
        if text:
            self.texts[align, style].append((x, y, text))

    def bar(self, fill: Fill, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle."""
        self.bars[fill].append((x, y, width, height))

    def rule(self, stroke: Stroke, y: float) -> None:
        """A line across the page."""
        self.rules[stroke].append(f"M0 {y:.2f}H{WIDTH:g}")

    def ticks(self, x: float, y: float, height: float, step: float, count: int) -> None:
        """Short upright lines, `step` apart."""
        more = f"m{step:.2f} {-height:g}v{height:g}" * (count - 1)
        self.rules["tick"].append(f"M{x:.2f} {y:.2f}v{height:g}{more}")

    def json(self) -> dict[str, object]:
        """The page as the template reads it: by alignment and style, columns of x, first baseline, pitch and lines.

        A column is set as one paragraph, which takes the typesetter a fraction of the time of its lines one by one.
        """
        found: dict[str, dict[str, object]] = {"left": {}, "right": {}, "centred": {}}
        for (align, style), texts in self.texts.items():
            found[align][style] = _columns(texts)
        return {**found, "drawing": self._svg()}

    def _svg(self) -> str:
        shapes = [
            f'<path d="{"".join(paths)}" stroke="{_STROKES[stroke][0]}" stroke-width="{_STROKES[stroke][1]}"/>'
            for stroke, paths in sorted(self.rules.items(), reverse=True)
        ]
        for fill, bars in self.bars.items():
            path = "".join(f"M{x:.2f} {y:.2f}h{w:.2f}v{h:.2f}h{-w:.2f}z" for x, y, w, h in bars)
            shapes.append(f'<path d="{path}" fill="{_FILLS[fill]}"/>')
        size = f'width="{WIDTH:g}mm" height="{_BOTTOM:g}mm" viewBox="0 0 {WIDTH:g} {_BOTTOM:g}"'
        hatch = f"<defs>{_HATCH}</defs>" if self.bars.get("unknown") else ""
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{hatch}{"".join(shapes)}</svg>'


def _columns(texts: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, float, str]]:
    """Texts that stand under each other at even distances, joined: x, first baseline, pitch, lines."""
    by_x: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for x, y, text in texts:
        by_x[x].append((y, text))
    found = []
    for x, column in by_x.items():
        first, (last, text) = column[0][0], column[0]
        pitch, lines = 0.0, [text]
        for y, text in column[1:]:
            if y > last and (not pitch or abs(y - last - pitch) < _SAME):
                pitch = pitch or y - last
                lines.append(text)
            else:
                found.append((round(x, 2), round(first, 2), round(pitch, 3), "\n".join(lines)))
                first, pitch, lines = y, 0.0, [text]
            last = y
        found.append((round(x, 2), round(first, 2), round(pitch, 3), "\n".join(lines)))
    return found


class Row(Protocol):
    """Something of a fixed height (mm) on a page; `opens` keeps it with what follows."""

    @property
    def height(self) -> float: ...
    @property
    def opens(self) -> bool: ...
    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a heading, which stands again, marked as continued, wherever a page begins within them."""

    heading: Row
    again: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Section:
    """A title with column heads, on every page of it, over groups of rows; `ending` closes it."""

    head: Row
    groups: Sequence[Group]
    ending: Sequence[Row] = ()


def paginate(sections: Sequence[Section]) -> list[Sheet]:
    """The pages of all sections, one section following the other on the page where there is room."""
    pages = _Pages()
    for section in sections:
        pages.section(section)
    return pages.sheets


class _Pages:
    """A cursor over the pages made so far."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._y = _BOTTOM

    def section(self, section: Section) -> None:
        rows: list[tuple[Row, Group | None]] = [
            (row, group) for group in section.groups for row in (group.heading, *group.rows)
        ]
        rows += [(row, None) for row in section.ending]
        if not rows:
            return
        gap = _GAP if self.sheets else 0.0
        if self._y + gap + section.head.height + _kept(rows, 0) + 2 * rows[-1][0].height > _BOTTOM:
            self._turn()
        else:
            self._y += gap
        self._put(section.head)
        for i, (row, group) in enumerate(rows):
            if self._y + _kept(rows, i) > _BOTTOM:
                self._turn()
                self._put(section.head)
                if group is not None and row is not group.heading:
                    self._put(group.again)
            self._put(row)

    def _turn(self) -> None:
        self.sheets.append(Sheet())
        self._y = _TOP

    def _put(self, row: Row) -> None:
        row.draw(self.sheets[-1], self._y)
        self._y += row.height


def _kept(rows: Sequence[tuple[Row, Group | None]], at: int) -> float:
    """Height of the row at `at` and of all that must stand on its page: an ending never stands there alone."""
    height = rows[at][0].height
    while at + 1 < len(rows) and (rows[at][0].opens or rows[at + 1][1] is None):
        at += 1
        height += rows[at][0].height
    return height
