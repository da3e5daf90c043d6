"""How a long job reports its progress."""

from typing import Protocol


class Progress(Protocol):
    """Progress callback: (step, done, total). `total` is 0 if it is not known."""

    def __call__(self, step: str, done: int, total: int, /) -> None: ...


def no_progress(_step: str, _done: int, _total: int, /) -> None:
    """A callback that ignores progress."""
