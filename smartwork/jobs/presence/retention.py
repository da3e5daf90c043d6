"""Run retention: sum readings up by hour, then drop raw readings that nothing needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.db.core.connection import Connection
from smartwork.db.presence import retention
from smartwork.db.presence.retention import HoursSummedUp, ReadingChunk, RetentionLimit, ServerJob
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """What a run did, or with `dry_run` would do. `server` is set if the database server runs retention itself.

    `limits` hold raw readings back, the strictest first; `dropped` are the chunks that were dropped.
    """

    dry_run: bool
    server: ServerJob | None
    hours: HoursSummedUp
    raw_months: int
    limits: Sequence[RetentionLimit]
    dropped: Sequence[ReadingChunk]


def run_retention(connection: Connection, at: datetime, progress: Progress, *, dry_run: bool) -> RetentionRun:
    """Do what is due at the instant `at`. A second run waits for the first and finds nothing left to do.

    Nothing is changed with `dry_run`, or if the database server runs retention itself. Raises ServiceUnavailable.
    """
    months = retention.raw_months(connection)
    if retention.server_runs_retention(connection):
        job = retention.server_job(connection)
        return RetentionRun(dry_run, job, HoursSummedUp(0, 0, 0), months, retention.limits(connection, at), [])
    if dry_run:
        due = retention.hours_due(connection, at)
        holding = [limit for limit in retention.limits(connection, at) if limit.reason != retention.HOURS_TO_SUM_UP]
        return RetentionRun(dry_run, None, due, months, holding, retention.chunks_before(connection, holding[0].before))
    hours, holding, dropped = retention.run_retention(connection, at, progress)
    return RetentionRun(dry_run, None, hours, months, holding, dropped)
