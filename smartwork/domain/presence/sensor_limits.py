"""When a presence sensor counts as silent, and when as stuck."""

from datetime import timedelta

SILENCE_FACTOR = 2.5
"""A sensor that sends nothing for this many reporting intervals is silent: its state is unknown, not vacant."""
STUCK_AFTER = timedelta(hours=12)
"""Presence without a break for longer than this is taken for a stuck sensor: nobody sits at a desk that long."""


def silence_timeout(interval_s: float) -> timedelta:
    """How long a sensor that reports every `interval_s` seconds may be silent before its state is unknown."""
    return timedelta(seconds=SILENCE_FACTOR * interval_s)
