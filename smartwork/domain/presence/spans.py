"""Spans: stretches of time in one state of presence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["occupied", "vacant", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in one state, half-open [start, end); a suspect one comes from a stuck sensor and is never billed."""

    start: datetime
    end: datetime
    state: State
    suspect: bool = False

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()
