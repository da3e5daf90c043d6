"""Batches of the edge of mons, published by a plain client, and their confirmations."""

from datetime import timedelta

from smartwork.contracts.messages import Batch, Confirmation
from smartwork.transport.mqtt import MqttClient
from tests.support.broker import collect
from tests.support.factory import NOON, batch, presence

READINGS = "sw/v1/mons/readings/gateway"


def morning(first: int, device: str = "s-1", many: int = 10) -> Batch:
    """A batch of one morning, with `many` readings from number `first` on."""
    return batch(first, presence(device, NOON - timedelta(hours=3) + timedelta(seconds=first), [True, False] * (many // 2)))


def publish_all(client: MqttClient, batches: list[Batch]) -> None:
    """Publish these batches."""
    for content in batches:
        client.publish(READINGS, content.model_dump_json().encode())


def confirmed(client: MqttClient, firsts: set[int]) -> None:
    """Wait until all these batches are confirmed."""

    def enough(payloads: list[bytes]) -> bool:
        return firsts <= {first for p in payloads for first, _ in Confirmation.model_validate_json(p).runs}

    assert enough(collect(client, enough, timeout_s=15))
