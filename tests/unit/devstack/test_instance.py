import os
import socket
from pathlib import Path

import pytest

from smartwork.devstack import instance, stack
from smartwork.devstack.errors import DevstackError


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"SMARTWORK_CACHE": str(tmp_path)}


def test_password_and_ports_stay_the_same(env: dict[str, str]) -> None:
    first = instance.named("a", env)
    first.create()
    remembered = (first.password, first.port("postgres"), first.port("mosquitto"))
    again = instance.named("a", env)
    again.create()
    assert (again.password, again.port("postgres"), again.port("mosquitto")) == remembered
    assert len(set(remembered)) == 3


def test_only_the_owner_can_read_the_record_with_the_password(env: dict[str, str]) -> None:
    made = instance.named("a", env)
    made.create()
    assert (made.folder / "instance.json").stat().st_mode & 0o077 == 0


def test_a_used_port_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.listen()
        assert not instance.is_free(port)
    assert instance.is_free(port)


@pytest.mark.parametrize("name", ["../x", "", "A", "a/b", "-a", "x" * 61])
def test_a_name_cannot_leave_the_cache(name: str, env: dict[str, str]) -> None:
    with pytest.raises(DevstackError, match="small letters"):
        instance.named(name, env)


def test_a_throwaway_of_a_running_process_is_not_deleted(env: dict[str, str]) -> None:
    mine = instance.throwaway("test", env)
    mine.create()
    assert list(instance.leftovers(env)) == []


def test_a_throwaway_of_a_dead_process_is_deleted(env: dict[str, str]) -> None:
    # the process id exists, but the process with that start time has ended
    dead = instance.named(f"throwaway-test-{os.getpid()}-1-abcdef", env)
    dead.create()
    kept = instance.named("mine", env)
    kept.create()
    assert stack.sweep(env) == [dead.name]
    assert not dead.folder.exists()
    assert kept.folder.exists()


def test_servers_named_in_the_environment_are_used_and_nothing_is_started(env: dict[str, str], tmp_path: Path) -> None:
    own = {**env, "SMARTWORK_DATABASE_URL": "postgresql://u:secret@db:5432/x", "SMARTWORK_BROKER_URL": "mqtt://b:1883"}
    assert stack.up(own) == stack.Endpoints("postgresql://u:secret@db:5432/x", "mqtt://b:1883", False, False)
    assert list(tmp_path.iterdir()) == []


def test_a_status_contains_no_password(env: dict[str, str]) -> None:
    own = {**env, "SMARTWORK_DATABASE_URL": "postgresql://u:secret@db:5432/x"}
    database, broker = stack.status(env=own)
    assert (database.state, database.address) == ("external", "db:5432")
    assert broker.state == "stopped"


def test_stopping_an_instance_that_never_ran_is_no_error(env: dict[str, str]) -> None:
    assert stack.down("never", env) == []
    assert stack.remove("never", env) == []
