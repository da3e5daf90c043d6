"""The bench of reconciliation: the rate at which a month of bookings gets verdicts, and how it changes with their number."""

import math
import multiprocessing
import os
import resource
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median

from smartwork.bench.machine import machine
from smartwork.bench.reading_load import centre_name
from smartwork.db.bench.throwaway import create_database, drop_database, forget_verdicts, install_centres, install_month
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import ephemeral
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.progress import Progress, no_progress

MONTH = date(2026, 10, 1)
_AFTER = datetime(2026, 11, 3, tzinfo=UTC)
"""The time of the runs: every booking of the month has ended."""
DESKS = 25
"""Desks in each centre."""
_BOOKINGS_PER_DESK = 40


@dataclass(frozen=True, slots=True)
class ReconcilePlan:
    """The bookings of two networks. Each rate is the median of `rounds` runs.

    Both are large enough to be divided among processes: one process compared with two says nothing about growth.
    """

    small: int
    large: int
    rounds: int


QUICK = ReconcilePlan(small=80_000, large=240_000, rounds=1)
FULL = ReconcilePlan(small=100_000, large=1_000_000, rounds=3)


@dataclass(frozen=True, slots=True)
class ReconcileFigures:
    """The result of a run. Rates are of whole runs, including the start of the processes.

    `growth_ratio` is the rate of the large network divided by that of the small one, both without `start_s`, which each run
    takes however many bookings there are. 1 is linear growth, less is worse than linear.
    """

    small_bookings: int
    small_bookings_per_s: float
    bookings: int
    bookings_per_s: float
    start_s: float
    growth_ratio: float
    rerun_s: float
    rss_mb: float
    seconds: float
    machine: str


def run(plan: ReconcilePlan, progress: Progress = no_progress, env: Mapping[str, str] | None = None) -> ReconcileFigures:
    """Measure on a temporary database server, which is removed afterwards."""
    began = time.monotonic()
    with ephemeral("bench", os.environ if env is None else env, progress) as pair:
        url = pair.endpoints.database_url
        with connect(url) as server:
            start = median(_start(url) for _ in range(3))
            small, small_rate, _ = _measure(server, url, plan.small, plan.rounds, progress)
            large, rate, again = _measure(server, url, plan.large, plan.rounds, progress)
    return ReconcileFigures(
        small_bookings=small,
        small_bookings_per_s=small_rate,
        bookings=large,
        bookings_per_s=rate,
        start_s=start,
        growth_ratio=(large / (large / rate - start)) / (small / (small / small_rate - start)),
        rerun_s=again,
        rss_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        seconds=time.monotonic() - began,
        machine=machine(),
    )


def _start(url: str) -> float:
    """Seconds that the processes of a run take to start, connect and end, with nothing to judge."""
    workers = os.cpu_count() or 1
    began = time.monotonic()
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(_connected, url) for _ in range(workers)]:
            done.result()
    return time.monotonic() - began


def _connected(url: str) -> None:
    with connect(url):
        pass


def _measure(server: Connection, url: str, bookings: int, rounds: int, progress: Progress) -> tuple[int, float, float]:
    """The number of bookings, the rate of first verdicts a second, and the seconds of a second run that finds no changes."""
    name = f"month_{bookings}"
    create_database(server, name)
    here = f"{url.rpartition('/')[0]}/{name}"
    try:
        with connect(here) as connection:
            progress(f"Making {bookings:,} bookings", 0, 1)
            migrate(connection)
            centres = math.ceil(bookings / DESKS / _BOOKINGS_PER_DESK)
            install_centres(connection, [centre_name(i) for i in range(centres)], DESKS)
            made = install_month(connection, MONTH)
            took = []
            for _ in range(rounds):
                forget_verdicts(connection, MONTH)
                took.append(_judge(connection, here, made, progress))
            again = time.monotonic()
            reconcile_month(connection, MONTH, _AFTER, progress, database_url=here)
            again = time.monotonic() - again
    finally:
        drop_database(server, name)
    return made, made / median(took), again


def _judge(connection: Connection, url: str, made: int, progress: Progress) -> float:
    began = time.monotonic()
    counts = reconcile_month(connection, MONTH, _AFTER, progress, database_url=url)
    took = time.monotonic() - began
    judged = sum(count for verdict, (count, _, _) in counts.items() if verdict != "walk_in")
    if judged != made:
        raise DevstackError(
            f"{judged:,} of {made:,} bookings have a verdict. Reconciliation has a fault; its speed was not measured."
        )
    return took
