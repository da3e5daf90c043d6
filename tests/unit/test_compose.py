"""docker-compose.yml agrees with the files, programs, settings, users and networks that it names. Needs no Docker."""

import importlib.util
import re
import runpy
import shutil
import socket
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
import yaml

from firmware_sim.demo_network import demo_network
from smartwork.cli.app import app
from smartwork.db.core.roles import Role
from smartwork.health_server import Health, health_server
from smartwork.settings import (
    ApiSettings,
    BrokerSettings,
    DashboardSettings,
    DatabaseSettings,
    EdgeSettings,
    FeedWatchSettings,
    IngestSettings,
    RoleSettings,
    Settings,
    SimulatorSettings,
)
from tests.support.project import ROOT

RAW = (ROOT / "docker-compose.yml").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VARIABLE = re.compile(r"\$\{(\w+):\?[^}]+\}")
NAMES = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
COMPOSE: dict[str, Any] = yaml.safe_load(VARIABLE.sub(lambda found: found[1].lower(), RAW))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ONE_SHOT = {"roles", "migrate", "registry"}
COMMANDS = {"worker"}
"""Started by hand, for one command."""
SETTINGS: dict[str, tuple[type[Settings], ...]] = {
    "migrate": (DatabaseSettings, BrokerSettings),
    "registry": (DatabaseSettings, BrokerSettings),
    "roles": (RoleSettings,),
    "worker": (DatabaseSettings, BrokerSettings),
    "feeds": (FeedWatchSettings,),
    "ingest": (IngestSettings,),
    "api": (ApiSettings,),
    "edge": (EdgeSettings,),
    "firmware_sim": (SimulatorSettings,),
    "dashboard": (DashboardSettings,),
}
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


def copied(dockerfile: Path) -> dict[str, str]:
    """What a Dockerfile copies from the tree: source to place in the image."""
    found: dict[str, str] = {}
    for line in dockerfile.read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *sources, target = line.split()[1:]
            found |= dict.fromkeys(sources, target)
    return found


def dockerfile_of(service: dict[str, Any]) -> Path:
    build = service["build"]
    return ROOT / str(build["context"]) / str(build["dockerfile"])


def broker_addresses(service: dict[str, Any]) -> list[str]:
    environment = service.get("environment", {})
    names = ("SMARTWORK_BROKER_URL", "SMARTWORK_CENTRE_BROKER_URL")
    return [str(environment[name]) for name in names if name in environment]


def test_all_components_of_the_system_are_services() -> None:
    assert {*SETTINGS, "mosquitto", "centre_broker", "timescaledb", "homeassistant"} == set(SERVICES)
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["worker", "homeassistant"]


def test_every_secret_is_required_and_has_its_name_in_the_example() -> None:
    assert set(VARIABLE.findall(RAW)) == set(NAMES)
    assert "$" not in VARIABLE.sub("", RAW)


def test_no_file_contains_a_secret() -> None:
    for file in (ROOT / "docker-compose.yml", ROOT / ".env.example", *DOCKERFILES, *(ROOT / "broker").iterdir()):
        text = file.read_text()
        assert not re.search(r"://[^:@/\s\[]+:(?!\$\{)[^@\s/]+@", text), file
        assert not re.search(r"(?i)password(_\w+)?[:=][ \t]*(?!\$\{)[^\s:{]{4,}$", text, re.MULTILINE), file
    assert ".env" in (ROOT / ".gitignore").read_text().split()


@pytest.mark.parametrize("name", OURS)
def test_the_sources_of_an_image_exist_and_are_in_the_build_context(name: str) -> None:
    dockerfile = dockerfile_of(OURS[name])
    assert dockerfile in DOCKERFILES
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in copied(dockerfile):
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(pattern) for pattern in allowed), source


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_installs_one_extra_of_the_project_and_runs_as_an_unprivileged_user(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    (extra,) = re.findall(r'"\.\[(\w+)\]"', text)
    assert extra in PROJECT["optional-dependencies"]
    assert text.index("\nUSER smartwork\n") < text.index("\nCMD ")
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(copied(dockerfile))


def test_the_lock_gives_pip_one_plain_constraint_for_each_package() -> None:
    (expression,) = {re.search(r"sed -n '([^']+)'", file.read_text())[1] for file in DOCKERFILES}  # type: ignore[index]
    lock = ROOT / "requirements" / "dev.txt"
    lines = subprocess.run(["sed", "-n", expression, lock], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(re.findall(r"^[a-z0-9]", lock.read_text(), re.MULTILINE))
    assert all(re.fullmatch(r"[a-z0-9._-]+==[^\s;]+", line) for line in lines)


@pytest.mark.parametrize("name", OURS)
def test_the_command_of_a_service_exists(name: str) -> None:
    match OURS[name]["command"]:
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(f"{module}.__main__")
        case ["python", script]:
            assert script in copied(dockerfile_of(OURS[name])).values()
        case ["smartwork", command, *rest]:
            assert PROJECT["scripts"]["smartwork"] == "smartwork.__main__:main"
            group = typer.main.get_command(app)
            assert isinstance(group, typer.core.TyperGroup)
            found = group.commands.get(command)
            for name_of_command in (part for part in rest if not part.startswith("-")):
                assert isinstance(found, typer.core.TyperGroup)
                found = found.commands.get(name_of_command)
            assert found is not None
        case ["streamlit", "run", script, *_]:
            assert (ROOT / script).is_file()
        case other:
            pytest.fail(f"unknown command {other}")


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_the_command_of_an_image_is_that_of_its_service(dockerfile: Path) -> None:
    (line,) = re.findall(r"^CMD (\[.+\])$", dockerfile.read_text(), re.MULTILINE)
    own = yaml.safe_load(line)
    assert OURS[dockerfile.stem]["command"][: len(own)] == own


@pytest.mark.parametrize("name", OURS)
def test_the_environment_of_a_service_matches_its_settings(name: str) -> None:
    environment = OURS[name]["environment"]
    for settings in SETTINGS[name]:
        settings.from_env(environment)
    fields = {f"SMARTWORK_{field.upper()}" for settings in SETTINGS[name] for field in settings.model_fields}
    assert set(environment) <= fields


def test_the_simulated_centre_is_that_of_the_edge_and_of_the_demo_network() -> None:
    centre = OURS["edge"]["environment"]["SMARTWORK_CENTRE"]
    assert OURS["firmware_sim"]["command"][-2:] == ["--centre", centre]
    assert centre in {c.slug for c in demo_network(1).centres}


@pytest.mark.parametrize("address", sorted({a for service in OURS.values() for a in broker_addresses(service)}))
def test_a_user_of_a_broker_has_its_password_and_is_in_the_access_list(address: str) -> None:
    parts = urlsplit(address)
    broker = str(parts.hostname)
    assert parts.username is not None
    assert SERVICES[broker]["environment"][f"BROKER_PASSWORD_{parts.username}"] == parts.password
    list_of = {"mosquitto": "acl", "centre_broker": "centre.acl"}
    users = re.findall(r"^user (\S+)$", (ROOT / "broker" / list_of[broker]).read_text(), re.MULTILINE)
    centres = [OURS["edge"]["environment"]["SMARTWORK_CENTRE"]] if broker == "mosquitto" else []
    assert parts.username in {*users, *centres}


def test_no_two_services_are_the_same_user_of_the_network_broker_at_a_time() -> None:
    """A user has one connection; a one-shot service ends before others of its user start."""
    users = [
        (urlsplit(address).username, name)
        for name, service in OURS.items()
        for address in broker_addresses(service)
        if urlsplit(address).hostname == "mosquitto" and name not in ONE_SHOT
    ]
    assert len({user for user, _ in users}) == len(users)


def test_devices_cannot_reach_the_network_broker() -> None:
    for name in ("firmware_sim", "homeassistant", "centre_broker"):
        assert not set(SERVICES[name]["networks"]) & set(SERVICES["mosquitto"]["networks"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_shares_a_network_with_each_server_it_names(name: str) -> None:
    for address in OURS[name]["environment"].values():
        if "://" in address:
            assert set(SERVICES[str(urlsplit(address).hostname)]["networks"]) & set(OURS[name]["networks"])


def test_the_edge_cannot_reach_the_database() -> None:
    for name in ("edge", "firmware_sim"):
        assert not set(SERVICES[name]["networks"]) & set(SERVICES["timescaledb"]["networks"])


def test_every_volume_network_and_mounted_file_exists() -> None:
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_a_service_starts_after_the_services_that_it_needs() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if needed in ONE_SHOT else "service_healthy"), needed
    for name in ONE_SHOT:
        assert SERVICES[name]["restart"] == "no"


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONE_SHOT | COMMANDS])
def test_the_health_check_of_a_service_uses_a_program_in_its_image(name: str) -> None:
    service = SERVICES[name]
    match service["healthcheck"]["test"]:
        case ["CMD", "python", str(script), port] if script.endswith(".py"):
            assert script in copied(dockerfile_of(service)).values()
            assert port in {value for key, value in service["environment"].items() if key.endswith("_PORT")}
        case ["CMD", "python" | "python3", "-c", program]:
            compile(program, name, "exec")
            assert any(f":{mapping.split(':')[-1]}/" in program for mapping in service["ports"])
        case ["CMD", "sh", script]:
            assert (ROOT / script.removeprefix("/smartwork/")).is_file()
        case ["CMD", "pg_isready", *arguments]:
            assert service["environment"]["POSTGRES_USER"] in arguments
        case other:
            pytest.fail(f"unknown check {other}")


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert "127.0.0.1:8501:8501" in ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" not in service])
def test_the_version_of_an_external_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+(-pg17)?", SERVICES[name]["image"])


def test_home_assistant_has_the_version_of_the_tests() -> None:
    (version,) = re.findall(r"^homeassistant==(\S+)", (ROOT / "requirements" / "homeassistant.txt").read_text(), re.MULTILINE)
    assert SERVICES["homeassistant"]["image"].endswith(f":{version}")


def test_a_container_is_healthy_only_while_its_service_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(ROOT / "docker" / "ready.py"))["main"]
    connected = False
    health = Health({"broker": lambda: connected})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert main(port) == 1
    with health_server(health, port):
        assert main(port) == 1
        assert "not connected to the broker" in capsys.readouterr().out
        connected = True
        assert main(port) == 0


def test_each_service_has_a_role_of_its_own_and_only_one_shot_is_a_superuser() -> None:
    users = {
        name: urlsplit(service["environment"]["SMARTWORK_DATABASE_URL"]).username
        for name, service in OURS.items()
        if "SMARTWORK_DATABASE_URL" in service["environment"]
    }
    assert users == {
        "roles": SERVICES["timescaledb"]["environment"]["POSTGRES_USER"],
        "migrate": Role.OWNER,
        "registry": Role.WORKER,
        "worker": Role.WORKER,
        "feeds": Role.WORKER,
        "ingest": Role.INGEST,
        "api": Role.API,
        "dashboard": Role.DASHBOARD,
    }
    secrets = [OURS[name]["environment"]["SMARTWORK_DATABASE_URL"].split(":")[2].split("@")[0] for name in users]
    assert len(set(secrets)) == len(set(users.values()))
    assert all("smartwork_postgres_password" not in str(OURS[name]["environment"]) for name in ("edge", "firmware_sim"))


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_a_memory_limit_and_a_root_file_system_that_it_cannot_write(name: str) -> None:
    assert re.fullmatch(r"\d+[mg]", SERVICES[name]["mem_limit"])
    assert SERVICES[name].get("read_only", False) is (name != "homeassistant")


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("the docker compose plugin is not on this machine")
    (tmp_path / "env").write_text("".join(f"{name}=abc\n" for name in NAMES))
    command = [docker, "compose", "--env-file", str(tmp_path / "env"), "--profile", "*", "config", "--quiet"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
