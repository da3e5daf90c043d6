"""One run of the bench: every figure on the same servers, one after the other."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from smartwork.bench import ceiling, chain, latency, outage, single
from smartwork.bench.load import DESKS, EVERY_S, Load, centre_name
from smartwork.bench.sender import Sender
from smartwork.clock import now
from smartwork.db.bench.throwaway import clear, install_centres
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import Endpoints, ephemeral
from smartwork.devstack.supervisor import Supervisor
from smartwork.progress import Progress, no_progress
from smartwork.scenarios.outbox_replay import ingest_component

SIZES = (8, 200, 2_000)
BATCH = 400
"""What an outbox seals at the most."""
_DAY_S = 86_400
_WORKER = "bench"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `rounds` of each figure are made and the middle one counts."""

    rows: int
    singles: int
    latency_s: float
    rounds: int


QUICK = Plan(rows=800_000, singles=30_000, latency_s=8, rounds=1)
FULL = Plan(rows=1_600_000, singles=100_000, latency_s=40, rounds=3)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to. Rates are per second; `ratio` is the part of the yardstick measured in the same run."""

    ceiling_rps: float
    chain_rps: float
    chain_ratio: float
    single_bare_rps: float
    single_rps: float
    single_ratio: float
    latency_p50_ms: float
    latency_p99_ms: float
    rss_mb: float
    growth_rps: dict[int, float]
    growth_ratio: float
    outage_readings: int
    outage_s: float
    seconds: float
    machine: str


class _Run:
    """The state that the steps share."""

    def __init__(self, plan: Plan, endpoints: Endpoints, supervisor: Supervisor, folder: Path, progress: Progress) -> None:
        self.plan = plan
        self.endpoints = endpoints
        self.supervisor = supervisor
        self.folder = folder
        self.progress = progress
        self.until = now()
        self._next = 1

    def load(self, centres: int, rows: int, batch: int) -> Load:
        """A load whose numbers no load before has used."""
        load = Load(centres, rows, batch, self.until, self._next)
        self._next += rows
        return load

    def step(self, text: str, done: int, total: int) -> None:
        """Say what is measured now."""
        self.progress(text, done, total)


def run(plan: Plan, progress: Progress = no_progress, env: Mapping[str, str] | None = None) -> Figures:
    """Measure everything on servers of its own, which are removed afterwards.

    Raises SmartworkError with the reason where one figure could not be measured.
    """
    began = time.monotonic()
    with (
        ephemeral("bench", os.environ if env is None else env, progress) as pair,
        TemporaryDirectory(prefix="smartwork-bench-") as folder,
        Supervisor() as supervisor,
        connect(pair.endpoints.database_url) as connection,
        Sender(pair.endpoints.broker_url) as sender,
    ):
        state = _Run(plan, pair.endpoints, supervisor, Path(folder), progress)
        return _measure(state, connection, sender, began)


def _measure(state: _Run, connection: Connection, sender: Sender, began: float) -> Figures:
    plan, urls = state.plan, state.endpoints
    steps = plan.rounds * 6 + 2
    done = iter(range(steps + 1))
    state.step("Installing 2,000 centres", next(done), steps)
    migrate(connection)
    install_centres(connection, [centre_name(i) for i in range(max(SIZES))], DESKS)

    ceilings, bare = [], []
    for _ in range(plan.rounds):
        state.step("Ceiling: bare COPY", next(done), steps)
        ceilings.append(ceiling.rows_per_second(connection, state.load(SIZES[0], plan.rows, BATCH)))
        state.step("Bare subscriber", next(done), steps)
        bare.append(single.bare_messages_per_second(urls.broker_url, sender, state.load(SIZES[0], plan.singles, 1)))

    log = state.folder / "ingest.log"
    state.supervisor.start(ingest_component(urls.database_url, urls.broker_url, log, worker=_WORKER, session_s=0))
    alive: Callable[[], None] = state.supervisor.check
    for size in (SIZES[0], SIZES[-1]):  # warms up, and lets the worker hear of every edge, as one that runs has
        chain.rows_per_second(connection, sender, state.load(size, plan.rows // 10, BATCH), alive)
    growth: dict[int, list[float]] = {size: [] for size in SIZES}
    singles, outages = [], []
    day = state.load(SIZES[0], SIZES[0] * DESKS * 7 // 4 * (_DAY_S // EVERY_S), BATCH)
    for _ in range(plan.rounds):
        for size in SIZES:
            state.step(f"Chain: {size:,} centres", next(done), steps)
            growth[size].append(chain.rows_per_second(connection, sender, state.load(size, plan.rows, BATCH), alive))
        load = state.load(SIZES[0], plan.singles, 1)
        state.step("One reading a message", next(done), steps)
        singles.append(chain.rows_per_second(connection, sender, load, alive, with_spans=False))
    state.step("A lost day", next(done), steps)
    boxes = outage.fill_day(day, state.folder)
    outages.append(outage.seconds_until_level(connection, (urls.database_url, urls.broker_url), boxes, day.rows, alive))
    clear(connection)
    at = next(done)
    state.step("Latency", at, steps)
    waits = latency.measure(
        connection, urls.broker_url, state.supervisor, centre_name(0), state.folder, plan.latency_s,
        lambda i, n: state.step("Latency", at * n + i, steps * n),
    )  # fmt: skip
    rates = {size: median(found) for size, found in growth.items()}
    return Figures(
        ceiling_rps=median(ceilings),
        chain_rps=rates[SIZES[0]],
        chain_ratio=rates[SIZES[0]] / median(ceilings),
        single_bare_rps=median(bare),
        single_rps=median(singles),
        single_ratio=median(singles) / median(bare),
        latency_p50_ms=waits.p50_ms,
        latency_p99_ms=waits.p99_ms,
        rss_mb=peak_rss_mb(state.supervisor.pid("ingest")),
        growth_rps=rates,
        growth_ratio=min(rates.values()) / max(rates.values()),
        outage_readings=day.rows,
        outage_s=median(outages),
        seconds=time.monotonic() - began,
        machine=machine(),
    )


def peak_rss_mb(pid: int) -> float:
    """The most memory a process ever held, in MB; raises DevstackError where the kernel does not tell."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError as error:
        raise DevstackError(f"The memory of ingest cannot be measured: {error}") from error
    raise DevstackError("The memory of ingest cannot be measured: the kernel tells no VmHWM.")


def machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
