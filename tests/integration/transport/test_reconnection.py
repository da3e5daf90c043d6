"""Whatever happens to a connection, the client comes back, after pauses that grow and that no two clients share."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from smartwork.transport.mqtt import MqttClient
from tests.support.program import eventually

pytestmark = pytest.mark.services

_CONNACK = bytes.fromhex("20 03 00 00 00".replace(" ", ""))
_PUBLISH_THAT_ENDS_IN_ITS_TOPIC = bytes.fromhex("32 03 00 ff 61".replace(" ", ""))


@contextmanager
def listener(handle: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[float]]]:
    """A server that passes each connection to `handle` and closes it; its URL, and when each connection came."""
    accepted: list[float] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                accepted.append(time.monotonic())
                handle(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"mqtt://127.0.0.1:{server.getsockname()[1]}", accepted
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def test_a_callback_that_raises_costs_one_connection_and_not_the_client(broker_url: str) -> None:
    problems: list[str] = []
    calls: list[int] = []

    def raise_at_first() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("a fault")

    with MqttClient(broker_url, "edge-mons", on_connected=raise_at_first, report=problems.append) as client:
        eventually(lambda: len(calls) == 2)
        eventually(lambda: client.connected)
        client.publish("sw/test/one", b"x").wait_for_publish(5)
    assert any("KeyError" in problem for problem in problems), problems


def test_a_host_name_that_cannot_exist_is_reported_and_tried_again() -> None:
    problems: list[str] = []
    with MqttClient(f"mqtt://{'x' * 70}.example", "edge-mons", report=problems.append) as client:
        eventually(lambda: bool(problems))
        time.sleep(3)
        assert client.alive
    assert len(problems) == 1, problems


def test_a_broker_that_sends_nonsense_is_left_and_tried_again() -> None:
    def talk_nonsense(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(_CONNACK + _PUBLISH_THAT_ENDS_IN_ITS_TOPIC)
        connection.settimeout(2)
        try:
            connection.recv(1_000)
        except OSError:
            return

    with listener(talk_nonsense) as (url, accepted), MqttClient(url, "edge-mons") as client:
        eventually(lambda: len(accepted) >= 2, timeout_s=20)
        assert client.alive


def test_clients_of_a_broker_that_refuses_them_return_at_different_times_and_ever_later() -> None:
    with listener(lambda _: None) as (url, accepted):
        clients = [MqttClient(url, f"edge-{i}") for i in range(12)]
        for client in clients:
            client.start()
        began = time.monotonic()
        time.sleep(8)
        for client in clients:
            client.stop()
    moments = [at - began for at in accepted]
    assert sum(moment < 0.15 for moment in moments) >= 12  # all at once, as after a power cut
    returned = sorted(moment for moment in moments if moment >= 0.15)
    assert len(returned) < 12 * 6  # with a pause of a second it would be 84
    busiest = max(sum(start <= moment < start + 0.1 for moment in returned) for start in returned)
    assert busiest <= 6, returned


def test_a_client_that_is_accepted_and_lost_at_once_does_not_start_over_with_short_pauses() -> None:
    def accept_and_drop(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(_CONNACK)

    with listener(accept_and_drop) as (url, accepted), MqttClient(url, "edge-mons"):
        time.sleep(10)
    assert 2 <= len(accepted) <= 8
