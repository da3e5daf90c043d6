"""Whether a month is over, in every centre of the network: only then may it be billed and settled."""

from datetime import date, datetime

from smartwork.db.core.connection import Connection
from smartwork.db.presence import daily_figures as registry
from smartwork.domain.time import local_month
from smartwork.errors import InputError


def past_month(connection: Connection, month: date, at: datetime, action: str) -> date:
    """The first day of the month; raises InputError if the month is not over at `at`, in UTC and in each centre's time zone.

    `action` is what the user wanted to do, for the text of the error.
    """
    first = month.replace(day=1)
    if running := running_zones(connection, first, at):
        place = "" if running[0] == "UTC" else f" in the time zone {running[0]}"
        raise InputError(f"The month {first:%Y-%m} is not over on {at.date()}{place}. {action} it after its last day.")
    return first


def running_zones(connection: Connection, month: date, at: datetime) -> list[str]:
    """The time zones, UTC first, in which the month is not over at `at`."""
    zones = sorted({centre.hours.timezone for centre in registry.centres(connection)})
    return [zone for zone in ("UTC", *zones) if local_month(month, zone).end > at]
