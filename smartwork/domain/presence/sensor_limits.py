"""When a presence sensor counts as silent, when as stuck, and which gaps and contradictions are short."""

from datetime import timedelta

SILENCE_FACTOR = 2.5
"""A sensor that sends nothing for this many reporting intervals is silent: its state is unknown, not vacant."""
STUCK_AFTER = timedelta(hours=12)
"""Presence without a break for longer than this is taken for a stuck sensor: nobody sits at a desk that long."""
MAX_GAP = timedelta(minutes=5)
"""Vacant time of at most this between two detections counts as presence."""
CONTRADICTION_AFTER = timedelta(hours=1)
"""Sensors of one place that contradict each other for longer than this make its spans contradicted.

Sensors notice a departure up to a quarter of an hour apart, so a shorter contradiction says nothing.
"""


def silence_timeout(interval_s: float) -> timedelta:
    """How long a sensor that reports every `interval_s` seconds may be silent before its state is unknown."""
    return timedelta(seconds=SILENCE_FACTOR * interval_s)
