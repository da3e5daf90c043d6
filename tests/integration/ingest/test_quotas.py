"""A centre over its quota: what is not taken waits at its edge and is stored later, is counted, and is an alarm."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.outbox import Outbox
from ingest.fair_inbox import FairInbox
from ingest.metrics import Metrics
from ingest.quota_watch import QUIET_FOR, QuotaLog, QuotaWatch
from smartwork.clock import now
from smartwork.contracts.edge_reports import Alarm, Alarms, DiscoveredDevice, DiscoveredDevices
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.messages import Portion, RejectedMessage
from smartwork.db.ingest.registration_quota import RegistrationQuota
from smartwork.db.ingest.store import IngestStore
from smartwork.db.ledger.ledger import ledger
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.domain.network.quota import ALLOWANCES, Quota
from smartwork.scenarios.outbox_replay import FilledOutbox, replay_outboxes
from tests.support import flood
from tests.support.factory import NOON, Clock, batch, received, small_network
from tests.support.flood import HONEST, HonestCentre
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services


def number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


class Store:
    """A store with a quota and a clock for it."""

    def __init__(self, connection: Connection) -> None:
        install(connection, small_network())
        self.at_s = 0.0
        self.quota = RegistrationQuota(lambda: self.at_s)
        self.store = IngestStore(connection, quota=self.quota)


@pytest.fixture
def limited(connection: Connection) -> Store:
    return Store(connection)


def test_batches_with_invented_epochs_are_not_confirmed_beyond_the_quota_and_stored_when_sent_again(
    limited: Store, connection: Connection
) -> None:
    batches = [received(batch(1, [(NOON, "s-1", Metric.PRESENCE, 1.0)], epoch=f"{i:012x}")) for i in range(100)]
    result = limited.store.commit(Portion(batches=batches), NOON)
    allowed = ALLOWANCES[Quota.OUTBOXES].at_once
    assert (result.batches, len(result.confirmed)) == (allowed, allowed)
    assert limited.quota.take_over() == {("mons", Quota.OUTBOXES): 100 - allowed}
    limited.at_s += 60 * 100
    result = limited.store.commit(Portion(batches=batches), NOON)
    assert (result.resends, result.batches) == (allowed, allowed)
    assert number(connection, "SELECT count(*) FROM outbox") == 2 * allowed


def test_devices_that_no_registry_has_are_bounded_and_known_ones_pass(limited: Store, connection: Connection) -> None:
    def invented(i: int) -> list[tuple[object, str, int, float]]:
        return [(NOON, f"d-{i}-{j}", Metric.PRESENCE, 1.0) for j in range(400)]

    batches = [received(batch(1 + i * 400, invented(i))) for i in range(50)]  # type: ignore[arg-type]
    before = number(connection, "SELECT count(*) FROM device")
    limited.store.commit(Portion(batches=batches), NOON)
    created = number(connection, "SELECT count(*) FROM device") - before
    assert ALLOWANCES[Quota.DEVICES].at_once <= created < ALLOWANCES[Quota.DEVICES].at_once + 400
    known = received(batch(100_001, [(NOON, "s-1", Metric.PRESENCE, 1.0)]))
    assert limited.store.commit(Portion(batches=[known]), NOON).batches == 1


def test_rejected_messages_beyond_the_quota_are_counted_and_not_kept(limited: Store, connection: Connection) -> None:
    allowed = ALLOWANCES[Quota.REJECTED].at_once
    messages = [RejectedMessage("sw/v1/mons/readings/gateway", "nonsense", b"x")] * (allowed + 500)
    elsewhere = [RejectedMessage("sw/v1/liege/readings/gateway", "nonsense", b"x")]
    limited.store.commit(Portion(rejected=messages + elsewhere), NOON)
    assert number(connection, "SELECT count(*) FROM rejected") == allowed + 1
    assert limited.quota.take_over() == {("mons", Quota.REJECTED): 500}


def test_rejected_readings_beyond_the_quota_are_in_the_ledger_though_not_kept(limited: Store, connection: Connection) -> None:
    limited.quota.keeps_rejected("sw/v1/mons/readings/gateway", ALLOWANCES[Quota.REJECTED].at_once - 3)
    wrong = [(NOON, "s-1", Metric.TEMPERATURE_C, 1e6)] * 10
    limited.store.commit(Portion(batches=[received(batch(1, wrong))]), NOON)
    assert number(connection, "SELECT count(*) FROM rejected") == 3
    assert ledger(connection)["mons"][0].rejected == 10


def test_alarms_and_discovered_devices_are_bounded(limited: Store, connection: Connection) -> None:
    def alarms(i: int) -> Alarms:
        says = [Alarm(kind="sensor_silent", device=f"d-{i}-{j}", since_ms=1, says="silent") for j in range(1_000)]
        return Alarms(reported_ms=1_000 + i, alarms=says)

    def found(i: int) -> DiscoveredDevices:
        devices = [
            DiscoveredDevice(profile=Profile.TASMOTA, address=f"p-{i}-{j}", topic="tele/p/LWT", last_ms=1_000 + i)
            for j in range(200)
        ]
        return DiscoveredDevices(reported_ms=1_000 + i, devices=devices)

    topic = Topic("mons", MessageType.ALARMS, "gateway")
    limited.store.store_edge_reports([(topic, found(i)) for i in range(5)], NOON)
    assert number(connection, "SELECT count(*) FROM discovered_device") == 200
    assert number(connection, "SELECT count(*) FROM discovered_device WHERE address LIKE 'p-4-%'") == 200
    for i in range(20):
        limited.store.store_edge_reports([(topic, alarms(i))], NOON)
    assert number(connection, "SELECT count(*) FROM alarm") < ALLOWANCES[Quota.REPORTS].at_once + 1_000


def test_the_alarm_names_the_centre_counts_and_ends_when_it_is_within_its_quota_again(connection: Connection) -> None:
    install(connection, small_network())
    clock, quota_log = Clock(), QuotaLog()
    watch = QuotaWatch(quota_log, FairInbox(1_000), Metrics(), clock)
    quota_log.add("mons", Quota.DEVICES, 300)
    quota_log.add("atlantis", Quota.DEVICES, 300)
    watch.check(connection)
    quota_log.add("mons", Quota.DEVICES, 50)
    watch.check(connection)
    [alarm] = active_alarms(connection)
    assert (alarm.centre, alarm.kind) == ("mons", "over_quota")
    assert "350 devices that no registry has" in alarm.message
    clock.move((QUIET_FOR - timedelta(seconds=1)).total_seconds())
    watch.check(connection)
    assert active_alarms(connection) == [alarm]
    clock.move(1)
    watch.check(connection)
    assert active_alarms(connection) == []


def test_a_flood_does_not_delay_another_centre_and_an_edge_behind_it_loses_nothing(
    database_url: str, broker_url: str, connection: Connection, tmp_path: Path
) -> None:
    """The greedy centre's own edge has honest readings, too: they wait at the edge and are stored after the flood."""
    install(connection, flood.two_centres())
    at_ms = round(now().timestamp() * 1000) - 600_000
    readings = [Reading(at_ms + i, "s-1", Metric.PRESENCE, 1.0) for i in range(2_000)]
    with Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels") as outbox:
        outbox.append(readings)
    settings = {"database_url": database_url, "broker_url": broker_url}
    with Program("ingest", settings, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        with HonestCentre(broker_url) as honest:
            flood.publish_over(broker_url, flood.invented_devices_and_epochs(1_000), 4)
            box = FilledOutbox(flood.GREEDY, "gateway", tmp_path / "outbox.sqlite", "Europe/Brussels")
            eventually(lambda: [a.centre for a in active_alarms(connection)] == [flood.GREEDY])
            replay_outboxes(broker_url, [box], lambda *_: None, lambda: None)
        assert ingest.stop(30) == 0
    assert len(honest.waits_s) == honest.published
    assert flood.percentile_99(honest.waits_s) < 1.0
    assert sum(row.stored for row in ledger(connection)[HONEST]) == honest.published
    assert number(connection, "SELECT count(*) FROM reading WHERE device_id = (SELECT min(device_id) FROM device)") >= 2_000
