"""What an orchestrator sees of the gateway and of the simulator."""

import socket

import pytest

from smartwork.errors import SettingError
from smartwork.health_server import DEAD_AFTER_S, Health, health_server
from tests.support.http import ask, free_port


def test_a_program_that_hangs_is_not_well_and_one_without_its_broker_is_not_ready() -> None:
    at, connected = 0.0, False
    health = Health({"broker": lambda: connected}, lambda: at)
    port = free_port()
    with health_server(health, port):
        assert ask(port, "/healthz") == (200, "ok\n")
        assert ask(port, "/readyz") == (503, "not connected to the broker\n")
        connected = True
        assert ask(port, "/readyz") == (200, "ok\n")
        at = DEAD_AFTER_S
        assert ask(port, "/healthz") == ask(port, "/readyz") == (503, "the main loop has not run for 60 s\n")
        health.heartbeat()
        assert ask(port, "/readyz") == (200, "ok\n")
        assert ask(port, "/secrets")[0] == 404


def test_a_client_that_sends_half_a_request_delays_nobody() -> None:
    port = free_port()
    with health_server(Health({}), port):
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        assert ask(port, "/healthz") == (200, "ok\n")
        for connection in slow:
            connection.close()


def test_a_port_that_is_taken_is_named_and_port_nought_listens_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"SMARTWORK_HEALTH_PORT is {port}"), health_server(Health({}), port):
            pass
    with health_server(Health({}), 0):
        pass
