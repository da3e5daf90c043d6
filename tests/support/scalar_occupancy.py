"""The rules of `smartwork.domain.presence.derivation` for one sensor, reading by reading: what property tests compare with.

Times are seconds since 1970 UTC. The code is written for clarity, not for speed, and shares nothing with the columns.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from smartwork.domain.presence.sensor_limits import STUCK_AFTER
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
