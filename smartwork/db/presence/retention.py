"""What is kept for years: figures by hour in step with readings, and raw readings only as long as they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.progress import Progress

_SETTLES_AFTER = timedelta(hours=2)
"""So long after a local day most of its readings are here; what comes later is summed up again."""

HOURS_TO_SUM_UP = "hours to sum up"
"""The limit that a run lifts before it drops."""


def _silent(_step: str, _done: int, _total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Hours:
    """What was summed up: whole days for the first time, centres' days again, and the figures that are new or others."""

    days: int
    late_days: int
    figures: int


@dataclass(frozen=True, slots=True)
class Limit:
    """Why raw readings of `before` and later are kept."""

    reason: str
    before: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of raw readings whose events lie in [starts_at, ends_at), with its size on disk."""

    name: str
    starts_at: datetime
    ends_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class ServerJob:
    """When the server's own job last ended well and when it comes again; None where that is not known."""

    last_success: datetime | None
    next_start: datetime | None


def kept_by_server(connection: Connection) -> bool:
    """Whether the server sums up and drops by itself: the licence allowed it when the database was set up."""
    with wrap_database_errors():
        return bool(_one(connection, "kept_by_server"))


def server_job(connection: Connection) -> ServerJob:
    """How the server's own job is doing."""
    with wrap_database_errors():
        row = connection.execute(sql("server_keeps")).fetchone()
    return ServerJob(*row) if row else ServerJob(None, None)


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Hold the lock of this work; another run waits until it is free, and then finds nothing left to do."""
    with wrap_database_errors():
        connection.execute(sql("keep_lock"))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(sql("keep_unlock"))


def raw_months(connection: Connection) -> int:
    """For how many months raw readings are kept."""
    with wrap_database_errors():
        return int(str(_one(connection, "retention_setting")))


def settled_before(connection: Connection) -> datetime | None:
    """The instant before which not all raw readings are left, so that nothing is derived again; None: all are here."""
    found = _one(connection, "readings_settled_before")
    return found if isinstance(found, datetime) else None


def limits(connection: Connection, at: datetime) -> list[Limit]:
    """What holds raw readings back at the instant `at`, the strictest first."""
    with wrap_database_errors():
        return [Limit(*row) for row in connection.execute(sql("retention_limits"), (at,))]


def chunks_before(connection: Connection, horizon: datetime) -> list[Chunk]:
    """The chunks of raw readings that end by `horizon`, in order of time."""
    with wrap_database_errors():
        return [Chunk(*row) for row in connection.execute(sql("reading_chunks_before"), (horizon,))]


def drop_readings(connection: Connection, at: datetime) -> list[Chunk]:
    """Drop the raw readings that no limit holds back at the instant `at`; returns what was dropped.

    Ingest waits while the limits are looked at once more and the chunks go. Raises ServiceAway.
    """
    with wrap_database_errors(), connection.transaction():
        return [Chunk(*row) for row in connection.execute(sql("drop_readings"), (at,))]


def keep(connection: Connection, at: datetime, progress: Progress = _silent) -> tuple[Hours, list[Limit], list[Chunk]]:
    """Sum up what is due at the instant `at` and drop what nothing holds back; what was done, what held readings, what went.

    A second run waits for the first. Raises ServiceAway.
    """
    progress("Waiting for its turn", 0, 1)
    with alone(connection):
        hours = sum_up_hours(connection, at, progress)
        progress("Dropping raw readings", 0, 1)
        holding = limits(connection, at)
        dropped = drop_readings(connection, at)
        progress("Dropping raw readings", 1, 1)
    return hours, holding, dropped


def hours_due(connection: Connection, at: datetime) -> Hours:
    """What `sum_up_hours` would do; how many figures that gives is not known before, so 0."""
    with wrap_database_errors():
        until = _one(connection, "day_is_over", {"at": at - _SETTLES_AFTER})
        days = connection.execute(sql("days_to_sum_up"), {"until": until}).fetchall()
        return Hours(len(days), int(str(_one(connection, "late_hours_due"))), 0)


def sum_up_hours(connection: Connection, at: datetime, progress: Progress) -> Hours:
    """Bring `reading_hour` up to date: days that are over, and what new readings touched before them.

    A day a transaction: after a crash the rest is still due. Call it in `alone`. Raises ServiceAway.
    """
    with wrap_database_errors():
        _begin_anew_after_a_restore(connection)
        connection.execute(sql("queue_late_hours"))
        due = int(str(_one(connection, "late_hours_due")))
        late = figures = 0
        while True:
            with connection.transaction():
                taken = connection.execute(sql("take_late_hours")).fetchone()
                if taken is None:
                    break
                figures += _sum_up(connection, *taken)
            late += 1
            progress("Summing up late hours", late, max(due, late))
        until = _one(connection, "day_is_over", {"at": at - _SETTLES_AFTER})
        days = connection.execute(sql("days_to_sum_up"), {"until": until}).fetchall()
        for done, (start, end) in enumerate(days, start=1):
            with connection.transaction():
                figures += _sum_up(connection, None, start, end)
                connection.execute(sql("hours_are_complete"), (end,))
            progress("Summing up hours", done, len(days))
        connection.execute(sql("hours_are_complete"), (until,))
        return Hours(len(days), late, figures)


def _begin_anew_after_a_restore(connection: Connection) -> None:
    with connection.transaction():
        if _one(connection, "of_another_server"):
            for statement in ("forget_batches_seen", "forget_late_hours", "forget_hours", "forget_hour_progress"):
                connection.execute(sql(statement))


def _sum_up(connection: Connection, centre_id: int | None, start: datetime, end: datetime) -> int:
    return int(str(_one(connection, "sum_up_hours", {"centre_id": centre_id, "starts_at": start, "ends_at": end})))


def _one(connection: Connection, name: str, arguments: dict[str, object] | None = None) -> object:
    row = connection.execute(sql(name), arguments).fetchone()
    return row[0] if row else None
