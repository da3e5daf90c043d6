"""The gateway's connection to the network's broker: its status is published more than once."""

import pytest

from edge.network import STATUS_EVERY_S, NetworkConnection
from smartwork.transport.mqtt import MqttClient
from tests.support.program import eventually

pytestmark = pytest.mark.services


def test_a_connected_gateway_publishes_its_status_again_and_again(broker_url: str) -> None:
    at = 1_000.0
    network = NetworkConnection(broker_url, "mons", "gateway", lambda _: None, lambda: at)
    with MqttClient(broker_url, "server", subscriptions=["sw/v1/mons/status/gateway"]) as server:
        server.wait_connected(10)
        with network.client:
            received: list[bytes] = []

            def statuses() -> int:
                received.extend(delivery.payload for delivery in server.receive(10, 0.1))
                return len(received)

            eventually(lambda: statuses() == 1)
            for rounds in (2, 3):
                network.repeat_status()
                at += STATUS_EVERY_S
                network.repeat_status()
                network.repeat_status()
                eventually(lambda expected=rounds: statuses() == expected)  # type: ignore[misc]
            assert all(b"online" in payload for payload in received)
