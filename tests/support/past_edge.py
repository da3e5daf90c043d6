"""`python -m tests.support.past_edge`: the gateway in the last full month, which the tests of billing need.

A gateway ignores device times that are more than a month old. Its clock therefore starts in that month, after the days that
the tests use, and runs on from there.
"""

import sys
from datetime import UTC, datetime, timedelta

from edge.__main__ import run
from smartwork.clock import now


def past_arrival() -> datetime:
    """When messages about the first days of the last full month arrive: the 11th of that month."""
    last_day = now().date().replace(day=1) - timedelta(days=1)
    return datetime(last_day.year, last_day.month, 11, tzinfo=UTC)


if __name__ == "__main__":
    shift = now() - past_arrival()
    sys.exit(run(lambda: now() - shift, network_clock=now))
