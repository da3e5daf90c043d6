"""Readings that were rejected because a gateway's clock was ahead, stored under their true time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.ledger.report_checks import CLOCK_AHEAD
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many readings were stored, and the first and last of their times after the shift; None if there were none."""

    count: int
    first: datetime | None
    last: datetime | None


def recover_readings(
    connection: Connection, centre: str, since: datetime, until: datetime, shift: timedelta, now: datetime
) -> Recovered:
    """Store the readings of a centre that arrived in [since, until) from a clock ahead, with `shift` added to their times.

    `shift` is negative: as much as the clock was ahead. Raises InputError, and changes nothing, if a time would still lie
    ahead of `now`.
    """
    row = {"centre": centre, "reason": CLOCK_AHEAD, "since": since, "until": until, "shift": shift}
    with wrap_database_errors(), connection.transaction():
        [(count, first, last)] = connection.execute(sql("recover_rejected"), row).fetchall()
        if last is not None and last > now:
            raise InputError(
                f"With this shift a reading is at {last.isoformat()}, which has not come yet. Nothing was changed."
            )
    return Recovered(int(count), first, last)
