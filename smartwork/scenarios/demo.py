"""The demo: a month of a simulated network through the real gateway outbox, broker, ingest and jobs, up to the documents."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path

from firmware_sim.demo_companies import purchases
from firmware_sim.demo_month import centre_readings, simulate_bookings
from firmware_sim.demo_network import demo_network
from smartwork.clock import now
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import connect
from smartwork.db.core.roles import Role
from smartwork.db.ledger.ledger import ledger
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.presence.daily_figures import MonthEnergy
from smartwork.devstack.stack import Endpoints
from smartwork.devstack.supervisor import Supervisor
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.domain.network_setup import Network
from smartwork.domain.time import local_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.jobs.network.made_up_network import install_made_up, require_made_up
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.jobs.presence.daily_figures import summarise_month
from smartwork.progress import Progress
from smartwork.scenarios.demo_accounts import DemoAccounts, settle_accounts
from smartwork.scenarios.made_up_servers import prepare_schema, require_made_up_documents, require_made_up_policies
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, ingest_component, replay_outboxes, wait_for_spans
from smartwork.transport.mqtt import MqttClient

EDGE = "gateway"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The month to simulate, the seed, the folders of documents and of work files, and the dashboard's port."""

    month: date
    seed: int
    out_dir: Path
    work_dir: Path
    dashboard_port: int


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The results of the demo; `verdicts` is count, booked and occupied seconds by verdict."""

    plan: DemoPlan
    network: Network
    readings: int
    verdicts: dict[str, tuple[int, int, int]]
    accounts: DemoAccounts
    energy: MonthEnergy
    ledger: LedgerTotal
    seconds: float


def run_demo(plan: DemoPlan, endpoints: Endpoints, progress: Progress) -> DemoSummary:
    """Run everything from an empty or used database to the documents; running it again changes nothing.

    Raises SmartworkError if a component fails.
    """
    began = time.monotonic()
    network = demo_network(plan.seed)
    require_made_up_documents(plan.out_dir / f"{plan.month:%Y-%m}", network)
    prepare_database(network, plan, endpoints, progress)
    with Supervisor(progress=progress) as supervisor:
        supervisor.start(
            ingest_component(
                endpoints.database_url_of(Role.INGEST),
                endpoints.broker_url,
                plan.work_dir / "ingest.log",
                worker="demo",
                session_s=0,
            )
        )
        outboxes = fill_outboxes(network, plan, progress)
        replay_outboxes(endpoints.broker_url, outboxes, progress, supervisor.check)
        wait_for_spans(endpoints.database_url, progress, supervisor.check)
    with connect(endpoints.database_url) as connection:
        as_of = max(now(), *(local_month(plan.month, centre.hours.timezone).end for centre in network.centres))
        verdicts = reconcile_month(connection, plan.month, as_of, progress, database_url=endpoints.database_url)
        energy = summarise_month(connection, plan.month, as_of, progress)
        accounts = settle_accounts(connection, plan.month, now(), plan.out_dir, progress)
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
    return DemoSummary(plan, network, total.stored, verdicts, accounts, energy, total, time.monotonic() - began)


def prepare_database(network: Network, plan: DemoPlan, endpoints: Endpoints, progress: Progress) -> None:
    """Migrate, install the network with its bookings and check-ins, and publish the policies of its centres.

    Raises RealRecords, before anything is written, if the database or the broker holds what is not made up.
    """
    with connect(endpoints.database_url) as connection:
        progress("Migrating the database", 0, 4)
        prepare_schema(connection, endpoints)
        progress("Installing the network", 1, 4)
        require_made_up(connection, network)
        require_made_up_policies(endpoints.broker_url, network)
        install_made_up(connection, replace(network, purchases=purchases(network.companies, plan.month)))
        install_zone_settings(connection, network.centres, now())
        progress("Storing bookings", 2, 4)
        booked = simulate_bookings(network, plan.month, plan.seed)
        put_bookings(connection, booked.bookings)
        put_check_ins(connection, booked.check_ins)
        progress("Publishing policies", 3, 4)
        with MqttClient(endpoints.broker_url, f"publish-{os.getpid()}") as client:
            client.wait_connected(10)
            publish_policies(connection, client, now())
        progress("Network ready", 4, 4)


def fill_outboxes(network: Network, plan: DemoPlan, progress: Progress) -> list[FilledOutbox]:
    """Simulate the month of every centre, two at a time, and write its readings into an outbox per centre."""
    progress("Simulating a month", 0, len(network.centres))
    outboxes: list[FilledOutbox] = []
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_fill_centre, centre.slug, plan) for centre in network.centres]
        for future in as_completed(futures):
            outboxes.append(future.result())
            progress("Simulating a month", len(outboxes), len(network.centres))
    return sorted(outboxes, key=lambda outbox: outbox.centre)


def _fill_centre(centre: str, plan: DemoPlan) -> FilledOutbox:
    network = demo_network(plan.seed)
    timezone = next(c.hours.timezone for c in network.centres if c.slug == centre)
    path = plan.work_dir / "outboxes" / f"{centre}-{plan.month:%Y-%m}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    readings = centre_readings(network, centre, plan.month, plan.seed)
    fill_outbox(path, timezone, readings, f"{centre}/{plan.month:%Y-%m}/{plan.seed}")
    return FilledOutbox(centre, EDGE, path, timezone)
