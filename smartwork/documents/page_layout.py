"""Pages: where each text and each bar stands, in millimetres, and how rows are shared out among pages.

Rows have fixed heights, so pages are broken here and not by the typesetter: a heading never stands alone at a page's
foot, the number of pages is known beforehand, and the typesetter only has to draw.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Literal, Protocol

from smartwork.documents.measure import fit, width
from smartwork.documents.styles import ACCENT, BLUSH, HAIR, THIN, WARN, Style

WIDTH = 174.0
_TOP, _BOTTOM = 9.0, 259.0
_GAP = 12.0
_PILL_INSET = 1.7
_START, _END = -5.0, 271.0
"""The drawing reaches above the rows to the running head, and below them to the imprint."""
_SAME = 0.005
_FARTHEST, _AHEAD = 12, 6
"""So many rows apart, texts are columns of their own; so many steps ahead tell how far apart rows are."""

Align = Literal["left", "right", "centred"]
Text = tuple[float, float, float, str]
"""x, first baseline, pitch of its lines, lines."""
Fill = Literal["booked", "occupied", "vacant", "unknown", "suspect"]
Stroke = Literal["strong", "thin", "hair", "tick"]

_FILLS: dict[Fill, str] = {
    "booked": "#a3a9ab",
    "occupied": ACCENT,
    "vacant": "#dde6e5",
    "unknown": "url(#u)",
    "suspect": "#c68562",
}
_STROKES: dict[Stroke, tuple[str, float]] = {
    "strong": (ACCENT, 0.28),
    "thin": (THIN, 0.18),
    "hair": (HAIR, 0.1),
    "tick": (HAIR, 0.1),
}
_HATCH = (
    '<pattern id="u" width="0.9" height="0.9" patternUnits="userSpaceOnUse">'
    '<rect width="0.9" height="0.9" fill="#fff"/>'
    '<path d="M-.225 .225L.225 -.225M0 .9L.9 0M.675 1.125L1.125 .675" stroke="#7d8a8d" stroke-width=".24"/></pattern>'
)


@dataclass(slots=True)
class Sheet:
    """One page: texts by alignment and style, bars by fill, rules by stroke, other shapes.

    A text stands with x (its left, right or middle) on the baseline y, and its lines so far apart as its pitch. `in_order`
    of reading, whoever copies the page's text finds each label by its value; else columns are joined, which the typesetter
    sets in a fraction of the time.
    """

    in_order: bool = False
    texts: dict[tuple[Align, Style], list[Text]] = field(default_factory=lambda: defaultdict(list))
    bars: dict[Fill, list[tuple[float, float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[Stroke, list[str]] = field(default_factory=lambda: defaultdict(list))
    shapes: list[str] = field(default_factory=list)

    def text(self, style: Style, x: float, y: float, text: str, align: Align = "left") -> None:
        """Write `text` at x on the baseline y."""
        if text:
            self.texts[align, style].append((x, y, 0.0, text))

    def lines(self, style: Style, x: float, y: float, lines: Sequence[str], pitch: float, align: Align = "left") -> float:
        """Write lines under each other from the baseline y on; returns the baseline of what may follow."""
        if lines:
            self.texts[align, style].append((x, y, pitch, "\n".join(lines)))
        return y + pitch * len(lines)

    def bar(self, fill: Fill, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle."""
        self.bars[fill].append((x, y, width, height))

    def box(
        self, colour: str, x: float, y: float, width: float, height: float, radius: float = 0, edge: str = "none"
    ) -> None:
        """Fill a rectangle with round corners; it lies under all else."""
        self.shapes.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" rx="{radius:g}" fill="{colour}" '
            f'stroke="{edge}" stroke-width="0.18"/>'
        )

    def picture(self, svg: str, x: float, y: float, side: float) -> None:
        """A square SVG with a view box, over the boxes."""
        self.shapes.append(svg.replace("<svg ", f'<svg x="{x:.2f}" y="{y:.2f}" width="{side:g}" height="{side:g}" ', 1))

    def rule(self, stroke: Stroke, y: float, left: float = 0) -> None:
        """A line to the right edge of the page."""
        self.rules[stroke].append(f"M{left:g} {y:.2f}H{WIDTH:g}")

    def ticks(self, x: float, y: float, height: float, step: float, count: int) -> None:
        """Short upright lines, `step` apart."""
        more = f"m{step:.2f} {-height:g}v{height:g}" * (count - 1)
        self.rules["tick"].append(f"M{x:.2f} {y:.2f}v{height:g}{more}")

    def json(self) -> dict[str, object]:
        """The page as the template reads it: texts by alignment and style, each with x, first baseline, pitch and lines."""
        if self.in_order:
            every = sorted((one[1], one[0], key, one) for key, texts in self.texts.items() for one in texts)
            groups = [(key, [one[3] for one in its]) for key, its in groupby(every, key=lambda one: one[2])]
        else:
            groups = [(key, _columns(texts)) for key, texts in self.texts.items()]
        return {"texts": [[*key, *texts] for key, texts in groups], "drawing": self._svg()}

    def _svg(self) -> str:
        shapes = self.shapes + [
            f'<path d="{"".join(paths)}" stroke="{_STROKES[stroke][0]}" stroke-width="{_STROKES[stroke][1]}"/>'
            for stroke, paths in sorted(self.rules.items(), reverse=True)
        ]
        for fill, bars in self.bars.items():
            path = "".join(f"M{x:.2f} {y:.2f}h{w:.2f}v{h:.2f}h{-w:.2f}z" for x, y, w, h in bars)
            shapes.append(f'<path d="{path}" fill="{_FILLS[fill]}"/>')
        height = _END - _START
        size = f'width="{WIDTH:g}mm" height="{height:g}mm" viewBox="0 {_START:g} {WIDTH:g} {height:g}"'
        hatch = f"<defs>{_HATCH}</defs>" if self.bars.get("unknown") else ""
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{hatch}{"".join(shapes)}</svg>'


def _columns(texts: Sequence[Text]) -> list[Text]:
    """Texts of one line that stand under each other at multiples of one distance, joined."""
    by_x: dict[float, list[tuple[float, str]]] = defaultdict(list)
    found = []
    for x, y, pitch, text in texts:
        if pitch:
            found.append((x, y, pitch, text))
        else:
            by_x[x].append((y, text))
    for x, column in by_x.items():
        if len(column) > 1:
            found += [(round(x, 2), *run) for run in _runs(column)]
        else:
            [(y, text)] = column
            found.append((round(x, 2), round(y, 2), 0.0, text))
    return found


def _runs(column: Sequence[tuple[float, str]]) -> Iterator[tuple[float, float, str]]:
    steps = [after - y for (y, _), (after, _) in pairwise(column)]
    first, lines = column[0]
    pitch = _pitch(steps[:_AHEAD])
    for i, (y, text) in enumerate(column[1:]):
        rows = round(steps[i] / pitch) if pitch else 0
        if 0 < rows < _FARTHEST and abs(steps[i] - rows * pitch) < _SAME:
            lines += "\n" * rows + text
        else:
            yield round(first, 2), round(pitch, 3), lines
            first, lines = y, text
            pitch = _pitch(steps[i + 1 : i + 1 + _AHEAD])
    yield round(first, 2), round(pitch, 3), lines


def _pitch(steps: Sequence[float]) -> float:
    """The distance of rows, which the first ones may be a multiple of."""
    return min((step for step in steps if step > 0), default=0.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: `left` and `right` above it, but not above the first, `foot` and its number below."""

    left: str
    right: str
    foot: str
    page: str
    of: str
    mark: str = ""

    def draw(self, sheet: Sheet, number: int, pages: int) -> None:
        """Draw it on the sheet that is page `number` of `pages`."""
        page = f"{self.page} {number} {self.of} {pages}"
        if number > 1:
            edge = (WIDTH - width(self.mark, "pill")) / 2 - _PILL_INSET if self.mark else WIDTH - width(self.right, "aside")
            sheet.text("aside", 0, -0.7, fit(self.left, "aside", edge - 3))
            sheet.text("aside", WIDTH, -0.7, fit(self.right, "aside", edge - 3 if self.mark else WIDTH), "right")
            sheet.rule("thin", 0.6)
            pill(sheet, WIDTH - edge, -0.8, self.mark)
        sheet.rule("thin", _END - 4.2)
        sheet.text("head", 0, _END - 1, fit(self.foot, "head", WIDTH - width(page, "head") - 4))
        sheet.text("head", WIDTH, _END - 1, page, "right")


def pill(sheet: Sheet, right: float, y: float, text: str) -> None:
    """A mark that nobody overlooks, its text on the baseline y; nothing without a text."""
    if text:
        whole = width(text, "pill") + 2 * _PILL_INSET
        sheet.box(BLUSH, right - whole, y - 2.75, whole, 3.7, 0.7, WARN)
        sheet.text("pill", right - whole / 2, y, text, "centred")


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


def paginate(first: Sheet, sections: Sequence[Section], frame: Frame) -> list[Sheet]:
    """The `first` page and those of all sections, one following the other where there is room, each page in its `frame`."""
    pages = _Pages()
    for section in sections:
        pages.section(section)
    found = [first, *pages.sheets]
    for number, sheet in enumerate(found, start=1):
        frame.draw(sheet, number, len(found))
    return found


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
