"""Two gateways of one centre, each with a broker of its own and a network that can be cut, on outboxes that are copied."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from smartwork.clock import now
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.ledger.ledger import NumberRun, gaps, ledger
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack import cache, packages
from smartwork.devstack.instance import throwaway
from smartwork.devstack.mosquitto import Mosquitto
from smartwork.devstack.stack import ephemeral, remove
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.scenarios.tcp_proxy import TcpProxy
from smartwork.transport.mqtt import MqttClient
from tests.support import fault_checks
from tests.support.factory import small_network
from tests.support.program import Program, eventually

TOPIC = "zigbee2mqtt/mons/ceiling"


@dataclass
class CopiedGateway:
    """A gateway with its folder, its devices and its connection to the network."""

    folder: Path
    program: Program
    devices: MqttClient
    network: TcpProxy
    sent: list[float]
    """The values that devices of all gateways have sent; each is sent once."""

    @property
    def outbox(self) -> Path:
        """The outbox file."""
        return self.folder / "outbox.sqlite"

    def start(self) -> None:
        """Start the gateway, and wait until it runs."""
        before = self.program.log_text.count("is listening")
        self.program.start()
        eventually(lambda: self.program.log_text.count("is listening") > before, lambda: self.program.log_text, 40)

    def send(self, count: int) -> None:
        """A meter sends `count` values with their times, and its broker has them.

        The broker delivers a message again whose acknowledgement was lost; it is the same reading then.
        """
        for _ in range(count):
            self.sent.append(1_000.0 + len(self.sent))
            payload = {"energy": self.sent[-1] / 1_000, "last_seen": now().isoformat()}
            self.devices.publish(TOPIC, json.dumps(payload).encode()).wait_for_publish(20)

    def numbered(self) -> int:
        """The last number of the outbox in its current epoch."""
        return fault_checks.last_number(self.outbox)

    def wait_empty(self) -> None:
        """Wait until the server has confirmed everything, that of former epochs and what is unsealed included."""
        eventually(lambda: self._waiting() == 0, lambda: self.program.log_text[-2_000:], 90)

    def stop(self) -> None:
        """Stop the gateway in order."""
        assert self.program.stop(timeout_s=40) == 0, self.program.log_text

    def _waiting(self) -> int:
        with closing(sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True)) as box:
            tables = ("batch", "numbered", "former_batch")
            return sum(int(box.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables)

    def save(self, to: Path) -> None:
        """Copy the whole folder, as a snapshot of the machine does. The gateway must not run."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)

    def put_back(self, copy: Path, *, whole: bool) -> None:
        """Replace the whole folder, or only the outbox file, by a copy. The gateway must not run."""
        if whole:
            shutil.rmtree(self.folder)
            shutil.copytree(copy, self.folder)
            return
        for file in self.folder.glob("outbox.sqlite-*"):
            file.unlink()
        shutil.copy(copy / "outbox.sqlite", self.outbox)


@dataclass
class CopiedGateways:
    """The running parts, and what the devices sent."""

    database: Connection
    server: Program
    gateways: Sequence[CopiedGateway]
    sent: list[float] = field(default_factory=list)

    def stored(self) -> list[float]:
        """The values in the database, in order."""
        return sorted(value for (value,) in self.database.execute("SELECT value FROM reading"))

    def total(self) -> LedgerTotal:
        """The ledger's sums."""
        return ledger_total(ledger(self.database).get("mons", []))

    def gaps(self) -> list[NumberRun]:
        """The missing numbers."""
        return gaps(self.database)

    def alarms(self) -> set[str]:
        """The kinds of the active alarms."""
        return {alarm.kind for alarm in active_alarms(self.database, "mons")}

    def wait_stored(self, values: Sequence[float], timeout_s: float = 60) -> None:
        """Wait until all these values are stored."""
        eventually(lambda: set(values) <= set(self.stored()), lambda: self.describe(set(values)), timeout_s)

    def assert_accounted_for(self) -> int:
        """Assert that every value is stored, or is missing with its number; returns how many are missing.

        A copy may send a reading under a new number that the original had numbered again, too. It is the same reading then,
        of the same time: presence and bills do not change.
        """

        def lost() -> int:
            return len(set(self.sent) - set(self.stored()))

        def holds() -> bool:
            total = self.total()
            shown = sum(gap.last - gap.first + 1 for gap in self.gaps())
            return (total.in_outbox, total.missing, shown) == (0, lost(), lost())

        eventually(holds, lambda: self.describe(set(self.sent)), 60)
        readings = {(row[0], row[1]) for row in self.database.execute("SELECT value, at FROM reading")}
        values = {value for value, _ in readings}
        assert len(readings) == len(values), "a reading is stored with two times"
        assert values <= set(self.sent)
        for program in (self.server, *(gateway.program for gateway in self.gateways)):
            assert "Traceback" not in program.log_text, program.log_text
        return lost()

    def describe(self, expected: set[float]) -> str:
        """What is stored and what is not, for the error of a test."""
        logs = "\n".join(gateway.program.log_text[-1_500:] for gateway in self.gateways)
        lacking = sorted(expected - set(self.stored()))
        return f"not stored: {lacking}; {self.total()}; {self.gaps()}; {self.alarms()}\n{logs}"


@contextmanager
def copied_gateways(folder: Path) -> Iterator[CopiedGateways]:
    """Run the server and prepare two gateways of one centre; the test starts them."""
    with ExitStack() as opened:
        servers = opened.enter_context(ephemeral("copies"))
        database = opened.enter_context(connect(servers.endpoints.database_url))
        migrate(database)
        install(database, small_network())
        settings = {"database_url": servers.endpoints.database_url, "broker_url": servers.endpoints.broker_url}
        server = opened.enter_context(Program("ingest", settings, folder / "ingest.log"))
        server.wait_for_log("is subscribed", 30)
        with MqttClient(servers.endpoints.broker_url, "operator") as operator:
            operator.wait_connected(10)
            publish_policies(database, operator, now())
        sent: list[float] = []
        gateways = [_gateway(opened, servers.endpoints.broker_url, folder / name, sent) for name in ("one", "two")]
        yield CopiedGateways(database, server, gateways, sent)


def _gateway(opened: ExitStack, broker_url: str, folder: Path, sent: list[float]) -> CopiedGateway:
    instance = throwaway("centre", {})
    opened.callback(remove, instance.name, {})
    instance.create()
    broker = Mosquitto(instance, packages.SERVICES.folder(cache.cache_base({})))
    broker.start()
    network = opened.enter_context(TcpProxy(broker_url))
    devices = opened.enter_context(MqttClient(broker.url, "devices"))
    devices.wait_connected(10)
    folder.mkdir(parents=True)
    settings = {
        "centre": "mons",
        "broker_url": network.url,
        "centre_broker_url": broker.url,
        "outbox": folder / "outbox.sqlite",
    }
    folder.with_suffix(".log").touch()
    program = Program("edge", settings, folder.with_suffix(".log"))
    opened.callback(program.kill)
    return CopiedGateway(folder, program, devices, network, sent)
