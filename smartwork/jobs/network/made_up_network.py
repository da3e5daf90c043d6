"""A made-up network is set up only where everything is made up: its bookings and invoices must not get into real books."""

import time
from collections.abc import Sequence

from pydantic import ValidationError

from smartwork.contracts.policy import Policy
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install, records_of_others
from smartwork.domain.network_setup import Network
from smartwork.errors import SmartworkError
from smartwork.transport.mqtt import MqttClient

_NAMED = 5
"""Records that the error text names; of the others it gives the number."""
_RETAINED_TIMEOUT_S = 1.0
"""How long after its connection a client waits for retained messages, which the broker sends at once."""
_QUIET_S = 0.2


class RealRecords(SmartworkError):  # noqa: N818 - what was found
    """A database or broker holds records that a made-up network did not make. Nothing was written."""


def install_made_up(connection: Connection, network: Network) -> None:
    """Insert the network, as `install`. Raises RealRecords, before anything is written, where `require_made_up` does."""
    with connection.transaction():
        require_made_up(connection, network)
        install(connection, network)


def require_made_up(connection: Connection, network: Network) -> None:
    """Return if each operator, centre, company, seller and document in the database is of `network`, which is made up.

    Raises RealRecords that names what is not.
    """
    if found := records_of_others(connection, network):
        raise RealRecords(_text("The database", found, "database", "SMARTWORK_DATABASE_URL"))


def require_made_up_broker(client: MqttClient, network: Network) -> None:
    """Return if each policy that the broker retains is that of a centre of `network`.

    `client` must be connected and subscribed to the policies of all centres, and to nothing else. Raises RealRecords that
    names the others: their gateways would receive made-up policies, and their server made-up readings.
    """
    devices = {centre.slug: {(device.slug, device.address) for device in centre.devices} for centre in network.centres}
    found = []
    for centre, payload in _retained(client):
        entries = _devices(payload)
        if centre not in devices or (entries and not entries & devices[centre]):
            found.append(f"the policy of centre {centre}")
    if found:
        raise RealRecords(_text("The broker", sorted(found), "broker", "SMARTWORK_BROKER_URL"))


def _retained(client: MqttClient) -> list[tuple[str, bytes]]:
    """Each centre with its retained policy."""
    found: dict[str, bytes] = {}
    deadline = time.monotonic() + _RETAINED_TIMEOUT_S
    while time.monotonic() < deadline:
        deliveries = client.receive(500, _QUIET_S)
        client.acknowledge(deliveries)
        for delivery in deliveries:
            if (topic := Topic.parse(delivery.topic)) and delivery.payload:
                found[topic.centre] = delivery.payload
        if found and not deliveries:
            break
    return list(found.items())


def _devices(payload: bytes) -> set[tuple[str, str]]:
    try:
        policy = Policy.model_validate_json(payload)
    except ValidationError:
        return set()
    return {(entry.device, entry.address) for entry in policy.devices}


def _text(where: str, found: Sequence[str], server: str, variable: str) -> str:
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (
        f"{where} holds what this made-up network did not make: {', '.join(found[:_NAMED])}{more}. "
        "Made-up readings and invoices must not get into real books, so nothing was written. "
        f"Use a {server} of its own: an empty one in {variable}, or the development stack without that variable."
    )
