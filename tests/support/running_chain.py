"""The whole chain, from the centres' broker to the database, as processes that a test can kill."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from time import monotonic, sleep

from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.presence.spans import queued_devices
from smartwork.devstack import cache, packages
from smartwork.devstack.instance import throwaway
from smartwork.devstack.mosquitto import Mosquitto
from smartwork.devstack.stack import Stack, ephemeral, remove
from smartwork.errors import ServiceUnavailable
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.scenarios.tcp_proxy import TcpProxy
from smartwork.transport.mqtt import MqttClient
from tests.support import fault_checks
from tests.support.device_days import Days, count_by_centre, prepare, store_without_faults
from tests.support.program import Program, eventually

VICTIMS = ("ingest", "edge", "broker", "database")


@dataclass(frozen=True, slots=True)
class RunningChain:
    """The parts of a running chain. No test kills `centre_broker`, because devices do not keep what it loses.

    `reference_url` is a database with the same days, stored without faults.
    """

    servers: Stack
    centre_broker: Mosquitto
    proxy: TcpProxy
    workers: list[Program]
    edges: Mapping[str, Program]
    outboxes: Mapping[str, Path]
    days: Days
    reference_url: str
    folder: Path

    @property
    def database_url(self) -> str:
        """The database of the chain."""
        return self.servers.endpoints.database_url

    def kill(self, victim: str, rng: Random) -> None:
        """Kill one of VICTIMS, and start it again after at most 1.5 seconds."""
        dead_s = rng.uniform(0, 1.5)
        match victim:
            case "database":
                self.servers.postgres.kill()
                sleep(dead_s)
                self.servers.postgres.start()
            case "broker":
                self.servers.mosquitto.kill()
                sleep(dead_s)
                self.servers.mosquitto.start()
            case _:
                program = rng.choice(self.workers if victim == "ingest" else list(self.edges.values()))
                program.kill()
                sleep(dead_s)
                program.start()

    def wipe_broker(self) -> None:
        """Kill the network's broker and start it with an empty store."""
        self.servers.mosquitto.kill()
        (self.servers.mosquitto.data / "mosquitto.db").unlink(missing_ok=True)
        self.servers.mosquitto.start()

    def stored(self) -> int:
        """Number of different readings in the database; -1 while it is away."""
        try:
            with connect(self.database_url) as connection:
                return fault_checks.readings_stored(connection)
        except ServiceUnavailable:
            return -1

    def numbered(self) -> int:
        """Number of readings that the edges have numbered."""
        return sum(map(fault_checks.last_number, self.outboxes.values()))

    def unconfirmed(self) -> int:
        """Number of batches in the outboxes."""
        return sum(map(fault_checks.unconfirmed, self.outboxes.values()))

    def translated(self, messages: int) -> int:
        """Number of readings in the first `messages` messages."""
        part = replace(self.days, messages=self.days.messages[:messages])
        return sum(len(part.readings(centre)) for centre in self.outboxes)

    def wait_until_complete(self, timeout_s: float = 120) -> float:
        """Wait until everything is stored and confirmed and all spans are derived.

        Returns the seconds until it was confirmed.
        """
        began = monotonic()
        with connect(self.reference_url) as connection:
            expected = fault_checks.readings_stored(connection)
        eventually(lambda: self.stored() == expected, lambda: self._describe(expected), timeout_s)
        eventually(lambda: self.unconfirmed() == 0, lambda: self._describe(expected), 60)
        took = monotonic() - began
        with connect(self.database_url) as connection:
            eventually(lambda: queued_devices(connection) == 0, lambda: self._describe(expected), 60)
        return took

    def assert_complete(self) -> None:
        """Assert that nothing is lost or stored twice, and that the month's invoices equal those of the reference."""
        for edge in self.edges.values():
            assert edge.stop() == 0, edge.log_text
        eventually(self._ledger_balances, lambda: self._describe(-1), 20)
        fault_checks.assert_nothing_lost_or_twice(self.database_url, self.outboxes)
        for program in (*self.workers, *self.edges.values()):
            assert "Traceback" not in program.log_text, program.log_text
        month = self.days.month
        expected = fault_checks.billed(self.reference_url, month, self.folder / "reference")
        fault_checks.assert_equal(fault_checks.billed(self.database_url, month, self.folder / "billed"), expected)

    def _ledger_balances(self) -> bool:
        try:
            fault_checks.assert_nothing_lost_or_twice(self.database_url, self.outboxes)
        except AssertionError:
            return False
        return True

    def _describe(self, expected: int) -> str:
        boxes = {
            centre: (fault_checks.last_number(box), fault_checks.unconfirmed(box)) for centre, box in self.outboxes.items()
        }
        logs = "\n".join(program.log_text[-1_500:] for program in (*self.workers, *self.edges.values()))
        return f"stored {self.stored()} of {expected}; outboxes (last number, batches) {boxes}\n{logs}"


@contextmanager
def running_chain(folder: Path, days: Days, workers: int = 1, **ingest_settings: object) -> Iterator[RunningChain]:
    """Run the chain for the centres of `days`, with a reference database that holds the same days."""
    with ExitStack() as opened:
        servers = opened.enter_context(ephemeral("faults"))
        instance = throwaway("centre", {})
        opened.callback(remove, instance.name, {})
        instance.create()
        centre_broker = Mosquitto(instance, packages.SERVICES.folder(cache.cache_base({})))
        centre_broker.start()
        url = servers.endpoints.database_url
        with connect(url) as connection:
            connection.execute("CREATE DATABASE reference")
        reference_url = url.rpartition("/")[0] + "/reference"
        for database_url in (reference_url, url):
            prepare(database_url, days)
        # Through the other broker: on its own, the chain would get the retained ledger of the reference outboxes.
        store_without_faults(reference_url, centre_broker.url, days, folder)
        proxy = opened.enter_context(TcpProxy(servers.endpoints.broker_url))
        programs = []
        for worker in range(1, workers + 1):
            settings = {"database_url": url, "broker_url": servers.endpoints.broker_url, "worker": worker, **ingest_settings}
            programs.append(opened.enter_context(Program("ingest", settings, folder / f"ingest-{worker}.log")))
        eventually(lambda: any("is subscribed" in program.log_text for program in programs), timeout_s=30)
        outboxes = {centre: folder / f"{centre}.sqlite" for centre in count_by_centre(days.messages)}
        edges = {}
        with connect(url) as connection, MqttClient(servers.endpoints.broker_url, "operator") as client:
            client.wait_connected(10)
            publish_policies(connection, client, now())
        for centre, outbox in outboxes.items():
            settings = {
                "centre": centre,
                "broker_url": proxy.url,
                "centre_broker_url": centre_broker.url,
                "outbox": outbox,
            }
            edges[centre] = opened.enter_context(Program("tests.support.past_edge", settings, folder / f"edge-{centre}.log"))
        for edge in edges.values():
            edge.wait_for_log("is in force", 30)
        sleep(1)  # until the edges' subscriptions to their devices have reached the centre's broker
        yield RunningChain(servers, centre_broker, proxy, programs, edges, outboxes, days, reference_url, folder)
