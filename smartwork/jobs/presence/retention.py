"""Keep for years: sum readings up by hour, then let go of the raw ones that nothing needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.db.core.connection import Connection
from smartwork.db.presence import retention
from smartwork.db.presence.retention import Chunk, Hours, Limit, ServerJob
from smartwork.progress import Progress


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
    months = retention.raw_months(connection)
    if retention.kept_by_server(connection):
        job = retention.server_job(connection)
        return Kept(dry_run, job, Hours(0, 0, 0), months, retention.limits(connection, at), [])
    if dry_run:
        due = retention.hours_due(connection, at)
        holding = [limit for limit in retention.limits(connection, at) if limit.reason != retention.HOURS_TO_SUM_UP]
        return Kept(dry_run, None, due, months, holding, retention.chunks_before(connection, holding[0].before))
    hours, holding, dropped = retention.keep(connection, at, progress)
    return Kept(dry_run, None, hours, months, holding, dropped)
