"""A broker without retained messages and sessions, and the payloads that a client receives."""

from collections.abc import Callable

from smartwork.transport.mqtt import MqttClient

CLIENTS = ("ingest", "edge-mons", "edge-mons-devices")
"""The clients of smartwork whose sessions a broker keeps. Tests use no others."""


def forget_everything(broker_url: str) -> None:
    """Clear the retained messages of smartwork and the sessions of CLIENTS."""
    for name in CLIENTS:
        with MqttClient(broker_url, name) as client:
            client.wait_connected(10)
    with MqttClient(
        broker_url, "test-cleaner", subscriptions=["sw/v1/#", "zigbee2mqtt/#", "homeassistant/device/#", "smartwork/#"]
    ) as client:
        client.wait_connected(10)
        while found := client.receive(1_000, timeout_s=0.3):
            for delivery in found:
                if delivery.retained:
                    client.publish(delivery.topic, b"", retain=True).wait_for_publish(10)
            client.acknowledge(found)


def collect(client: MqttClient, enough: Callable[[list[bytes]], bool], timeout_s: float = 10.0) -> list[bytes]:
    """Receive and acknowledge messages until `enough(payloads)` or nothing arrives for `timeout_s`. Returns the payloads."""
    payloads: list[bytes] = []
    while not enough(payloads):
        found = client.receive(1_000, timeout_s)
        if not found:
            break
        client.acknowledge(found)
        payloads += [delivery.payload for delivery in found]
    return payloads
