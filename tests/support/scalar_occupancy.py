"""The rules of `smartwork.domain.presence.derivation` for one place, reading by reading: what property tests compare with.

Times are seconds since 1970 UTC. The code is written for clarity, not for speed, and shares nothing with the columns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from smartwork.domain.presence.sensor_limits import CONTRADICTION_AFTER, STUCK_AFTER
from smartwork.domain.presence.spans import Span, State

Sample = tuple[float, bool]
"""An instant, and whether somebody was there."""
Stretch = tuple[float, float, State]
"""[start, end) and the state."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def states(samples: Sequence[Sample], silence_timeout_s: float) -> list[Stretch]:
    """The states that `samples` (in time order) give, without gaps from the first sample on; neighbours differ.

    Each sample holds until the next, but no longer than the timeout; the rest until the next is unknown. The last sample
    holds for the timeout. Of samples at one instant the last counts.
    """
    found: list[Stretch] = []
    for i, (at, present) in enumerate(samples):
        following = samples[i + 1][0] if i + 1 < len(samples) else at + silence_timeout_s
        held_until = min(at + silence_timeout_s, following)
        _append(found, at, held_until, "occupied" if present else "vacant")
        _append(found, held_until, following, "unknown")
    return found


def extend_presence(found: Sequence[Stretch], hold_s: float) -> list[Stretch]:
    """Presence lasts for `hold_s` after it was last detected, at most to the end of `found`."""
    held: list[Stretch] = []
    until = float("-inf")
    for start, end, state in found:
        if state == "occupied":
            until = end + hold_s
            _append(held, start, end, state)
        else:
            middle = max(start, min(end, until))
            _append(held, start, middle, "occupied")
            _append(held, middle, end, state)
    return held


def fill_gaps(found: Sequence[Stretch], max_gap_s: float) -> list[Stretch]:
    """Vacant gaps of at most `max_gap_s` between two detections are occupied; unknown time stays unknown."""
    joined: list[Stretch] = []
    for i, (start, end, state) in enumerate(found):
        between = 0 < i < len(found) - 1 and found[i - 1][2] == found[i + 1][2] == "occupied"
        filled = state == "vacant" and between and end - start <= max_gap_s
        _append(joined, start, end, "occupied" if filled else state)
    return joined


def is_suspect(stretch: Stretch) -> bool:
    """Whether this looks like a stuck sensor: occupied without a break for longer than STUCK_AFTER."""
    return stretch[2] == "occupied" and stretch[1] - stretch[0] > STUCK_AFTER.total_seconds()


@dataclass(frozen=True, slots=True)
class Watch:
    """The readings of a sensor, by whatever time, and the period in which it watches the place."""

    samples: Sequence[Sample]
    silence_timeout_s: float
    since: float = float("-inf")
    until: float = float("inf")


PlaceStretch = tuple[float, float, State, bool, bool]
"""[start, end), the state, whether it is suspect, and whether the sensors contradict each other for long."""


def combined(watches: Sequence[Watch], max_gap_s: float) -> list[PlaceStretch]:
    """The stretches of a place by all its watches, instant by instant between the changes of any sensor.

    A detection of a sensor that is not stuck wins, then absence, then a stuck sensor, then nothing is known.
    """
    sensors = [fill_gaps(_watched(watch), max_gap_s) for watch in watches]
    cuts = sorted({at for found in sensors for start, end, _ in found for at in (start, end)})
    cells = [_cell(start, end, sensors) for start, end in pairwise(cuts)]
    return _joined(_contradicted(_suspect(_filled(cells, max_gap_s))))


def _cell(start: float, end: float, sensors: Sequence[Sequence[Stretch]]) -> PlaceStretch:
    """The state between two neighbouring changes; its last flag says that sensors contradict each other, however long."""
    here = [each for found in sensors for each in found if each[0] <= start < each[1]]
    present = [each for each in here if each[2] == "occupied"]
    vacant = any(each[2] == "vacant" for each in here)
    contradict = vacant and bool(present)
    if any(not is_suspect(each) for each in present):
        return start, end, "occupied", False, contradict
    if vacant:
        return start, end, "vacant", False, contradict
    return (start, end, "occupied", True, False) if present else (start, end, "unknown", False, False)


def _filled(cells: Sequence[PlaceStretch], max_gap_s: float) -> list[PlaceStretch]:
    filled = list(cells)
    for run in _runs(cells, lambda cell: cell[2:4]):
        before, after = _neighbours(cells, run)
        sides = all(side is not None and side[2:4] == ("occupied", False) for side in (before, after))
        if cells[run[0]][2] == "vacant" and sides and _length(cells, run) <= max_gap_s:
            for i in run:
                filled[i] = (*cells[i][:2], "occupied", False, cells[i][4])
    return filled


def _suspect(cells: Sequence[PlaceStretch]) -> list[PlaceStretch]:
    judged = list(cells)
    for run in _runs(cells, lambda cell: cell[2:4]):
        if cells[run[0]][2] == "occupied" and _length(cells, run) > STUCK_AFTER.total_seconds():
            for i in run:
                judged[i] = (*cells[i][:3], True, cells[i][4])
    return judged


def _contradicted(cells: Sequence[PlaceStretch]) -> list[PlaceStretch]:
    judged = list(cells)
    for run in _runs(cells, lambda cell: cell[4]):
        for i in run:
            judged[i] = (*cells[i][:4], cells[i][4] and _length(cells, run) > CONTRADICTION_AFTER.total_seconds())
    return judged


def _joined(cells: Sequence[PlaceStretch]) -> list[PlaceStretch]:
    return [(cells[run[0]][0], cells[run[-1]][1], *cells[run[0]][2:]) for run in _runs(cells, lambda cell: cell[2:])]


def _watched(watch: Watch) -> list[Stretch]:
    own = [sample for sample in watch.samples if watch.since <= sample[0] < watch.until]
    found = states(own, watch.silence_timeout_s)
    return [(start, min(end, watch.until), state) for start, end, state in found if start < watch.until]


def _runs(cells: Sequence[PlaceStretch], key: Callable[[PlaceStretch], object]) -> list[list[int]]:
    """The indexes of neighbours that touch and have the same key, run by run."""
    runs: list[list[int]] = []
    for i, cell in enumerate(cells):
        if runs and cells[i - 1][1] == cell[0] and key(cells[i - 1]) == key(cell):
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


def _length(cells: Sequence[PlaceStretch], run: Sequence[int]) -> float:
    return cells[run[-1]][1] - cells[run[0]][0]


def _neighbours(cells: Sequence[PlaceStretch], run: Sequence[int]) -> tuple[PlaceStretch | None, PlaceStretch | None]:
    """The cells that touch a run on both sides."""
    first, last = run[0], run[-1]
    before = cells[first - 1] if first > 0 and cells[first - 1][1] == cells[first][0] else None
    after = cells[last + 1] if last + 1 < len(cells) and cells[last + 1][0] == cells[last][1] else None
    return before, after


def as_spans(found: Sequence[Stretch]) -> list[Span]:
    """The stretches as the spans that are stored, to the millisecond."""
    return [
        Span(
            _EPOCH + timedelta(milliseconds=round(each[0] * 1000)),
            _EPOCH + timedelta(milliseconds=round(each[1] * 1000)),
            each[2],
            is_suspect(each),
        )
        for each in found
    ]


def _append(found: list[Stretch], start: float, end: float, state: State) -> None:
    """Append a stretch, joined with its neighbour if the state is the same; an empty stretch is left out."""
    if end <= start:
        return
    if found and found[-1][2] == state and found[-1][1] == start:
        found[-1] = (found[-1][0], end, state)
    else:
        found.append((start, end, state))
