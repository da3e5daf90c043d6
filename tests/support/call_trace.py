"""Which functions of the project one reading passes, found by watching the calls of a running program."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import FrameType

import numpy as np
from pydantic import BaseModel

from tests.support.project import ROOT

PACKAGES = ("smartwork", "edge", "ingest", "api")
_DEPTH = 6
_ITEMS = 400


@dataclass(frozen=True, slots=True)
class Call:
    """One function of the project: its file, relative to the checkout, and its qualified name."""

    file: str
    function: str


class CallTrace:
    """Records the functions that had the reading of one instant in an argument, a local variable or their result.

    The instant must be unique in the run, to the millisecond: it is looked for as a datetime, as milliseconds and
    microseconds since 1970 UTC, and as text.
    """

    def __init__(self, at: datetime) -> None:
        self._at = at
        at_ms = round(at.timestamp() * 1000)
        self._numbers = {at_ms, at_ms * 1000}
        self._texts = [str(at_ms), at.isoformat(timespec="milliseconds")[:23]]
        self._lock = threading.Lock()
        self._order = count()
        self._called_at: dict[int, int] = {}
        self._first: dict[Call, int] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch this thread and every thread that starts in the block."""
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    @property
    def passed(self) -> list[Call]:
        """The functions that the reading passed, in the order in which each was first called with it."""
        return sorted(self._first, key=self._first.__getitem__)

    def _profile(self, frame: FrameType, event: str, value: object) -> None:
        if event == "call" and (call := _call(frame)):
            with self._lock:
                self._called_at[id(frame)] = next(self._order)
        elif event == "return" and (call := _call(frame)):
            with self._lock:
                called_at = self._called_at.pop(id(frame), None)
                if called_at is None or self._first.get(call, called_at + 1) <= called_at:
                    return
                if self.holds(value) or any(self.holds(each) for name, each in frame.f_locals.items() if name != "self"):
                    self._first[call] = called_at

    def holds(self, value: object, depth: int = _DEPTH) -> bool:
        """Whether the reading's instant stands anywhere in `value`."""
        match value:
            case None | bool():
                return False
            case int() | float():
                return value in self._numbers
            case datetime():
                return value.tzinfo is not None and value.astimezone(UTC) == self._at
            case str() | bytes():
                return any(text in str(value) for text in self._texts)
            case np.ndarray():
                return value.dtype.kind in "iu" and bool(np.isin(value, list(self._numbers)).any())
            case _:
                return depth > 0 and any(self.holds(part, depth - 1) for part in _parts(value))


def _parts(value: object) -> Sequence[object]:
    if isinstance(value, Mapping):
        return [*value.values()][:_ITEMS]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [*value][:_ITEMS]
    if isinstance(value, BaseModel):
        return [*value.__dict__.values()]
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, each.name, None) for each in fields(value)]
    return []


def _call(frame: FrameType) -> Call | None:
    try:
        file = Path(frame.f_code.co_filename).relative_to(ROOT)
    except ValueError:
        return None
    name = frame.f_code.co_qualname
    if file.parts[0] not in PACKAGES or name.rpartition(".")[2].startswith("<"):
        return None
    return Call(file.as_posix(), name)
