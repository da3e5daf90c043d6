"""Keep for years: sum readings up by hour, then let go of the raw ones that nothing needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.db import years
from smartwork.db.connection import Connection
from smartwork.db.years import Chunk, Hours, Limit, Progress, ServerJob


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done, or with `dry_run` would be; `server` where the database server does it by itself.

    `limits` are what holds raw readings back, the strictest first; `dropped` are the chunks that are gone.
    """

    dry_run: bool
    server: ServerJob | None
    hours: Hours
    raw_months: int
    limits: Sequence[Limit]
    dropped: Sequence[Chunk]


def keep(connection: Connection, at: datetime, progress: Progress, *, dry_run: bool) -> Kept:
    """Do at the instant `at` what is due; running it again does nothing more, and a second run waits for the first.

    Where the server does it by itself, or with `dry_run`, nothing is changed. Raises ServiceAway.
    """
    months = years.raw_months(connection)
    if years.kept_by_server(connection):
        job = years.server_job(connection)
        return Kept(dry_run, job, Hours(0, 0, 0), months, years.limits(connection, at), [])
    if dry_run:
        due = years.hours_due(connection, at)
        holding = [limit for limit in years.limits(connection, at) if limit.reason != years.HOURS_TO_SUM_UP]
        return Kept(dry_run, None, due, months, holding, years.chunks_before(connection, holding[0].before))
    hours, holding, dropped = years.keep(connection, at, progress)
    return Kept(dry_run, None, hours, months, holding, dropped)
