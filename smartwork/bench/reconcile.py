"""How fast a month of bookings is judged, and whether ten times as many take ten times as long."""

import math
import multiprocessing
import os
import resource
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from statistics import median

from smartwork.bench.load import centre_name
from smartwork.bench.run import machine
from smartwork.db.bench.throwaway import create_database, drop_database, forget_verdicts, install_centres, install_month
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import ephemeral
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.progress import Progress, no_progress

MONTH = date(2026, 10, 1)
DESKS = 25
"""Desks of a centre; each has forty bookings in the month."""
_A_DESK = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How many bookings the two networks have, and how often each is judged; the middle run counts.

    Both are large enough to be shared out among processes: one core against two would say nothing about growth.
    """

    small: int
    large: int
    rounds: int


QUICK = Plan(small=80_000, large=240_000, rounds=1)
FULL = Plan(small=100_000, large=1_000_000, rounds=3)


@dataclass(frozen=True, slots=True)
class ReconcileFigures:
    """What a run came to. Rates are of whole runs, start of the processes included.

    `growth_ratio` is the large network's rate as a part of the small one's, both without `start_s`, which every run
    takes however much there is to judge: 1 is linear growth, less is worse than linear.
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


def run(plan: Plan, progress: Progress = no_progress, env: Mapping[str, str] | None = None) -> ReconcileFigures:
    """Measure on a database server of its own, which is removed afterwards."""
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
    """Seconds until a run's processes have started, connected and ended, with nothing to judge."""
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
    """Bookings, how many a second are judged for the first time, and the seconds of a run that finds nothing new."""
    name = f"month_{bookings}"
    create_database(server, name)
    here = f"{url.rpartition('/')[0]}/{name}"
    try:
        with connect(here) as connection:
            progress(f"Making {bookings:,} bookings", 0, 1)
            migrate(connection)
            install_centres(connection, [centre_name(i) for i in range(math.ceil(bookings / DESKS / _A_DESK))], DESKS)
            made = install_month(connection, MONTH)
            took = []
            for _ in range(rounds):
                forget_verdicts(connection, MONTH)
                took.append(_judge(connection, here, made, progress))
            again = time.monotonic()
            reconcile_month(connection, MONTH, progress, database_url=here)
            again = time.monotonic() - again
    finally:
        drop_database(server, name)
    return made, made / median(took), again


def _judge(connection: Connection, url: str, made: int, progress: Progress) -> float:
    began = time.monotonic()
    counts = reconcile_month(connection, MONTH, progress, database_url=url)
    took = time.monotonic() - began
    judged = sum(count for verdict, (count, _, _) in counts.items() if verdict != "walk_in")
    if judged != made:
        raise DevstackError(f"Of {made:,} bookings {judged:,} have a verdict: reconciliation is broken, not slow.")
    return took
