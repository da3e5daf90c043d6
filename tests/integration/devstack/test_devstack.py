"""The development stack with real servers: downloaded, started, found, killed and deleted."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartwork.devstack import stack
from smartwork.devstack.errors import DevstackError, plain_environment
from smartwork.devstack.mosquitto import Mosquitto
from smartwork.devstack.process_identity import find_server
from tests.support.project import ROOT

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def running() -> Iterator[stack.Stack]:
    with stack.ephemeral("devstack") as pair:
        yield pair


def client(broker: Mosquitto, program: str, *arguments: str) -> str:
    command = [str(broker.tree / "usr/bin" / program), "-V", "5", "-h", "127.0.0.1", "-p", str(broker.port), *arguments]
    return subprocess.run(command, env=plain_environment(), capture_output=True, text=True, check=True, timeout=20).stdout


def again(running: stack.Stack) -> stack.Endpoints:
    return stack.up({**os.environ, stack.DATABASE_URL: "", stack.BROKER_URL: ""}, running.instance.name)


def test_a_hypertable_can_be_created_and_queried(running: stack.Stack) -> None:
    running.postgres.psql(
        "CREATE TABLE IF NOT EXISTS sample (at timestamptz NOT NULL, value int);"
        "SELECT create_hypertable('sample', 'at', if_not_exists => true);"
        "INSERT INTO sample SELECT '2026-03-29'::timestamptz + i * interval '1 hour', i FROM generate_series(0, 47) i"
    )
    days = running.postgres.psql("SELECT count(DISTINCT time_bucket('1 day', at, 'Europe/Brussels')) FROM sample")
    assert int(days) == 3


def test_the_database_asks_for_its_password(running: stack.Stack) -> None:
    psql = running.postgres.tree / "usr/lib/postgresql/17/bin/psql"
    address = running.endpoints.database_url.replace(running.instance.password, "wrong")
    refused = subprocess.run([psql, address, "-c", "SELECT 1"], capture_output=True, text=True, check=False)
    assert "password authentication failed" in refused.stderr


def test_a_commit_is_durable_and_telemetry_is_off(running: stack.Stack) -> None:
    names = ("synchronous_commit", "fsync", "timescaledb.telemetry_level", "listen_addresses")
    values = [running.postgres.psql(f"SHOW {name}").strip() for name in names]
    assert values == ["on", "on", "off", "127.0.0.1"]


def test_an_offline_session_gets_its_messages_after_a_restart_of_the_broker(running: stack.Stack) -> None:
    session = ["-i", "desk", "-q", "1", "-t", "sw/test", "-c", "-x", "3600"]
    client(running.mosquitto, "mosquitto_sub", *session, "-E")
    client(running.mosquitto, "mosquitto_pub", "-t", "sw/test", "-q", "1", "-m", "kept")
    running.mosquitto.restart()
    assert client(running.mosquitto, "mosquitto_sub", *session, "-C", "1") == "kept\n"


def test_a_second_start_uses_the_servers_that_run(running: stack.Stack) -> None:
    before = (running.postgres.pid(), running.mosquitto.pid())
    assert again(running) == running.endpoints
    assert (running.postgres.pid(), running.mosquitto.pid()) == before


def test_a_stack_starts_again_after_its_servers_were_killed(running: stack.Stack) -> None:
    running.postgres.psql("CREATE TABLE survivor AS SELECT 42 AS answer")
    running.postgres.kill()
    running.mosquitto.kill()
    assert [server.state for server in stack.status(running.instance.name, {})] == ["stopped", "stopped"]
    assert again(running) == running.endpoints
    assert running.postgres.psql("SELECT answer FROM survivor").strip() == "42"
    assert running.mosquitto.healthy()


def test_a_recorded_process_id_of_another_program_is_ignored(running: stack.Stack) -> None:
    running.mosquitto.stop()
    (running.mosquitto.data / "mosquitto.pid").write_text(f"{os.getpid()}\n")
    assert running.mosquitto.pid() is None
    assert not running.mosquitto.stop()
    again(running)
    assert running.mosquitto.healthy()


def test_a_port_that_another_program_took_is_changed(running: stack.Stack) -> None:
    running.mosquitto.stop()
    old = running.mosquitto.port
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", old))
        thief.listen()
        again(running)
        assert running.mosquitto.port != old
        assert running.mosquitto.healthy()


def test_the_error_of_a_server_that_cannot_start_contains_the_end_of_its_log(
    running: stack.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.mosquitto.stop()
    monkeypatch.setattr(Mosquitto, "_listener_lines", lambda _self: "listener nonsense\n")
    with pytest.raises(DevstackError, match=r"(?s)Mosquitto did not start.*listener with port 0"):
        running.mosquitto.start()
    monkeypatch.undo()
    running.mosquitto.start()


def test_a_throwaway_of_a_killed_process_is_deleted_by_the_next_start() -> None:
    code = (
        "import os, signal; from smartwork.devstack import stack\n"
        "with stack.ephemeral('killed') as pair:\n"
        "    print(pair.instance.folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=False)
    folder = Path(killed.stdout.decode().strip())
    assert find_server("postgres", folder / "postgres" / "17") is not None
    stack.sweep()
    assert find_server("postgres", folder / "postgres" / "17") is None
    assert find_server("mosquitto", folder / "mosquitto.conf") is None
    assert not folder.exists()


def test_two_starts_at_once_start_each_server_once() -> None:
    name = f"twins-{os.getpid()}"
    code = f"import os; from smartwork.devstack import stack; print(stack.up(os.environ, {name!r}))"
    env = {key: value for key, value in os.environ.items() if key not in {stack.DATABASE_URL, stack.BROKER_URL}}
    env["PYTHONPATH"] = str(ROOT)
    try:
        twins = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE) for _ in range(2)]
        first, second = (twin.communicate(timeout=60)[0] for twin in twins)
        assert first == second
        assert b"owned_database=True" in first
        began = time.monotonic()
        assert stack.down(name) == ["TimescaleDB", "Mosquitto"]
        assert time.monotonic() - began < 10
    finally:
        stack.remove(name)


def test_a_throwaway_never_uses_a_server_that_is_named() -> None:
    """So `smartwork bench` and `simulate day` cannot write to a real database."""
    named = {**os.environ, stack.DATABASE_URL: "postgresql://real/books", stack.BROKER_URL: "mqtt://real"}
    with stack.ephemeral("named", named) as pair:
        assert pair.endpoints.owned_database
        assert pair.endpoints.owned_broker
        assert "real" not in pair.endpoints.database_url + pair.endpoints.broker_url
