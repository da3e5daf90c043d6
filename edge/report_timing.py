"""When the gateway publishes its reports again."""

from datetime import datetime, timedelta

REPUBLISH = timedelta(minutes=1)
"""Reports are published again after this long: a shared subscription receives no retained messages."""


def interval_passed(published_at: datetime | None, now: datetime, interval: timedelta) -> bool:
    """Whether `interval` has passed since a report was published; True also if the clock was set back."""
    return published_at is None or not timedelta(0) <= now - published_at < interval
