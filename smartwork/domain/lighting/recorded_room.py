"""The figures of one room over one stretch of time: occupancy, light on over nobody, and energy."""

from collections.abc import Sequence
from dataclasses import dataclass

from smartwork.domain.lighting.energy import Counter, Stretch, Use, split
from smartwork.domain.presence.occupancy import Piece, Sample, changes, hold, patience, pieces

BRIGHT_LUX = 300.0
"""A working light; EN 12464-1 asks for 300 lux in offices' surroundings and 500 lux on the task."""


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """Minutes by state over the window, and what follows from them; shares are of measured time, 0 to 1."""

    rows: int
    occupied_min: float
    vacant_min: float
    unknown_min: float
    changes: int
    bright_empty_share: float

    @property
    def occupied_share(self) -> float:
        """Occupied time as a share of measured time; 0 where nothing was measured."""
        measured = self.occupied_min + self.vacant_min
        return self.occupied_min / measured if measured else 0.0


def room_figures(
    presence: Sequence[Sample], lux: Sequence[tuple[float, float]], window: Stretch, interval_s: float, hold_s: float
) -> RoomFigures:
    """The figures of `window` from presence and illuminance samples in time order, all in seconds since 1970 UTC.

    `bright_empty_share` is, of the time over BRIGHT_LUX whose occupancy is known, the share with nobody there.
    """
    found = states(presence, window, interval_s, hold_s)
    seconds = {"occupied": 0.0, "vacant": 0.0, "unknown": 0.0}
    for start, end, state in found:
        seconds[state] += end - start
    seconds["unknown"] += window[1] - window[0] - sum(seconds.values())
    bright = _in_state(
        _cut(pieces([(at, value > BRIGHT_LUX) for at, value in lux], patience(interval_s)), window), "occupied"
    )
    lit_empty = shared_seconds(bright, _in_state(found, "vacant"))
    lit_occupied = shared_seconds(bright, _in_state(found, "occupied"))
    lit = lit_empty + lit_occupied
    return RoomFigures(
        len(presence),
        seconds["occupied"] / 60,
        seconds["vacant"] / 60,
        seconds["unknown"] / 60,
        changes(found),
        lit_empty / lit if lit else 0.0,
    )


def lighting_use(
    counter: Sequence[Counter], presence: Sequence[Sample], window: Stretch, interval_s: float, hold_s: float
) -> Use:
    """The energy that a cumulative counter (Wh) shows over the window, by whether somebody was there."""
    found = states(presence, window, interval_s, hold_s)
    return split(counter, _in_state(found, "occupied"), _in_state(found, "vacant"))


def states(presence: Sequence[Sample], window: Stretch, interval_s: float, hold_s: float) -> list[Piece]:
    """The room's states within `window`, presence held for `hold_s` seconds after it was last detected."""
    return _cut(hold(pieces(presence, patience(interval_s)), hold_s), window)


def shared_seconds(one: Sequence[Stretch], other: Sequence[Stretch]) -> float:
    """Seconds that lie in both; each is in order and without overlaps. One pass over both."""
    total, i, j = 0.0, 0, 0
    while i < len(one) and j < len(other):
        total += max(0.0, min(one[i][1], other[j][1]) - max(one[i][0], other[j][0]))
        if one[i][1] <= other[j][1]:
            i += 1
        else:
            j += 1
    return total


def _cut(found: Sequence[Piece], window: Stretch) -> list[Piece]:
    return [(max(a, window[0]), min(b, window[1]), state) for a, b, state in found if a < window[1] and b > window[0]]


def _in_state(found: Sequence[Piece], state: str) -> list[Stretch]:
    return [(start, end) for start, end, its in found if its == state]
