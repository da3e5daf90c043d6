"""The whole chain as processes of its own, from the centre's broker to the database, each of which a test may kill."""

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
from smartwork.transport.mqtt import Client
from tests.support import proof
from tests.support.life import Days, by_centre, prepare, store_without_faults
from tests.support.program import Program, eventually

VICTIMS = ("ingest", "edge", "broker", "database")


@dataclass(frozen=True, slots=True)
class Rig:
    """Every part by a handle. Devices speak on `centre_broker`, which no test harms: devices keep nothing themselves."""

    servers: Stack
    centre_broker: Mosquitto
    proxy: TcpProxy
    workers: list[Program]
    edges: Mapping[str, Program]
    outboxes: Mapping[str, Path]
    days: Days
    orderly_url: str
    folder: Path

    @property
    def database_url(self) -> str:
        """The database that faults happen to."""
        return self.servers.endpoints.database_url

    def kill(self, victim: str, chance: Random) -> None:
        """Kill one of VICTIMS, leave it dead for up to a second and a half, and start it again."""
        dead_s = chance.uniform(0, 1.5)
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
                program = chance.choice(self.workers if victim == "ingest" else list(self.edges.values()))
                program.kill()
                sleep(dead_s)
                program.start()

    def empty_the_broker(self) -> None:
        """Kill the network broker and start it without anything that it knew."""
        self.servers.mosquitto.kill()
        (self.servers.mosquitto.data / "mosquitto.db").unlink(missing_ok=True)
        self.servers.mosquitto.start()

    def stored(self) -> int:
        """How many different readings are in the database; -1 while it is away."""
        try:
            with connect(self.database_url) as connection:
                return proof.readings_stored(connection)
        except ServiceUnavailable:
            return -1

    def numbered(self) -> int:
        """How many readings the edges have numbered."""
        return sum(map(proof.last_number, self.outboxes.values()))

    def waiting(self) -> int:
        """How many batches wait in outboxes."""
        return sum(map(proof.waiting, self.outboxes.values()))

    def understood(self, messages: int) -> int:
        """How many readings the first so many messages hold."""
        part = replace(self.days, said=self.days.said[:messages])
        return sum(len(part.readings(centre)) for centre in self.outboxes)

    def wait_until_level(self, timeout_s: float = 120) -> float:
        """Return, in seconds, how long it took until all is stored, confirmed to every edge, and spans are derived."""
        began = monotonic()
        with connect(self.orderly_url) as connection:
            expected = proof.readings_stored(connection)
        eventually(lambda: self.stored() == expected, lambda: self._account(expected), timeout_s)
        eventually(lambda: self.waiting() == 0, lambda: self._account(expected), 60)
        took = monotonic() - began
        with connect(self.database_url) as connection:
            eventually(lambda: queued_devices(connection) == 0, lambda: self._account(expected), 60)
        return took

    def prove(self) -> None:
        """Nothing is lost or stored twice, and the month's invoices are those of a run without faults."""
        for edge in self.edges.values():
            assert edge.stop() == 0, edge.said
        eventually(self._ledger_is_level, lambda: self._account(-1), 20)
        proof.assert_nothing_lost_or_twice(self.database_url, self.outboxes)
        for program in (*self.workers, *self.edges.values()):
            assert "Traceback" not in program.said, program.said
        month = self.days.month
        expected = proof.billed(self.orderly_url, month, self.folder / "orderly")
        proof.assert_equal(proof.billed(self.database_url, month, self.folder / "billed"), expected)

    def _ledger_is_level(self) -> bool:
        try:
            proof.assert_nothing_lost_or_twice(self.database_url, self.outboxes)
        except AssertionError:
            return False
        return True

    def _account(self, expected: int) -> str:
        boxes = {centre: (proof.last_number(box), proof.waiting(box)) for centre, box in self.outboxes.items()}
        logs = "\n".join(program.said[-1_500:] for program in (*self.workers, *self.edges.values()))
        return f"stored {self.stored()} of {expected}; outboxes (last, waiting) {boxes}\n{logs}"


@contextmanager
def rig(folder: Path, days: Days, workers: int = 1, **ingest_settings: object) -> Iterator[Rig]:
    """The chain for the centres of `days`, running, with an orderly run of the same days in a database beside it."""
    with ExitStack() as opened:
        servers = opened.enter_context(ephemeral("faults"))
        instance = throwaway("centre", {})
        opened.callback(remove, instance.name, {})
        instance.create()
        centre_broker = Mosquitto(instance, packages.SERVICES.folder(cache.cache_base({})))
        centre_broker.start()
        url = servers.endpoints.database_url
        with connect(url) as connection:
            connection.execute("CREATE DATABASE orderly")
        orderly_url = url.rpartition("/")[0] + "/orderly"
        for each in (orderly_url, url):
            prepare(each, days)
        store_without_faults(orderly_url, servers.endpoints.broker_url, days, folder)
        proxy = opened.enter_context(TcpProxy(servers.endpoints.broker_url))
        programs = []
        for worker in range(1, workers + 1):
            settings = {"database_url": url, "broker_url": servers.endpoints.broker_url, "worker": worker, **ingest_settings}
            programs.append(opened.enter_context(Program("ingest", settings, folder / f"ingest-{worker}.log")))
        for program in programs:
            program.wait_until_it_says("is subscribed", 30)
        outboxes = {centre: folder / f"{centre}.sqlite" for centre in by_centre(days.said)}
        edges = {}
        with connect(url) as connection, Client(servers.endpoints.broker_url, "operator") as client:
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
            edge.wait_until_it_says("is in force", 30)
        sleep(1)  # until the edges' subscriptions to their devices have reached the centre's broker
        yield Rig(servers, centre_broker, proxy, programs, edges, outboxes, days, orderly_url, folder)
