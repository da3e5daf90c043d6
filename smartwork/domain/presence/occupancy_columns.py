"""Occupancy of many sensors at once: the pieces of `occupancy` for thousands of sensors, computed on columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartwork.domain.presence.occupancy import LONGEST_STAY

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STATES = ("vacant", "occupied", "unknown")
_VACANT, _OCCUPIED, _UNKNOWN = range(len(STATES))
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """[start, end) in microseconds since 1970 UTC, by sensor and then by time; `state` counts STATES."""

    sensor: Integers
    start: Integers
    end: Integers
    state: Integers

    def where(self, kept: Flags) -> "Pieces":
        """Those that are flagged."""
        return Pieces(self.sensor[kept], self.start[kept], self.end[kept], self.state[kept])

    def is_suspect(self) -> Flags:
        """Which look like a stuck sensor's, as `occupancy.is_suspect` says."""
        stuck: Flags = (self.state == _OCCUPIED) & (self.end - self.start > round(LONGEST_STAY.total_seconds()) * SECOND)
        return stuck

    def joined(self) -> "Pieces":
        """Neighbours of one sensor and one state as one piece."""
        opens = np.append(True, (np.diff(self.sensor) != 0) | (np.diff(self.state) != 0))[: len(self.sensor)]
        closes = np.append(opens[1:], True)[: len(self.sensor)]
        return Pieces(self.sensor[opens], self.start[opens], self.end[closes], self.state[opens])


def concatenated(parts: Sequence[Pieces]) -> Pieces:
    """The pieces of sensors and of those that follow them, one behind the other."""
    return Pieces(
        *(
            np.concatenate([np.empty(0, dtype=np.int64), *(getattr(part, name) for part in parts)])
            for name in ("sensor", "start", "end", "state")
        )
    )


def pieces(sensor: Integers, at: Integers, present: Flags, patience: Integers) -> Pieces:
    """`occupancy.pieces` of every sensor; samples in order of sensor and time, `patience` by sensor in microseconds."""
    follows = np.diff(sensor) == 0
    last_of_instant = np.append(~follows | (np.diff(at) != 0), True)[: len(at)]
    sensor, at, present = sensor[last_of_instant], at[last_of_instant], present[last_of_instant]
    holds_until = at + patience[sensor]
    following = holds_until.copy()
    same = np.flatnonzero(np.diff(sensor) == 0)
    following[same] = at[same + 1]
    # Of each sample two pieces: what it says, and the silence after it, which is empty mostly.
    start = np.column_stack([at, np.minimum(holds_until, following)]).ravel()
    end = np.column_stack([np.minimum(holds_until, following), following]).ravel()
    state = np.column_stack([np.where(present, _OCCUPIED, _VACANT), np.full(len(at), _UNKNOWN)]).ravel()
    return Pieces(np.repeat(sensor, 2), start, end, state).where(end > start).joined()


def bridge(found: Pieces, gap_s: float) -> Pieces:
    """`occupancy.bridge` of every sensor: vacant gaps of at most `gap_s` seconds between two detections are occupied."""
    if len(found.sensor) < 3:
        return found
    occupied = found.state == _OCCUPIED
    between = occupied[:-2] & occupied[2:] & (found.sensor[:-2] == found.sensor[2:])
    short = (found.state == _VACANT) & (found.end - found.start <= round(gap_s * SECOND))
    state = np.where(short & np.concatenate([[False], between, [False]]), _OCCUPIED, found.state)
    return Pieces(found.sensor, found.start, found.end, state).joined()
