"""Tables on the terminal that fold no cell: where there is no room, columns that say less are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

Cell = str | Text
"""Plain text, or text with a style; markup in it is not read."""
Row = Sequence[Cell]

_LEAST = 8
"""Characters of a text column that are left where even what must stay has no room."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its unit in the title; `figures` stand to the right.

    Without room the column of the highest `rank` goes first; one of rank 0 always stays. What is `whole` is never cut, as
    what other commands ask for. A column without a word in it is not shown.
    """

    title: str
    rank: int = 0
    figures: bool = False
    whole: bool = False


class FittedTable:
    """Sections of rows under a title, as wide as the terminal allows; figures are never cut.

    Without a row the table is not drawn: `empty` says so in words.
    """

    def __init__(self, title: str, columns: Sequence[Column], sections: Sequence[Sequence[Row]], empty: str = "none") -> None:
        self._title, self._columns, self._empty = title, columns, empty
        self._sections = [section for section in sections if section]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw what fits into the width of `options`, and say what did not."""
        if not self._sections:
            yield Text.assemble((self._title, "bold"), "\n\n  ", self._empty, "\n")
            return
        widths = [self._natural(index) for index in range(len(self._columns))]
        shown = [i for i in range(len(self._columns)) if self._says_something(i)]
        empty = set(range(len(self._columns))) - set(shown)
        while _drawn([widths[i] for i in shown]) > options.max_width and (least := self._least(shown)) is not None:
            shown.remove(least)
        texts = [i for i in shown if not self._columns[i].figures and not self._columns[i].whole]
        while _drawn([widths[i] for i in shown]) > options.max_width:
            widest = max(texts, key=lambda i: widths[i], default=None)
            if widest is None or widths[widest] <= _LEAST:
                break
            widths[widest] -= 1
        yield self._table(shown, widths, roomy=_drawn([widths[i] + 1 for i in shown]) <= options.max_width)
        if left_out := [column.title for i, column in enumerate(self._columns) if i not in {*shown, *empty}]:
            yield Text(f"No room for: {', '.join(left_out)}. A wider window or --json has all.\n", style="dim")

    def _says_something(self, index: int) -> bool:
        return any(str(row[index]) for section in self._sections for row in section)

    def _natural(self, index: int) -> int:
        cells = (row[index] for section in self._sections for row in section)
        return max(cell_len(self._columns[index].title), *(cell_len(str(cell)) for cell in cells))

    def _least(self, shown: Sequence[int]) -> int | None:
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


def counted(number: int, what: str) -> str:
    """A number of things in words: `1 line`, `2 lines`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _drawn(widths: Sequence[int]) -> int:
    """The width of a table in characters: a space after each column, one between two, one at each edge."""
    return sum(widths) + 2 * len(widths) + 1
