"""Tables on the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

Cell = str | Text
"""Plain text, or text with a style. Markup in plain text is not interpreted."""
Row = Sequence[Cell]

_MIN_WIDTH = 8
"""Characters to which a text column is shortened at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a FittedTable. Its title contains the unit.

    If the terminal is too narrow, the column with the highest `rank` is left out first; columns of rank 0 always stay.
    Columns of `figures` are aligned right. Cells of a `whole` column are never shortened, for example document numbers, which
    other commands take as arguments. A column whose cells are all empty is left out.
    """

    title: str
    rank: int = 0
    figures: bool = False
    whole: bool = False


class FittedTable:
    """Sections of rows under a title, fitted to the width of the terminal. No cell is folded, no figure is shortened.

    Without any row, the title and the text `empty` are printed instead of a table.
    """

    def __init__(self, title: str, columns: Sequence[Column], sections: Sequence[Sequence[Row]], empty: str = "none") -> None:
        self._title, self._columns, self._empty = title, columns, empty
        self._sections = [section for section in sections if section]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit into the width of `options`, and name those that are left out."""
        if not self._sections:
            yield Text.assemble((self._title, "bold"), "\n\n  ", self._empty, "\n")
            return
        widths = [self._natural_width(index) for index in range(len(self._columns))]
        shown = [i for i in range(len(self._columns)) if self._has_text(i)]
        empty = set(range(len(self._columns))) - set(shown)
        while (
            _table_width([widths[i] for i in shown]) > options.max_width
            and (omitted := self._first_to_omit(shown)) is not None
        ):
            shown.remove(omitted)
        texts = [i for i in shown if not self._columns[i].figures and not self._columns[i].whole]
        while _table_width([widths[i] for i in shown]) > options.max_width:
            widest = max(texts, key=lambda i: widths[i], default=None)
            if widest is None or widths[widest] <= _MIN_WIDTH:
                break
            widths[widest] -= 1
        yield self._table(shown, widths, roomy=_table_width([widths[i] + 1 for i in shown]) <= options.max_width)
        if left_out := [column.title for i, column in enumerate(self._columns) if i not in {*shown, *empty}]:
            yield Text(f"No room for: {', '.join(left_out)}. A wider window or --json has all.\n", style="dim")

    def _has_text(self, index: int) -> bool:
        return any(str(row[index]) for section in self._sections for row in section)

    def _natural_width(self, index: int) -> int:
        cells = (row[index] for section in self._sections for row in section)
        return max(cell_len(self._columns[index].title), *(cell_len(str(cell)) for cell in cells))

    def _first_to_omit(self, shown: Sequence[int]) -> int | None:
        return max((i for i in shown if self._columns[i].rank), key=lambda i: self._columns[i].rank, default=None)

    def _table(self, shown: Sequence[int], widths: Sequence[int], *, roomy: bool) -> Table:
        padding = (0, 1, 0, 1 if roomy else 0)
        table = Table(title=self._title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=padding)
        for i in shown:
            column = self._columns[i]
            table.add_column(
                Text(column.title), justify="right" if column.figures else "left", width=widths[i],
                no_wrap=True, overflow="ellipsis",
            )  # fmt: skip
        for section in self._sections:
            for row in section:
                table.add_row(*(Text(cell) if isinstance(cell := row[i], str) else cell for i in shown))
            table.add_section()
        return table


def titled_table(title: str, *columns: str, caption: str | None = None) -> Table:
    """A table whose first column is text and whose other columns are numbers, aligned right."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", caption=caption)
    table.caption_justify = "left"
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 line`, `2 lines`. Without `plural` an `s` is added."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def _table_width(widths: Sequence[int]) -> int:
    """The width of a table in characters, with a space after each column, one between two, and one at each edge."""
    return sum(widths) + 2 * len(widths) + 1
