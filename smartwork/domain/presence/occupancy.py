"""Occupancy: three states from a sensor's readings. Spans are derived, half-open, and can be derived again."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

SILENCE_FACTOR = 2.5
"""A sensor unheard for this many reporting intervals is unknown, not vacant."""
LONGEST_STAY = timedelta(hours=12)
"""Nobody sits at a desk longer without one break: beyond it the sensor is taken to be stuck."""

Sample = tuple[float, bool]
"""Instant in seconds since 1970 UTC, and whether somebody was there."""
Piece = tuple[float, float, str]
"""[start, end) in seconds since 1970 UTC and the state."""


def patience(interval_s: float) -> float:
    """Seconds after which silence of a sensor that reports every `interval_s` seconds means unknown."""
    return SILENCE_FACTOR * interval_s


def pieces(samples: Sequence[Sample], patience_s: float) -> list[Piece]:
    """The states that `samples` (in time order) tell, without gaps from the first sample on, neighbours differing.

    Each sample holds until the next, but no longer than `patience_s`; what is left until the next is unknown.
    The last sample holds for `patience_s`. Of samples at one instant the last counts.
    """
    found: list[Piece] = []
    start = 0.0
    state = ""

    def turn(at: float, new: str) -> None:
        nonlocal start, state
        if new == state:
            return
        if state and at > start:
            found.append((start, at, state))
        if state and at <= start and found and found[-1][2] == new:
            start, state = found.pop()[0], new
            return
        start, state = at, new

    heard = None
    for at, present in samples:
        if heard is not None and at > heard + patience_s:
            turn(heard + patience_s, "unknown")
        turn(at, "occupied" if present else "vacant")
        heard = at
    if heard is not None:
        turn(heard + patience_s, "")
    return found


def hold(found: Sequence[Piece], hold_s: float) -> list[Piece]:
    """Presence goes on for `hold_s` after it was last detected, at most to the end of `found`."""
    if not hold_s or not found:
        return list(found)
    held: list[Piece] = []
    until = float("-inf")
    for start, end, state in found:
        if state == "occupied":
            _add(held, start, end, state)
            until = end + hold_s
        else:
            covered = min(end, until)
            if covered > start:
                _add(held, start, covered, "occupied")
            _add(held, max(start, covered), end, state)
    return held


def bridge(found: Sequence[Piece], gap_s: float) -> list[Piece]:
    """Vacant gaps of at most `gap_s` between two detections count as occupied.

    This is the hold time as billing may use it: it joins what a person's stillness tore apart, and charges nobody for
    the hold after the last detection. Unknown time is never bridged.
    """
    joined: list[Piece] = []
    for i, (start, end, state) in enumerate(found):
        between = 0 < i < len(found) - 1 and found[i - 1][2] == found[i + 1][2] == "occupied"
        kept = "occupied" if state == "vacant" and between and end - start <= gap_s else state
        _add(joined, start, end, kept)
    return joined


def _add(found: list[Piece], start: float, end: float, state: str) -> None:
    """Append a piece, grown into its neighbour where the state is the same; nothing where it is empty."""
    if end <= start:
        return
    if found and found[-1][2] == state and found[-1][1] == start:
        found[-1] = (found[-1][0], end, state)
    else:
        found.append((start, end, state))


def is_suspect(piece: Piece) -> bool:
    """Whether this looks like a stuck sensor: occupied without a break for longer than LONGEST_STAY."""
    return piece[2] == "occupied" and piece[1] - piece[0] > LONGEST_STAY.total_seconds()


def clip(spans: Sequence[Span], window: Interval) -> tuple[Span, ...]:
    """The parts of `spans` (in order, not overlapping) that lie in `window`, in order."""
    found = []
    for i in range(bisect_right(spans, window.start, key=_end), len(spans)):
        span = spans[i]
        if span.start >= window.end:
            break
        if span.start < window.start or span.end > window.end:
            span = Span(max(span.start, window.start), min(span.end, window.end), span.state, span.suspect)
        found.append(span)
    return tuple(found)


def _end(span: Span) -> datetime:
    return span.end


def seconds_by_state(spans: Sequence[Span], window: Interval) -> dict[str, float]:
    """Seconds in `window` that were occupied, vacant, unknown and suspect; they add up to the window.

    Time that no span covers is unknown; suspect time is counted as suspect and nothing else.
    """
    total = {"occupied": 0.0, "vacant": 0.0, "unknown": 0.0, "suspect": 0.0}
    for span in clip(spans, window):
        total["suspect" if span.suspect else span.state] += span.seconds
    total["unknown"] += window.seconds - sum(total.values())
    return total


def changes(found: Sequence[Piece]) -> int:
    """How often the state turned from occupied to vacant or back, unknown time left out."""
    known = [state for _, _, state in found if state != "unknown"]
    return sum(a != b for a, b in pairwise(known))


def peak(stays: Iterable[tuple[float, float]]) -> tuple[int, float | None]:
    """The most of `stays` [start, end) at one instant, and when that was first so; (0, None) for none.

    The maximum over time of the sum, never the sum of the parts' maxima.
    """
    events = sorted((at, step) for start, end in stays for at, step in ((start, 1), (end, -1)))
    most, when, count = 0, None, 0
    for at, step in events:
        count += step
        if count > most:
            most, when = count, at
    return most, when


def opened(hours: OpeningHours, window: Interval) -> list[Interval]:
    """The open stretches of every local day that touches `window`, in order."""
    zone = ZoneInfo(hours.timezone)
    day, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    found = []
    while day <= last:
        if stretch := hours.of(day):
            found.append(stretch)
        day += timedelta(days=1)
    return found


def outside(span: Span, stretches: Sequence[Interval]) -> bool:
    """Whether a span lies wholly outside the opened `stretches` (in order): presence is suspect, the door was locked."""
    at = bisect_right(stretches, span.start, key=_closes)
    return at == len(stretches) or stretches[at].start >= span.end


def _closes(stretch: Interval) -> datetime:
    return stretch.end
