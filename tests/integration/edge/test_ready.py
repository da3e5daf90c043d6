"""A gateway is ready while it is connected to both brokers, and lives without them."""

from pathlib import Path

import pytest

from smartwork.devstack.stack import Stack
from tests.support.http import ask, free_port
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services


def test_a_gateway_without_its_brokers_lives_but_is_not_ready(outage: Stack, tmp_path: Path) -> None:
    port = free_port()
    settings = {
        "centre": "mons",
        "broker_url": outage.endpoints.broker_url,
        "outbox": tmp_path / "outbox.sqlite",
        "health_port": port,
    }
    with Program("edge", settings, tmp_path / "log") as edge:
        eventually(lambda: ask(port, "/readyz") == (200, "ok\n"), lambda: edge.log_text)
        outage.mosquitto.kill()
        missing = "not connected to the network broker\nnot connected to the centre's broker\n"
        eventually(lambda: ask(port, "/readyz") == (503, missing), lambda: str(ask(port, "/readyz")))
        assert ask(port, "/healthz") == (200, "ok\n")
        outage.mosquitto.start()
        eventually(lambda: ask(port, "/readyz") == (200, "ok\n"), lambda: edge.log_text, 40)
        assert edge.stop() == 0
