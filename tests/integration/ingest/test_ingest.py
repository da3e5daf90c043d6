"""Ingest: stored once, rejected with a reason, acknowledged only after the commit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from smartwork.contracts.messages import Batch, LedgerReport, LedgerReportDay
from smartwork.contracts.metrics import Metric
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ingest.columns import reading_columns
from smartwork.db.ingest.messages import (
    CommitResult,
    Portion,
    ReceivedBatch,
    ReceivedLedgerReport,
    ReceivedStatus,
    RejectedMessage,
)
from smartwork.db.ingest.store import IngestStore
from smartwork.db.ledger.ledger import ledger, overlaps
from smartwork.db.network_setup import install
from smartwork.db.presence.spans import derive_queued_spans
from smartwork.devstack.stack import Stack
from smartwork.transport.mqtt import MqttClient
from tests.support.broker import collect
from tests.support.factory import EPOCH, NOON, TODAY, Measurement, batch, received, small_network
from tests.support.program import Program, eventually
from tests.support.published_batches import READINGS, confirmed, morning, publish_all

pytestmark = pytest.mark.services


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network())
    return IngestStore(connection)


def commit(store: IngestStore, *batches: ReceivedBatch) -> CommitResult:
    return store.commit(Portion(batches=batches), NOON)


def number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def reasons(connection: Connection) -> list[str]:
    return [str(reason) for (reason,) in connection.execute("SELECT reason FROM rejected ORDER BY rejected_id")]


def test_a_batch_is_stored_once_with_its_event_times_and_values(connection: Connection, store: IngestStore) -> None:
    measurements: list[Measurement] = [
        (NOON - timedelta(milliseconds=1), "s-1", Metric.PRESENCE, 1.0),
        (NOON - timedelta(hours=2), "l-1", Metric.ENERGY_WH, 1234.5),
        (NOON, "s-2", Metric.TEMPERATURE_C, -3.25),
    ]
    outcome = commit(store, received(batch(1, measurements)))
    assert (outcome.readings, outcome.batches, outcome.resends, outcome.rejected) == (3, 1, 0, 0)
    assert outcome.confirmed == {("mons", "gateway", EPOCH): [(1, 3)]}
    rows = connection.execute(
        "SELECT at, slug, metric, value FROM reading JOIN device USING (device_id) ORDER BY n"
    ).fetchall()
    assert rows == measurements


def test_a_resend_is_counted_as_duplicate_and_stored_no_second_time(connection: Connection, store: IngestStore) -> None:
    commit(store, received(morning(1)))
    again = commit(store, received(morning(1)), received(morning(11)), received(morning(1)), received(morning(11)))
    assert (again.readings, again.batches, again.resends) == (10, 1, 3)
    assert number(connection, "SELECT count(*) FROM reading") == 20
    [row] = ledger(connection)["mons"]
    assert (row.numbered, row.stored, row.duplicates, row.missing) == (20, 20, 30, 0)


@pytest.mark.parametrize(("first", "many"), [(1, 8), (5, 10), (1, 10)])
def test_numbers_that_another_batch_has_taken_are_a_conflict_that_is_kept_as_rejected(
    connection: Connection, store: IngestStore, first: int, many: int
) -> None:
    commit(store, received(morning(1)))
    other = received(morning(first, "s-2", many))
    outcome = commit(store, other)
    assert (outcome.readings, outcome.batches, outcome.resends, outcome.rejected) == (0, 0, 0, 1)
    assert reasons(connection) == ["the batch's numbers were taken before by a batch with other content"]
    assert number(connection, "SELECT count(*) FROM reading") == 10


def test_of_two_batches_of_a_portion_with_the_same_numbers_one_is_stored(connection: Connection, store: IngestStore) -> None:
    outcome = commit(store, received(morning(5)), received(morning(1, "s-2")))
    assert (outcome.readings, outcome.rejected) == (10, 1)
    assert number(connection, "SELECT count(*) FROM reading") == 10


def test_of_workers_that_store_overlapping_batches_at_the_same_time_one_stores_its(
    connection: Connection, database_url: str
) -> None:
    """Each of four workers claims the same hundred numbers in batches of another size."""
    install(connection, small_network())
    sizes = (2, 4, 10, 20)
    barrier = Barrier(len(sizes))

    def store(many: int) -> int:
        with closing(connect(database_url)) as own:
            worker = IngestStore(own)
            barrier.wait(10)
            return sum(commit(worker, received(morning(first, many=many))).readings for first in range(1, 101, many))

    with ThreadPoolExecutor(len(sizes)) as pool:
        stored = sum(pool.map(store, sizes))
    assert stored == number(connection, "SELECT count(*) FROM reading") == number(connection, "SELECT sum(stored) FROM batch")
    assert number(connection, "SELECT count(DISTINCT n) FROM reading") == stored
    assert overlaps(connection) == []
    assert set(reasons(connection)) <= {"the batch's numbers were taken before by a batch with other content"}


def test_batches_that_were_prepared_before_their_edge_was_known_are_stored_all_the_same(
    connection: Connection, store: IngestStore
) -> None:
    first, second = received(morning(1)), received(morning(11))
    assert store.prepare([first], NOON, reading_columns([first])) is None
    commit(store, first)
    prepared = store.prepare([second], NOON, reading_columns([second]))
    assert prepared
    assert IngestStore(connection).commit(Portion(batches=[second]), NOON, prepared).readings == 10
    assert store.commit(Portion(batches=[second]), NOON, prepared).resends == 1
    assert number(connection, "SELECT count(*) FROM reading") == 20


def test_of_prepared_batches_only_those_that_are_new_are_stored(connection: Connection, store: IngestStore) -> None:
    commit(store, received(morning(11)))
    derive_queued_spans(connection)
    three = [received(morning(first)) for first in (1, 11, 21)]
    prepared = store.prepare(three, NOON, reading_columns(three))
    outcome = store.commit(Portion(batches=three), NOON, prepared)
    assert (outcome.readings, outcome.batches, outcome.resends) == (20, 2, 1)
    assert number(connection, "SELECT count(DISTINCT n) FROM reading") == 30
    since = connection.execute("SELECT since FROM span_queue").fetchall()
    assert since == [(NOON - timedelta(hours=3) + timedelta(seconds=1),)]


@pytest.mark.parametrize(
    ("implausible", "reason"),
    [
        ((NOON, "s-1", Metric.HUMIDITY_PCT, 101.0), "humidity_pct outside 0 to 100"),
        ((NOON, "s-1", Metric.PRESENCE, 2.0), "presence outside 0 to 1"),
        ((NOON, "s-1", 99, 1.0), "unknown metric 99"),
        ((NOON, "s-1", 0, 1.0), "unknown metric 0"),
        ((NOON + timedelta(minutes=11), "s-1", Metric.PRESENCE, 1.0), "the device's clock is ahead of time"),
        (
            (NOON - timedelta(days=7000), "s-1", Metric.PRESENCE, 1.0),
            "the device's clock is far in the past (before 2010-01-01)",
        ),
        ((NOON - timedelta(days=1), "s-1", Metric.PRESENCE, 1.0), "the event lies outside the batch's day 2026-03-10"),
    ],
)
def test_a_reading_that_cannot_be_true_is_refused_with_its_reason_and_the_rest_is_stored(
    connection: Connection, store: IngestStore, implausible: Measurement, reason: str
) -> None:
    good: Measurement = (NOON, "s-1", Metric.PRESENCE, 1.0)
    outcome = commit(store, received(batch(1, [good, implausible, good])))
    assert (outcome.readings, outcome.rejected) == (2, 1)
    assert reasons(connection) == [reason]
    assert number(connection, "SELECT n FROM rejected") == 2
    [row] = ledger(connection)["mons"]
    assert (row.numbered, row.stored, row.rejected, row.missing) == (3, 2, 1, 0)


def test_a_batch_of_nothing_but_bad_readings_is_in_the_ledger(connection: Connection, store: IngestStore) -> None:
    outcome = commit(store, received(batch(1, [(NOON, "s-1", 77, 1.0)] * 3)))
    assert (outcome.readings, outcome.rejected) == (0, 3)
    assert ledger(connection)["mons"][0].missing == 0


def test_a_device_that_nobody_registered_gets_a_row_without_a_profile(connection: Connection, store: IngestStore) -> None:
    commit(store, received(morning(1, "unregistered")))
    assert number(connection, "SELECT count(*) FROM device WHERE slug = 'unregistered' AND profile IS NULL") == 1
    assert number(connection, "SELECT count(*) FROM reading") == 10


def test_a_message_of_an_unknown_centre_is_kept_as_rejected_and_not_confirmed(
    connection: Connection, store: IngestStore
) -> None:
    outcome = commit(store, received(morning(1), centre="atlantis"), received(morning(1)))
    assert (outcome.readings, outcome.rejected, list(outcome.confirmed)) == (10, 1, [("mons", "gateway", EPOCH)])
    assert reasons(connection) == ["unknown centre atlantis"]


def test_a_report_that_was_overtaken_changes_nothing_and_status_says_since_when(
    connection: Connection, store: IngestStore
) -> None:
    def report(numbered: int, at_ms: int) -> ReceivedLedgerReport:
        days = [LedgerReportDay(day=TODAY.isoformat(), numbered=numbered, in_outbox=0)]
        return ReceivedLedgerReport(
            Topic("mons", MessageType.LEDGER, "gateway"),
            LedgerReport(epoch=EPOCH, reported_ms=at_ms, last=numbered, days=days),
        )

    status = Topic("mons", MessageType.STATUS, "gateway")
    online = [ReceivedStatus(status, "online")]
    store.commit(Portion(ledger_reports=[report(9, 2_000), report(5, 1_000)], statuses=online), NOON)
    store.commit(Portion(statuses=online), NOON + timedelta(hours=1))
    assert ledger(connection)["mons"][0].numbered == 9
    assert connection.execute("SELECT state, since FROM edge_status").fetchall() == [("online", NOON)]


def test_hostile_text_in_a_refused_message_is_kept(connection: Connection, store: IngestStore) -> None:
    message = RejectedMessage("sw/v1/a\0b" * 200, "no\0sense 'quoted'; --", b"\0\xff" * 5_000)
    store.commit(Portion(rejected=[message]), NOON)
    assert number(connection, "SELECT length(payload) FROM rejected") == 2_000


POISON = [
    (READINGS, b""),
    (READINGS, b"\xff\x00\xfe"),
    (READINGS, b"[" * 50_000),
    (READINGS, b'{"v": 1, "epoch": "\\u0000"}'),
    (READINGS, morning(1).model_dump_json().replace('"day":"2026-03-10"', '"day":"2026-02-30"').encode()),
    (READINGS, morning(1).model_dump_json().replace('"first":1', '"first":0').encode()),
    ("sw/v1/mons/ledger/gateway", b'{"v": 1}'),
    ("sw/v1/mons/status/gateway", b'{"state": "drunk"}'),
    ("sw/v1/UPPER/readings/gateway", b"{}"),
    ("sw/v1/atlantis/readings/gateway", morning(1).model_dump_json().encode()),
]


def test_poison_on_the_wire_is_kept_as_rejected_and_the_next_batch_is_stored(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    settings = {"database_url": database_url, "broker_url": broker_url}
    with Program("ingest", settings, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        for topic, payload in POISON:
            publisher.publish(topic, payload)
        publish_all(publisher, [morning(1)])
        confirmed(publisher, {1})
        assert ingest.stop() == 0
        assert "Traceback" not in ingest.log_text
    assert len(reasons(connection)) == len(POISON)
    assert all(reasons(connection))
    assert ledger(connection)["mons"][0].missing == 0
    assert number(connection, "SELECT count(*) FROM reading") == 10


def test_a_worker_killed_in_mid_stream_loses_nothing(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    settings = {"database_url": database_url, "broker_url": broker_url, "max_in_flight": 20}
    batches = [morning(1 + 10 * i) for i in range(400)]

    def holds(least: int) -> bool:
        return number(connection, "SELECT count(*) FROM reading") >= least

    with Program("ingest", settings, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        for portion in range(4):
            publish_all(publisher, batches[portion * 100 : portion * 100 + 100])
            eventually(partial(holds, portion * 1_000 + 10), lambda: ingest.log_text)
            ingest.kill()
            ingest.start()
        eventually(partial(holds, 4_000), lambda: ingest.log_text)
    [row] = ledger(connection)["mons"]
    assert (row.stored, row.missing) == (4_000, 0)
    assert number(connection, "SELECT count(*) FROM reading") == 4_000


def test_nothing_is_acknowledged_while_the_database_is_away_and_all_is_stored_when_it_is_back(
    outage: Stack, tmp_path: Path
) -> None:
    url, broker = outage.endpoints.database_url, outage.endpoints.broker_url
    with closing(connect(url)) as connection:
        install(connection, small_network())
    settings = {"database_url": url, "broker_url": broker, "max_in_flight": 5}
    batches = [morning(1 + 10 * i) for i in range(12)]
    with (
        MqttClient(broker, "test-edge", subscriptions=["sw/v1/mons/confirmed/gateway"]) as publisher,
        Program("ingest", settings, tmp_path / "log") as ingest,
    ):
        publisher.wait_connected(10)
        ingest.wait_for_log("is subscribed")
        publish_all(publisher, batches[:1])
        confirmed(publisher, {1})
        outage.postgres.stop()
        publish_all(publisher, batches[1:])
        ingest.wait_for_log("Nothing is acknowledged until it is back")
        assert publisher.receive(1, timeout_s=1.5) == []
        ingest.kill()
        with MqttClient(broker, "ingest", subscriptions=["sw/none"], session_s=3600) as successor:
            kept = collect(successor, lambda found: len(found) >= 11, timeout_s=2)
        assert {Batch.model_validate_json(p).first for p in kept} == {b.first for b in batches[1:]}
        publish_all(publisher, batches[1:])
        ingest.start()
        outage.postgres.start()
        confirmed(publisher, {b.first for b in batches[1:]})
    with closing(connect(url)) as connection:
        assert ledger(connection)["mons"][0].missing == 0
        assert number(connection, "SELECT count(*) FROM reading") == 120


def test_a_wrong_setting_ends_the_service_with_a_sentence(tmp_path: Path) -> None:
    with Program("ingest", {"database_url": "mysql://x", "broker_url": "mqtt://127.0.0.1"}, tmp_path / "log") as ingest:
        ingest.wait_for_log("SMARTWORK_DATABASE_URL is 'mysql://x'")
        assert "Traceback" not in ingest.log_text
