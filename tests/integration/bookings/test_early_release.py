"""Early release on real services: decided once, published on MQTT, bookable again, and still on the bill."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.early_release import early_release_worker, publish_releases, release_due
from ingest.worker_health import WorkerHealth
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Released
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bookings import early_release as store
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.early_release import ReleasePolicy
from smartwork.settings import IngestSettings
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import small_network
from tests.support.program import eventually

pytestmark = pytest.mark.services
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOPIC = str(Topic("mons", MessageType.RELEASED))


@pytest.fixture
def network(connection: Connection) -> Connection:
    """Desk 1 is booked from nine to five and vacant all morning."""
    install(connection, small_network())
    put_bookings(connection, [Booking("a", "mons", "desk-1", "m-1", NINE, NINE + 8 * HOUR, "booked")])
    connection.execute("INSERT INTO span VALUES (1, %s, %s, 'vacant')", (NINE - HOUR, NINE + 3 * HOUR))
    return connection


def released(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT reason, released_at, published_at IS NOT NULL FROM release ORDER BY 1").fetchall()


def test_a_no_show_releases_the_desk_once_and_another_member_may_book_it(network: Connection) -> None:
    assert release_due(network, NINE + HOUR / 4) == 0
    assert release_due(network, NINE + HOUR) == 1
    assert release_due(network, NINE + 2 * HOUR) == 0
    assert released(network) == [("no_show", NINE + HOUR, False)]
    put_bookings(network, [Booking("b", "mons", "desk-1", "m-1", NINE + HOUR, NINE + 2 * HOUR, "booked")])
    assert network.execute("SELECT status, released_at FROM booking WHERE external_id = 'a'").fetchone() == (
        "booked",
        NINE + HOUR,
    )
    assert network.execute("SELECT recorded_by, released_at FROM booking_history").fetchall() == [("smartwork", None)]
    assert network.execute("SELECT recorded_by FROM booking WHERE external_id = 'a'").fetchone() == ("release",)


def test_a_check_in_prevents_the_release(network: Connection) -> None:
    put_check_ins(network, [CheckIn("k", "mons", "desk-1", "m-1", NINE + HOUR / 2, "qr")])
    assert release_due(network, NINE + HOUR) == 0


def test_an_open_wifi_session_in_the_centre_prevents_the_release(network: Connection) -> None:
    network.execute("INSERT INTO wifi_session VALUES (1, 's', 1, %s, NULL, NULL)", (NINE,))
    assert release_due(network, NINE + 3 * HOUR) == 0
    network.execute("UPDATE wifi_session SET stopped_at = %s", (NINE + HOUR,))
    assert release_due(network, NINE + 3 * HOUR) == 1
    assert released(network)[0][0] == "left_early"


def test_a_release_follows_the_policy_of_the_centre(network: Connection) -> None:
    assert store.policy(network, "mons") == ReleasePolicy()
    assert store.put_policy(network, "mons", ReleasePolicy(timedelta(minutes=90), None))
    assert release_due(network, NINE + HOUR) == 0
    assert release_due(network, NINE + 2 * HOUR) == 1
    assert not store.put_policy(network, "nowhere", ReleasePolicy())
    assert store.policy(network, "nowhere") is None


def test_a_release_is_published_once_with_how_long_the_desk_is_free(network: Connection, broker_url: str) -> None:
    put_bookings(network, [Booking("z", "mons", "desk-1", "m-1", NINE + 8 * HOUR, NINE + 9 * HOUR, "booked")])
    release_due(network, NINE + HOUR)
    with (
        MqttClient(broker_url, "listener", subscriptions=[TOPIC]) as listener,
        MqttClient(broker_url, "publisher") as publisher,
    ):
        listener.wait_connected(5)
        publisher.wait_connected(5)
        assert publish_releases(network, publisher, NINE + HOUR) == 1
        assert publish_releases(network, publisher, NINE + HOUR) == 0
        (delivery,) = listener.receive(5, 5)
    found = decode(delivery.topic, delivery.payload)
    assert isinstance(found, Decoded)
    assert isinstance(found.message, Released)
    assert (found.message.resource, found.message.booking, found.message.reason) == ("desk-1", "a", "no_show")
    assert found.message.until_ms - found.message.released_ms == 7 * 3600 * 1000
    assert released(network)[0][2]


def test_the_background_worker_releases_and_publishes(network: Connection, database_url: str, broker_url: str) -> None:
    settings = IngestSettings(database_url=database_url, broker_url=broker_url, worker="t", release_every_s=1)
    with (
        MqttClient(broker_url, "listener", subscriptions=[TOPIC]) as listener,
        MqttClient(broker_url, "publisher") as publisher,
        early_release_worker(settings, publisher, WorkerHealth(lambda: NINE, most_failures=6), lambda: NINE + HOUR),
    ):
        listener.wait_connected(5)
        eventually(
            lambda: bool(released(network)) and bool(released(network)[0][2]), lambda: "the release is not published", 20
        )
        assert len(listener.receive(5, 5)) == 1
