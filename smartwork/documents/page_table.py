"""Plain tables on the pages: a title over column heads, rows of cells, a sum, a note below."""

from dataclasses import dataclass

from smartwork.documents.page_layout import WIDTH, Align, Sheet
from smartwork.documents.styles import Style

Cell = tuple[Style, float, str, Align]
"""Style, x in millimetres (left or right edge by the alignment), text, alignment."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The title, `aside` at its right, over the column heads."""

    title: str
    cells: tuple[tuple[float, str, Align], ...]
    aside: str = ""
    height: float = 14.8
    opens: bool = True

    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""
        sheet.text("title", 0, y + 7, self.title)
        sheet.text("aside", WIDTH, y + 7, self.aside, "right")
        for x, text, align in self.cells:
            sheet.text("head", x, y + 13, text, align)
        sheet.rule("strong", y + 14.6)


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of cells, a hairline below it; `opens` keeps it with what follows."""

    cells: tuple[Cell, ...]
    opens: bool = False
    height: float = 4.6

    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""
        for style, x, text, align in self.cells:
            sheet.text(style, x, y + 3.3, text, align)
        sheet.rule("hair", y + 4.6)


@dataclass(frozen=True, slots=True)
class Sum:
    """The last row of a table: its sums under a strong line."""

    cells: tuple[tuple[float, str, Align], ...]
    opens: bool = False
    height: float = 7.0

    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""
        sheet.rule("strong", y + 0.8)
        for x, text, align in self.cells:
            sheet.text("bold", x, y + 5.2, text, align)


@dataclass(frozen=True, slots=True)
class Note:
    """What the figures count, in one line."""

    text: str
    opens: bool = False
    height: float = 5.0

    def draw(self, sheet: Sheet, y: float) -> None:
        """Draw it with its top at `y`."""
        sheet.text("small", 0, y + 4, self.text)
