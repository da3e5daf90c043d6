"""The system clock. Nothing else in the project reads it: code that needs the time gets it as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)
