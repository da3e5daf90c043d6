"""The edge of mons as a plain client."""

from collections.abc import Iterator

import pytest

from smartwork.transport.mqtt import MqttClient


@pytest.fixture
def publisher(broker_url: str) -> Iterator[MqttClient]:
    """A client that publishes as the edge of mons and receives its confirmations."""
    with MqttClient(broker_url, "test-edge", subscriptions=["sw/v1/mons/confirmed/gateway"]) as client:
        client.wait_connected(10)
        yield client
