"""Any bytes on any topic: never a crash, always a row with the reason, and always acknowledged."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.portion import commit_portion, decode_portion
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.messages import Portion
from smartwork.db.ingest.rejected import MAX_PAYLOAD
from smartwork.db.ingest.store import IngestStore
from smartwork.db.network_setup import install
from smartwork.domain.network.quota import ALLOWANCES, Quota
from smartwork.transport.mqtt import Delivery, MqttClient
from tests.support.factory import NOON, batch, presence, small_network
from tests.support.poison import CENTRE, deliveries, messages
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
PORTION_SIZE = 200


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network(CENTRE))
    return IngestStore(connection)


def number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def without_a_row(portion: Portion) -> int:
    """Number of ledger reports and statuses of a known centre: they are stored, and leave no row of their own."""
    topics = [report.topic for report in portion.ledger_reports] + [status.topic for status in portion.statuses]
    return sum(topic.centre == CENTRE for topic in topics)


def feed(store: IngestStore, deliveries: Sequence[Delivery]) -> int:
    """Number of these messages that were stored as batches, reports or status, or recognised as resends."""
    portion = decode_portion(deliveries)
    results = commit_portion(store, portion, NOON)
    return without_a_row(portion) + sum(result.batches + result.resends for result in results)


def all_accounted(connection: Connection, tries: int, stored: int, repeats: int = 0) -> None:
    """Each message is stored or has a row with a reason and a short payload; each number is stored or rejected.

    A refused batch that arrives again has one row. `repeats` is the number of messages that equal an earlier one.
    """
    rows = number(connection, "SELECT count(*) FROM rejected WHERE n IS NULL")
    assert tries - stored - repeats <= rows <= tries - stored
    assert number(connection, "SELECT count(*) FROM rejected WHERE reason = '' OR topic = ''") == 0
    assert number(connection, f"SELECT count(*) FROM rejected WHERE length(payload) > {MAX_PAYLOAD}") == 0
    numbered = number(connection, "SELECT coalesce(sum(last - first + 1), 0) FROM batch")
    kept = number(connection, "SELECT count(*) FROM reading")
    assert numbered == kept + number(connection, "SELECT count(*) FROM rejected WHERE n IS NOT NULL")
    ahead = f"at > timestamptz '{NOON + timedelta(minutes=10)}' OR at < timestamptz '2010-01-01Z'"
    assert number(connection, f"SELECT count(*) FROM reading WHERE {ahead}") == 0


def poison(store: IngestStore, connection: Connection, rng: Random, tries: int) -> int:
    stored, seen = 0, set[tuple[str, bytes]]()
    for done in range(0, tries, PORTION_SIZE):
        portion = deliveries(rng, min(PORTION_SIZE, tries - done))
        stored += feed(store, portion)
        seen |= {(delivery.topic, delivery.payload) for delivery in portion}
    all_accounted(connection, tries, stored, repeats=tries - len(seen))
    return stored


def test_five_thousand_mutated_messages_are_stored_or_kept_as_rejected(
    store: IngestStore, connection: Connection, rng: Random
) -> None:
    assert poison(store, connection, rng, 5_000) > 50


@pytest.mark.faults
def test_two_hundred_thousand_mutated_messages_are_stored_or_kept_as_rejected(
    store: IngestStore, connection: Connection, rng: Random, print_figure: Callable[[str], None]
) -> None:
    began = monotonic()
    stored = poison(store, connection, rng, 200_000)
    print_figure(f"200000 tries in {monotonic() - began:.0f} s, of which {stored} were harmless and stored")


TOPICS = st.one_of(
    st.sampled_from(["readings", "ledger", "status", "confirmed"]).map(lambda name: f"sw/v1/{CENTRE}/{name}/gateway"),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def test_whatever_hypothesis_invents_is_kept_as_rejected(store: IngestStore, connection: Connection) -> None:
    tries = stored = 0

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(TOPICS, st.binary(max_size=200) | JSON.map(lambda j: repr(j).encode())), max_size=40))
    def invent(invented: list[tuple[str, bytes]]) -> None:
        nonlocal tries, stored
        tries += len(invented)
        stored += feed(store, [Delivery(t, p, retained=False, qos=1, mid=1, connection=1) for t, p in invented])

    invent()
    assert tries > 100
    all_accounted(connection, tries, stored)


@pytest.mark.faults
def test_thousands_of_mutated_messages_through_the_broker_leave_nothing_behind(
    database_url: str,
    broker_url: str,
    connection: Connection,
    rng: Random,
    print_figure: Callable[[str], None],
    tmp_path: Path,
) -> None:
    install(connection, small_network(CENTRE))
    topic = f"sw/v1/{CENTRE}/readings/sentinel"
    last = batch(1, presence("s-1", NOON, [True]))
    published, without_row, room, source, tries = 0, 0, ALLOWANCES[Quota.BYTES].at_once // 2, messages(rng), 4_000
    with (
        Program("ingest", {"database_url": database_url, "broker_url": broker_url}, tmp_path / "log") as ingest,
        MqttClient(broker_url, "test-edge") as edge,
    ):
        edge.wait_connected(10)
        ingest.wait_for_log("is subscribed")
        while published < tries:
            name, payload = next(source)
            if "//" in name or len(payload) > max(room // 100, 2_000):  # no worker subscribes; all are within the quota
                continue
            room -= len(payload)
            edge.publish(name, payload)
            published += 1
            without_row += "/readings/" not in name
        edge.publish(topic, last.model_dump_json().encode()).wait_for_publish(60)
        eventually(
            lambda: number(connection, "SELECT count(*) FROM outbox WHERE edge = 'sentinel'") == 1,
            lambda: ingest.log_text,
            120,
        )
        assert ingest.stop() == 0
    assert "Traceback" not in ingest.log_text
    rejected = number(connection, "SELECT count(*) FROM rejected WHERE n IS NULL")
    kept = number(connection, "SELECT count(*) + sum(resends) FROM batch")
    reported = tries + 1 - rejected - kept
    assert 0 <= reported <= without_row < tries / 2  # reports, hellos and status leave no row each
    all_accounted(connection, tries + 1, kept + reported)
    with MqttClient(broker_url, "ingest", subscriptions=["sw/none"], session_s=3_600) as successor:
        successor.wait_connected(10)
        assert successor.receive(1, timeout_s=2) == []
    print_figure(
        f"{tries} messages: {rejected} rejected, {kept} batches, {reported} reports and status; none was delivered again"
    )
