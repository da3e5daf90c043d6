"""Histories of three months: what members, sensors, companies and the operator do, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from smartwork.domain.presence.spans import State
from smartwork.domain.time import Interval

PLACES = ("d-1", "d-1", "d-1", "r-1")
"""Mostly one desk, so that events meet."""
COMPANIES = ("acme", "bolt", "calm", "dune")
MONTHS = (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))
STEP = timedelta(minutes=5)
_STEPS = 144
WINDOWS = tuple(
    Interval(start, start + _STEPS * STEP)
    for start in (
        datetime(2026, 10, 5, 6, tzinfo=UTC),
        datetime(2026, 10, 31, 18, tzinfo=UTC),  # over the end of October
        datetime(2026, 11, 9, 6, tzinfo=UTC),
        datetime(2026, 12, 7, 6, tzinfo=UTC),
    )
)
"""The half days on which something happens."""
PRESENTS = tuple(
    datetime(year, month, day, 9, tzinfo=UTC)
    for year, month, day in ((2026, 11, 2), (2026, 11, 10), (2026, 12, 2), (2026, 12, 8), (2027, 1, 4))
)
"""The days to which the clock goes on."""
FINAL = datetime(2027, 2, 3, 9, tzinfo=UTC)

Kind = Literal[
    "observe", "book", "cancel", "move", "reassign", "shorten", "check in", "reconcile", "bill", "credit", "pay", "settle",
    "contract", "later", "own book", "own cancel", "own move", "release",
]  # fmt: skip
_KINDS: tuple[Kind, ...] = (
    "observe", "observe", "observe", "observe", "book", "book", "cancel", "move", "reassign", "shorten", "check in",
    "check in", "reconcile", "bill", "bill", "bill", "credit", "credit", "pay", "settle", "contract", "later",
    "own book", "own book", "own cancel", "own cancel", "own move", "release", "release",
)  # fmt: skip
OWN: tuple[Kind, ...] = ("own book", "own cancel", "own move")
"""What a company does with its own token; all else is done by the network, with a reason."""
CLEARED = {2: True, 3: False}
"""Of a `pay`, by its window: a set-off, or a write-off, instead of a payment."""
CLEARED_AT_END = 12
"""How many set-offs and write-offs are tried at the end."""
_STATES: tuple[State, ...] = ("occupied", "occupied", "vacant", "unknown")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens. What its kind does not need is ignored; `pick` chooses among what there is then."""

    kind: Kind
    place: str
    company: str
    window: int
    period: Interval
    state: State
    pick: int
    month: date
    part: Decimal | None
    """Hours of a credit or EUR of a payment; None: all."""

    def __repr__(self) -> str:
        """Only what the kind needs, so that a failing history can be read."""
        when = f"{self.period.start:%d %b %H:%M}-{self.period.end:%H:%M}"
        texts: dict[Kind, str] = {
            "observe": f"{self.place} {self.state} {when}", "book": f"{self.company} {self.place} {when}",
            "check in": f"{self.company} {self.place} {self.period.start:%d %b %H:%M}", "move": f"#{self.pick} {when}",
            "bill": f"{self.month:%b} {self.company if self.pick % 4 == 0 else 'all'}", "settle": f"{self.month:%b}",
            "reassign": f"#{self.pick} {self.company}", "own book": f"{self.company} {self.place} {when}",
            "own move": f"#{self.pick} {when}", "release": f"#{self.pick} {self.period.start:%H:%M}",
        }  # fmt: skip
        return f"<{self.kind} {texts.get(self.kind, f'#{self.pick} {self.part}')}>"


def beginning(code: bytes) -> Iterator[tuple[Interval, str, Interval, str, Interval]]:
    """How each half day begins: a booking and its company, another one after a break, and presence over both at d-1."""
    for index, window in enumerate(WINDOWS):
        who, when = code[2 * index], code[2 * index + 1]
        first = Interval(window.start + 12 * STEP, window.start + (24 + 6 * (when % 4)) * STEP)
        start = first.end + (1 + when // 4 % 8) * STEP
        second = Interval(start, start + (6 + when // 32 * 6) * STEP)
        present = Interval(first.start + who // 16 % 4 * STEP, second.end + (who // 64 * 6 - 6) * STEP)
        yield first, COMPANIES[who % 4], second, COMPANIES[who // 4 % 4], present


def events(code: bytes) -> Iterator[Event]:
    """The history that `code` gives: each six bytes are an event. Shorter codes are shorter histories."""
    for at in range(8, len(code) - 5, 6):
        kind, who, window, begin, length, pick = code[at : at + 6]
        what = _KINDS[kind % len(_KINDS)]
        window = 2 + window % 2 if what in OWN else window % len(WINDOWS)  # a company changes what is to come
        chosen = WINDOWS[window]
        start = chosen.start + STEP * (6 * (begin % 22) + (begin // 64 if begin % 3 == 0 else 0))
        end = min(start + STEP * (1 + length % 48), chosen.end)
        yield Event(
            kind=what, place=PLACES[(who // 4) % len(PLACES)], company=COMPANIES[who % 4],
            window=window, period=Interval(start, end), state=_STATES[pick % len(_STATES)], pick=pick,
            month=MONTHS[(pick // 8) % len(MONTHS)], part=Decimal(1 + length % 4) / 4 if pick % 2 else None,
        )  # fmt: skip
