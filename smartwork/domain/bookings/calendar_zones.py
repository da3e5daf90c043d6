"""Time zones of calendars: local times become instants as RFC 5545, 3.3.5, says.

A local time that the clocks skip is read with the offset before the change: 02:30 becomes 03:30. Of a local time that happens
twice, the first is meant.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Zone(Protocol):
    """A time zone of a calendar."""

    @property
    def name(self) -> str:
        """The name under which a calendar refers to it."""

    def instant(self, local: datetime) -> datetime:
        """The instant in UTC of a local time without a zone."""

    def local(self, instant: datetime) -> datetime:
        """The local time, without a zone, of an instant."""


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A time zone of the IANA database."""

    name: str

    def instant(self, local: datetime) -> datetime:
        """The instant in UTC of a local time without a zone."""
        return local.replace(tzinfo=ZoneInfo(self.name), fold=0).astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        """The local time, without a zone, of an instant."""
        return instant.astimezone(ZoneInfo(self.name)).replace(tzinfo=None, fold=0)


UTC_ZONE = NamedZone("UTC")


@dataclass(frozen=True, slots=True)
class Transition:
    """From the instant `at` on, the clocks are `offset` ahead of UTC; before, they were `offset_before` ahead."""

    at: datetime
    offset_before: timedelta
    offset: timedelta


@dataclass(frozen=True, slots=True)
class DefinedZone:
    """A time zone that a calendar defines itself; `transitions` are in order, `definition` is its VTIMEZONE."""

    name: str
    transitions: tuple[Transition, ...]
    definition: str

    def instant(self, local: datetime) -> datetime:
        """The instant in UTC of a local time without a zone."""
        # A wall clock shows a time for the first time before the later of the two readings at the change.
        changes = [t.at.replace(tzinfo=None) + max(t.offset_before, t.offset) for t in self.transitions]
        return local.replace(tzinfo=UTC) - self._offset(bisect_right(changes, local))

    def local(self, instant: datetime) -> datetime:
        """The local time, without a zone, of an instant."""
        at = bisect_right([t.at for t in self.transitions], instant)
        return (instant.astimezone(UTC) + self._offset(at)).replace(tzinfo=None)

    def _offset(self, transitions_before: int) -> timedelta:
        if transitions_before == 0:
            return self.transitions[0].offset_before
        return self.transitions[transitions_before - 1].offset


def in_order(transitions: Sequence[Transition]) -> tuple[Transition, ...]:
    """The transitions in order of time; of two at one instant, the one that changes the offset counts."""
    by_instant: dict[datetime, Transition] = {}
    for each in transitions:
        if each.at not in by_instant or each.offset != each.offset_before:
            by_instant[each.at] = each
    return tuple(by_instant[at] for at in sorted(by_instant))
