"""The progress bar of commands, and where commands print."""

from collections.abc import Iterator
from contextlib import contextmanager
from unicodedata import category

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

out = Console()
"""Standard output: the result of a command."""
err = Console(stderr=True)
"""Standard error: progress, warnings and errors."""


_NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: control and format characters, surrogates, line and paragraph separators."""


def displayable(text: str) -> str:
    """`text` with U+FFFD for each character that a terminal would act on or hide instead of showing it; line breaks stay."""
    return "".join("\ufffd" if category(each) in _NEVER_SHOWN and each not in "\n\t" else each for each in text)


@contextmanager
def progress_bar() -> Iterator["_ProgressBar"]:
    """Show progress on standard error while the block runs.

    On a terminal it is one bar that disappears at the end; elsewhere it is one line for each step.
    """
    if not err.is_terminal:
        yield _ProgressBar(None)
        return
    with Progress(
        TextColumn("{task.description}", style="cyan", markup=False), BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(), console=err, transient=True,
    ) as progress:  # fmt: skip
        yield _ProgressBar(progress)


class _ProgressBar:
    """Progress callback: (step, done, total)."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._last_step = ""

    def __call__(self, step: str, done: int, total: int, /) -> None:
        if self._progress is None:
            if step != self._last_step:
                self._last_step = step
                err.print(Text(f"{step} …"))
            return
        if self._task is None:
            self._task = self._progress.add_task(step)
        self._progress.update(self._task, description=step, completed=done, total=total or None)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    err.print(Text(text, style="yellow"), soft_wrap=True)
