"""The bench of ingest: every figure is measured on the same servers, one after the other."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from smartwork.bench import ceiling, chain, latency, outage, single
from smartwork.bench.load_sender import LoadSender
from smartwork.bench.machine import machine, peak_rss_mb
from smartwork.bench.reading_load import DESKS, EVERY_S, ReadingLoad, centre_name
from smartwork.clock import now
from smartwork.db.bench.throwaway import clear, install_centres
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.roles import Role
from smartwork.devstack.stack import Endpoints, ephemeral
from smartwork.devstack.supervisor import Supervisor
from smartwork.progress import Progress, no_progress
from smartwork.scenarios.outbox_replay import ingest_component

SIZES = (8, 200, 2_000)
"""Centres in the networks whose rates are compared."""
BATCH = 400
"""Readings in a batch: the most that an outbox seals."""
_DAY_S = 86_400
_WORKER = "bench"


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """How much is measured. Each figure is the median of `rounds` measurements."""

    rows: int
    singles: int
    latency_s: float
    rounds: int


QUICK = IngestPlan(rows=800_000, singles=30_000, latency_s=8, rounds=1)
FULL = IngestPlan(rows=1_600_000, singles=100_000, latency_s=40, rounds=3)


@dataclass(frozen=True, slots=True)
class IngestFigures:
    """The result of a run. Rates are per second. A `ratio` compares with a reference that is measured in the same run."""

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


class _IngestRun:
    """The steps of a run, on servers that are running, with a database in which the centres are installed."""

    def __init__(
        self, plan: IngestPlan, endpoints: Endpoints, connection: Connection, sender: LoadSender, supervisor: Supervisor,
        folder: Path, progress: Progress,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._urls = endpoints
        self._connection = connection
        self._sender = sender
        self._supervisor = supervisor
        self._folder = folder
        self._progress = progress
        self._until = now()
        self._next_number = 1
        self._steps = plan.rounds * 6 + 2
        self._step = 0

    def _load(self, centres: int, rows: int, batch: int) -> ReadingLoad:
        """A load with outbox numbers that no earlier load has used."""
        load = ReadingLoad(centres, rows, batch, self._until, self._next_number)
        self._next_number += rows
        return load

    def _begin(self, text: str) -> None:
        """Report the next step."""
        self._progress(text, self._step, self._steps)
        self._step += 1

    def install_network(self) -> None:
        """Migrate the database and install the largest network."""
        self._begin(f"Installing {max(SIZES):,} centres")
        migrate(self._connection)
        install_centres(self._connection, [centre_name(i) for i in range(max(SIZES))], DESKS)

    def references(self) -> tuple[float, float]:
        """The ceiling in readings a second, and the messages a second of a bare subscriber."""
        ceilings, bare = [], []
        for _ in range(self._plan.rounds):
            self._begin("Ceiling: bare COPY")
            load = self._load(SIZES[0], self._plan.rows, BATCH)
            ceilings.append(ceiling.rows_per_second(self._connection, load))
            self._begin("Bare subscriber")
            load = self._load(SIZES[0], self._plan.singles, 1)
            bare.append(single.bare_messages_per_second(self._urls.broker_url, self._sender, load))
        return median(ceilings), median(bare)

    def start_ingest(self) -> None:
        """Start the worker that is measured, and warm it up: a running worker knows every edge."""
        log = self._folder / "ingest.log"
        urls = self._urls
        database_url = urls.database_url_of(Role.INGEST)
        self._supervisor.start(ingest_component(database_url, urls.broker_url, log, worker=_WORKER, session_s=0))
        for size in (SIZES[0], SIZES[-1]):
            self._chain_rate(self._load(size, self._plan.rows // 10, BATCH))

    def _chain_rate(self, load: ReadingLoad, *, with_spans: bool = True) -> float:
        alive = self._supervisor.check
        return chain.rows_per_second(self._connection, self._sender, load, alive, with_spans=with_spans)

    def chain_rates(self) -> tuple[dict[int, float], float]:
        """Readings a second by number of centres, and with one reading a message."""
        rates: dict[int, list[float]] = {size: [] for size in SIZES}
        singles = []
        for _ in range(self._plan.rounds):
            for size in SIZES:
                self._begin(f"Chain: {size:,} centres")
                rates[size].append(self._chain_rate(self._load(size, self._plan.rows, BATCH)))
            self._begin("One reading a message")
            singles.append(self._chain_rate(self._load(SIZES[0], self._plan.singles, 1), with_spans=False))
        return {size: median(rounds) for size, rounds in rates.items()}, median(singles)

    def lost_day(self) -> tuple[int, float]:
        """The readings of a day of the smallest network, and the seconds to replay them from outboxes."""
        self._begin("A lost day")
        load = self._load(SIZES[0], SIZES[0] * DESKS * 7 // 4 * (_DAY_S // EVERY_S), BATCH)
        boxes = outage.fill_day(load, self._folder)
        urls = (self._urls.database_url, self._urls.broker_url)
        return load.rows, outage.seconds_to_replay(self._connection, urls, boxes, load.rows, self._supervisor.check)

    def latency(self) -> latency.IngestLatency:
        """From a device to the committed row."""
        clear(self._connection)
        done = self._step
        self._begin("Latency")
        return latency.measure(
            self._connection, self._urls.broker_url, self._supervisor, centre_name(0), self._folder, self._plan.latency_s,
            lambda i, n: self._progress("Latency", done * n + i, self._steps * n),
        )  # fmt: skip

    def peak_rss_mb(self) -> float:
        """The peak memory of the worker."""
        return peak_rss_mb(self._supervisor.pid("ingest"))


def run(plan: IngestPlan, progress: Progress = no_progress, env: Mapping[str, str] | None = None) -> IngestFigures:
    """Measure everything on temporary servers, which are removed afterwards.

    Raises SmartworkError with the reason if a figure could not be measured.
    """
    began = time.monotonic()
    with (
        ephemeral("bench", os.environ if env is None else env, progress) as pair,
        TemporaryDirectory(prefix="smartwork-bench-") as folder,
        Supervisor() as supervisor,
        connect(pair.endpoints.database_url) as connection,
        LoadSender(pair.endpoints.broker_url) as sender,
    ):
        bench = _IngestRun(plan, pair.endpoints, connection, sender, supervisor, Path(folder), progress)
        bench.install_network()
        ceiling_rps, single_bare_rps = bench.references()
        bench.start_ingest()
        growth_rps, single_rps = bench.chain_rates()
        outage_readings, outage_s = bench.lost_day()
        waits = bench.latency()
        return IngestFigures(
            ceiling_rps=ceiling_rps,
            chain_rps=growth_rps[SIZES[0]],
            chain_ratio=growth_rps[SIZES[0]] / ceiling_rps,
            single_bare_rps=single_bare_rps,
            single_rps=single_rps,
            single_ratio=single_rps / single_bare_rps,
            latency_p50_ms=waits.p50_ms,
            latency_p99_ms=waits.p99_ms,
            rss_mb=bench.peak_rss_mb(),
            growth_rps=growth_rps,
            growth_ratio=min(growth_rps.values()) / max(growth_rps.values()),
            outage_readings=outage_readings,
            outage_s=outage_s,
            seconds=time.monotonic() - began,
            machine=machine(),
        )
