"""A real Home Assistant, a real broker and a gateway; skipped with a notice if Home Assistant is not set up."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from smartwork.devstack.stack import ephemeral
from smartwork.transport.mqtt import MqttClient
from tests.support import homeassistant_environments as setup
from tests.support.homeassistant import HomeAssistant
from tests.support.homeassistant_centre import POLICY, REGISTRY, HomeAssistantCentre, policy
from tests.support.homeassistant_environments import Environments
from tests.support.program import Program


@pytest.fixture(scope="session")
def environments() -> Environments:
    found = setup.ready(os.environ)
    if found is None:
        pytest.skip("SKIPPED LOUDLY: no Home Assistant is set up here; `make test-homeassistant` does it")
    return found


@pytest.fixture(scope="module")
def centre(
    environments: Environments, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HomeAssistantCentre]:
    """A centre with the module's DEVICES, or with those of REGISTRY."""
    registered = getattr(request.module, "DEVICES", REGISTRY)
    folder = tmp_path_factory.mktemp("centre")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with ExitStack() as stack:
        broker = stack.enter_context(ephemeral("centre")).endpoints.broker_url
        address = urlsplit(broker)
        home = stack.enter_context(HomeAssistant(environments.server, folder / "home", port))
        home.join_broker(str(address.hostname), int(address.port or 0))
        devices = stack.enter_context(MqttClient(broker, "devices", subscriptions=["zigbee2mqtt/mons/ceiling/set"]))
        devices.wait_connected(10)
        devices.publish(POLICY, policy(1, registered).model_dump_json().encode(), retain=True).wait_for_publish(10)
        settings = {
            "centre": "mons",
            "broker_url": broker,
            "outbox": folder / "outbox.sqlite",
            "homeassistant_url": home.url,
            "homeassistant_token": home.token,
        }
        gateway = stack.enter_context(Program("edge", settings, folder / "edge.log", str(environments.edge)))
        gateway.wait_for_log("policy 1 is in force")
        yield HomeAssistantCentre(home, gateway, devices, broker)
