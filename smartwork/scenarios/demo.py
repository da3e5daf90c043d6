"""The main job from end to end: a network, a month of its life through the real chain, invoices, and the dashboard."""

import multiprocessing
import os
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path

import dashboard
from firmware_sim.demo_companies import purchases
from firmware_sim.demo_month import centre_readings, simulate_bookings
from firmware_sim.demo_network import demo_network
from smartwork.clock import now
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.ledger.ledger import ledger
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network_setup import install
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import Endpoints
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.domain.lighting.energy import LightingEnergy
from smartwork.domain.network_setup import Network
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.jobs.presence.daily_figures import summarise_month
from smartwork.progress import Progress
from smartwork.scenarios.demo_accounts import Money, settle_accounts
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, ingest_component, replay_outboxes, wait_for_spans
from smartwork.transport.mqtt import Client

EDGE = "gateway"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to demonstrate: a month, by which seed, with which files where."""

    month: date
    seed: int
    out_dir: Path
    work_dir: Path
    dashboard_port: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo's main job came to."""

    plan: Plan
    network: Network
    readings: int
    verdicts: dict[str, tuple[int, int, int]]
    money: Money
    energy: LightingEnergy
    baseline_wh: float
    ledger: LedgerTotal
    seconds: float


def run_main_job(plan: Plan, endpoints: Endpoints, progress: Progress) -> Summary:
    """Everything from an empty or used database to the invoices; repeating it changes nothing.

    Raises SmartworkError with what to do where a component fails.
    """
    began = time.monotonic()
    network = demo_network(plan.seed)
    prepare(network, plan, endpoints, progress)
    with Supervisor(progress=progress) as supervisor:
        supervisor.start(
            ingest_component(
                endpoints.database_url, endpoints.broker_url, plan.work_dir / "ingest.log", worker="demo", session_s=0
            )
        )
        boxes = fill_month(network, plan, progress)
        replay_outboxes(endpoints.broker_url, boxes, progress, supervisor.check)
        wait_for_spans(endpoints.database_url, progress, supervisor.check)
    with connect(endpoints.database_url) as connection:
        verdicts = reconcile_month(connection, plan.month, progress, database_url=endpoints.database_url)
        energy, baseline = summarise_month(connection, plan.month, progress)
        money = settle_accounts(connection, plan.month, now(), plan.out_dir, progress)
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
    return Summary(plan, network, total.stored, verdicts, money, energy, baseline, total, time.monotonic() - began)


def prepare(network: Network, plan: Plan, endpoints: Endpoints, progress: Progress) -> None:
    """Migrate, install the network with its bookings and check-ins, and publish the policies of its edges."""
    with connect(endpoints.database_url) as connection:
        progress("Migrating the database", 0, 4)
        migrate(connection)
        progress("Installing the network", 1, 4)
        install(connection, replace(network, purchases=purchases(network.companies, plan.month)))
        install_zone_settings(connection, network.centres, now())
        progress("Taking bookings", 2, 4)
        life = simulate_bookings(network, plan.month, plan.seed)
        put_bookings(connection, life.bookings)
        put_check_ins(connection, life.check_ins)
        progress("Publishing policies", 3, 4)
        with Client(endpoints.broker_url, f"publish-{os.getpid()}") as client:
            client.wait_connected(10)
            publish_policies(connection, client, now())
        progress("Network ready", 4, 4)


def fill_month(network: Network, plan: Plan, progress: Progress) -> list[FilledOutbox]:
    """Let every centre live through the month and leave its readings in the outbox of its edge, two centres at a time."""
    progress("Simulating a month", 0, len(network.centres))
    boxes: list[FilledOutbox] = []
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_fill_centre, centre.slug, plan) for centre in network.centres]
        for future in as_completed(futures):
            boxes.append(future.result())
            progress("Simulating a month", len(boxes), len(network.centres))
    return sorted(boxes, key=lambda box: box.centre)


def _fill_centre(centre: str, plan: Plan) -> FilledOutbox:
    network = demo_network(plan.seed)
    timezone = next(c.hours.timezone for c in network.centres if c.slug == centre)
    path = plan.work_dir / "outboxes" / f"{centre}-{plan.month:%Y-%m}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    readings = centre_readings(network, centre, plan.month, plan.seed)
    fill_outbox(path, timezone, readings, f"{centre}/{plan.month:%Y-%m}/{plan.seed}")
    return FilledOutbox(centre, EDGE, path, timezone)


@contextmanager
def live(plan: Plan, endpoints: Endpoints, centres: Sequence[str], progress: Progress) -> Iterator[Supervisor]:
    """Ingest, one edge a centre, live simulated devices and the dashboard, for as long as the block lasts."""
    with Supervisor(progress=progress) as supervisor:
        shared = {"SMARTWORK_DATABASE_URL": endpoints.database_url, "SMARTWORK_BROKER_URL": endpoints.broker_url}
        supervisor.start(
            ingest_component(
                endpoints.database_url, endpoints.broker_url, plan.work_dir / "ingest.log", worker="demo", session_s=0
            )
        )
        for centre in centres:
            supervisor.start(_edge(centre, plan, shared))
        devices = [sys.executable, "-m", "firmware_sim", "--seed", str(plan.seed)]
        for centre in centres:
            devices += ["--centre", centre]
        supervisor.start(Component("devices", devices, plan.work_dir / "devices.log", shared))
        supervisor.start(_dashboard(plan, shared))
        yield supervisor


def _edge(centre: str, plan: Plan, shared: Mapping[str, str]) -> Component:
    env = {
        **shared,
        "SMARTWORK_CENTRE": centre,
        "SMARTWORK_OUTBOX": str(plan.work_dir / "outboxes" / f"{centre}-live.sqlite"),
    }
    return Component(f"edge {centre}", [sys.executable, "-m", "edge"], plan.work_dir / f"edge-{centre}.log", env)


def _dashboard(plan: Plan, shared: Mapping[str, str]) -> Component:
    app = Path(str(dashboard.__file__)).with_name("app.py")
    argv = [
        sys.executable, "-m", "streamlit", "run", str(app), "--server.address", HOST,
        "--server.port", str(plan.dashboard_port), "--server.headless", "true", "--browser.gatherUsageStats", "false",
    ]  # fmt: skip
    return Component("dashboard", argv, plan.work_dir / "dashboard.log", shared, ready=lambda: _answers(plan.dashboard_port))


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def require_free_port(port: int) -> None:
    """Raises DevstackError where something listens on the dashboard's port already."""
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            raise DevstackError(
                f"Port {port} is taken by another program, so the dashboard cannot open there. "
                "Stop that program, or choose another port: make demo ARGS='--port 8502'"
            )


def watch(supervisor: Supervisor) -> None:
    """Return never, as long as every component lives; raises DevstackError with a log's end where one died."""
    while True:
        supervisor.check()
        time.sleep(0.5)
