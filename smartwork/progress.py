"""How a job says how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called at each step of slow work. `total` is 0 where the amount is not known."""

    def __call__(self, step: str, done: int, total: int, /) -> None: ...


def silent(_step: str, _done: int, _total: int, /) -> None:
    """The progress of a caller who does not care."""
