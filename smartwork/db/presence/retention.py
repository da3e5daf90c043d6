"""Retention in the database: readings summed up by hour, and raw readings dropped once nothing needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.progress import Progress, no_progress

_SUM_UP_AFTER = timedelta(hours=2)
"""How long after the end of a local day it is summed up. Readings that arrive later cause it to be summed up again."""

HOURS_TO_SUM_UP = "hours to sum up"
"""The reason of the limit that a run lifts before it drops readings; `retention_limits` in the database names it so."""


@dataclass(frozen=True, slots=True)
class HoursSummedUp:
    """Counts of a run: days summed up for the first time, days of one centre summed up again because of late readings, and
    rows of `reading_hour` that are new or changed.
    """

    days: int
    late_days: int
    figures: int


@dataclass(frozen=True, slots=True)
class RetentionLimit:
    """Raw readings at or after the instant `before` are kept, for this reason."""

    reason: str
    before: datetime


@dataclass(frozen=True, slots=True)
class ReadingChunk:
    """A chunk of raw readings whose events lie in [starts_at, ends_at), with its size on disk."""

    name: str
    starts_at: datetime
    ends_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class ServerJob:
    """The last success and the next start of the database server's own job; None if not known."""

    last_success: datetime | None
    next_start: datetime | None


def server_runs_retention(connection: Connection) -> bool:
    """Whether the database server runs retention itself: its licence allowed it when the database was set up."""
    with wrap_database_errors():
        return bool(_one(connection, "server_runs_retention"))


def server_job(connection: Connection) -> ServerJob:
    """The state of the database server's own job."""
    with wrap_database_errors():
        row = connection.execute(sql("server_retention_job")).fetchone()
    return ServerJob(*row) if row else ServerJob(None, None)


@contextmanager
def retention_lock(connection: Connection) -> Iterator[None]:
    """Hold the lock of retention. A second run waits for it, and then finds nothing left to do."""
    with wrap_database_errors():
        connection.execute(sql("lock_retention"))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(sql("unlock_retention"))


def raw_months(connection: Connection) -> int:
    """How many months raw readings are kept."""
    with wrap_database_errors():
        return int(str(_one(connection, "raw_months")))


def final_before(connection: Connection) -> datetime | None:
    """The instant before which derived data is final, because some raw readings are dropped; None if none is dropped."""
    instant = _one(connection, "final_before")
    return instant if isinstance(instant, datetime) else None


def limits(connection: Connection, at: datetime) -> list[RetentionLimit]:
    """The limits that hold raw readings back at the instant `at`, the strictest first."""
    with wrap_database_errors():
        return [RetentionLimit(*row) for row in connection.execute(sql("retention_limits"), (at,))]


def chunks_before(connection: Connection, horizon: datetime) -> list[ReadingChunk]:
    """The chunks of raw readings that end by `horizon`, in order of time."""
    with wrap_database_errors():
        return [ReadingChunk(*row) for row in connection.execute(sql("reading_chunks_before"), (horizon,))]


def drop_readings(connection: Connection, at: datetime) -> list[ReadingChunk]:
    """Drop the chunks of raw readings that no limit holds back at the instant `at`; returns the dropped chunks.

    The limits are checked again under a lock on `reading`; ingest waits meanwhile. Raises ServiceUnavailable.
    """
    with wrap_database_errors(), connection.transaction():
        return [ReadingChunk(*row) for row in connection.execute(sql("drop_readings"), (at,))]


def run_retention(
    connection: Connection, at: datetime, progress: Progress = no_progress
) -> tuple[HoursSummedUp, list[RetentionLimit], list[ReadingChunk]]:
    """Sum up and drop what is due at the instant `at`.

    Returns what was summed up, the limits that held readings back, and the dropped chunks. A second run waits for the
    first. Raises ServiceUnavailable.
    """
    progress("Waiting for another run", 0, 1)
    with retention_lock(connection):
        hours = sum_up_hours(connection, at, progress)
        progress("Dropping raw readings", 0, 1)
        holding = limits(connection, at)
        dropped = drop_readings(connection, at)
        progress("Dropping raw readings", 1, 1)
    return hours, holding, dropped


def hours_due(connection: Connection, at: datetime) -> HoursSummedUp:
    """What `sum_up_hours` would do at the instant `at`. The number of changed figures is not known in advance: 0."""
    with wrap_database_errors():
        until = _one(connection, "last_ended_day", {"at": at - _SUM_UP_AFTER})
        days = connection.execute(sql("days_to_sum_up"), {"until": until}).fetchall()
        return HoursSummedUp(len(days), int(str(_one(connection, "count_late_days"))), 0)


def sum_up_hours(connection: Connection, at: datetime, progress: Progress) -> HoursSummedUp:
    """Bring `reading_hour` up to date: days that have ended, and earlier days that new readings touched.

    Each day is one transaction, so that a crash leaves the rest due. The caller holds `retention_lock`. Raises
    ServiceUnavailable.
    """
    with wrap_database_errors():
        _reset_after_restore(connection)
        connection.execute(sql("queue_late_days"))
        late, changed = _sum_up_late_days(connection, progress)
        until = _one(connection, "last_ended_day", {"at": at - _SUM_UP_AFTER})
        days = connection.execute(sql("days_to_sum_up"), {"until": until}).fetchall()
        for done, (start, end) in enumerate(days, start=1):
            with connection.transaction():
                changed += _sum_up(connection, None, start, end)
                connection.execute(sql("mark_hours_complete"), (end,))
            progress("Summing up hours", done, len(days))
        connection.execute(sql("mark_hours_complete"), (until,))
        return HoursSummedUp(len(days), late, changed)


def _sum_up_late_days(connection: Connection, progress: Progress) -> tuple[int, int]:
    """Sum up again the days in the queue; returns how many days, and how many figures changed."""
    due = int(str(_one(connection, "count_late_days")))
    late = changed = 0
    while True:
        with connection.transaction():
            taken = connection.execute(sql("take_late_day")).fetchone()
            if taken is None:
                return late, changed
            changed += _sum_up(connection, *taken)
        late += 1
        progress("Summing up late hours", late, max(due, late))


def _reset_after_restore(connection: Connection) -> None:
    """Start over if the database was restored on another server, whose transaction numbers mean something else."""
    with connection.transaction():
        if _one(connection, "snapshot_of_another_server"):
            for name in (
                "forget_storing_transactions",
                "clear_hour_queue",
                "delete_stored_hours",
                "reset_hour_progress",
            ):
                connection.execute(sql(name))


def _sum_up(connection: Connection, centre_id: int | None, start: datetime, end: datetime) -> int:
    return int(str(_one(connection, "sum_up_hours", {"centre_id": centre_id, "starts_at": start, "ends_at": end})))


def _one(connection: Connection, name: str, arguments: dict[str, object] | None = None) -> object:
    row = connection.execute(sql(name), arguments).fetchone()
    return row[0] if row else None
