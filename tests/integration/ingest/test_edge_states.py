"""Whether an edge is online: by its status and by every other message that arrives from it."""

import time
from datetime import datetime, timedelta

import pytest

from ingest.portion import commit_portion, decode_portion
from smartwork.contracts.messages import Status
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.edge_state import EDGES_PER_CENTRE
from smartwork.db.ingest.id_cache import RELOAD_S
from smartwork.db.ingest.store import ACTIVITY_STEP, IngestStore
from smartwork.db.network_setup import install
from smartwork.transport.mqtt import Delivery
from tests.support.factory import NOON, TODAY, batch, presence, small_network

pytestmark = pytest.mark.services
SOON, LATER, MUCH_LATER = NOON + timedelta(seconds=2), NOON + timedelta(minutes=2), NOON + timedelta(hours=1)


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network())
    return IngestStore(connection)


def message(
    message_type: MessageType, payload: bytes, *, edge: str = "gateway", retained: bool = False, centre: str = "mons"
) -> Delivery:
    return Delivery(str(Topic(centre, message_type, edge)), payload, retained, 1, 1, 1)


def status(state: str, *, retained: bool = False) -> Delivery:
    payload = Status.model_validate({"state": state}).model_dump_json().encode()
    return message(MessageType.STATUS, payload, retained=retained)


def readings(first: int = 1) -> Delivery:
    payload = batch(first, presence("s-1", NOON, [True]), TODAY).model_dump_json().encode()
    return message(MessageType.READINGS, payload)


REJECTED = message(MessageType.READINGS, b"not a batch")


def commit(store: IngestStore, at: datetime, *deliveries: Delivery) -> None:
    commit_portion(store, decode_portion(deliveries), at)


def states(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT edge, state, since, last_message_at FROM edge_status ORDER BY edge").fetchall()


@pytest.mark.parametrize("arriving", [readings(), REJECTED, status("online")], ids=["batch", "rejected", "status"])
def test_an_edge_whose_status_was_missed_is_online_by_any_message_of_it(
    connection: Connection, store: IngestStore, arriving: Delivery
) -> None:
    commit(store, NOON, arriving)
    assert states(connection) == [("gateway", "online", NOON, NOON)]
    commit(store, LATER, arriving)
    assert states(connection) == [("gateway", "online", NOON, LATER)]


def test_an_edge_that_was_offline_is_online_again_by_any_message_that_arrives_later(
    connection: Connection, store: IngestStore
) -> None:
    commit(store, NOON - timedelta(minutes=1), status("online"))
    commit(store, NOON, status("offline"))
    commit(store, SOON, readings(1))  # it was on its way when the connection ended
    assert states(connection) == [("gateway", "offline", NOON, SOON)]
    commit(store, LATER, readings(2))
    assert states(connection) == [("gateway", "online", LATER, LATER)]


def test_neither_a_will_nor_a_retained_message_is_a_sign_of_life(connection: Connection, store: IngestStore) -> None:
    commit(store, NOON, status("online"))
    commit(store, LATER, status("offline"))
    assert states(connection) == [("gateway", "offline", LATER, NOON)]
    commit(store, MUCH_LATER, status("online", retained=True), message(MessageType.LEDGER, b"{}", retained=True))
    assert states(connection) == [("gateway", "online", MUCH_LATER, NOON)]


def test_a_message_of_a_centre_that_is_registered_later_shows_its_edge_from_then_on(
    connection: Connection, store: IngestStore
) -> None:
    elsewhere = message(MessageType.STATUS, b'{"state": "online"}', centre="namur")
    commit(store, NOON, elsewhere)
    assert states(connection) == []
    install(connection, small_network("namur"))
    time.sleep(RELOAD_S + 0.1)
    commit(store, SOON, elsewhere)
    assert states(connection) == [("gateway", "online", SOON, SOON)]


def test_activity_is_not_written_with_each_portion(connection: Connection, store: IngestStore) -> None:
    for i in range(40):
        commit(store, NOON + i * ACTIVITY_STEP / 10, readings(1 + i))
    writes = connection.execute("SELECT last_message_at FROM edge_status").fetchall()
    assert writes == [(NOON + 3 * ACTIVITY_STEP,)]


def test_invented_edge_names_are_bounded_and_do_not_hide_the_gateway(connection: Connection, store: IngestStore) -> None:
    commit(store, NOON, status("online"))
    for portion in range(3):
        names = [f"edge-{portion}-{i}" for i in range(50)]
        invented = [message(MessageType.STATUS, b'{"state": "online"}', edge=name) for name in names]
        commit(store, LATER, *invented)
    found = states(connection)
    assert len(found) == EDGES_PER_CENTRE
    commit(store, MUCH_LATER, status("offline"))
    assert ("gateway", "offline", MUCH_LATER, NOON) in states(connection)
