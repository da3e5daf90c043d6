"""docker-compose.scale.yml with docker-compose.yml: a broker of several nodes, and workers with names of their own."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from smartwork.contracts.access_list import CLUSTER_PATH, cluster_text, text
from smartwork.settings import BrokerSettings, DatabaseSettings, EdgeSettings, IngestSettings, Settings
from tests.support.project import ROOT

VARIABLE = re.compile(r"\$\{(\w+):\?[^}]+\}")
NAMES = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
RAW = (ROOT / "docker-compose.scale.yml").read_text()


def parsed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(VARIABLE.sub(lambda match: match[1].lower(), text))
    return found


BASE = parsed((ROOT / "docker-compose.yml").read_text())
SCALE = parsed(RAW)
NODES = {name: service for name, service in SCALE["services"].items() if "image" in service}
SETTINGS: dict[str, tuple[type[Settings], ...]] = {
    "migrate": (DatabaseSettings, BrokerSettings),
    "worker": (DatabaseSettings, BrokerSettings),
    "registry": (DatabaseSettings, BrokerSettings),
    "ingest": (IngestSettings,),
    "edge": (EdgeSettings,),
}


def merged(name: str) -> dict[str, Any]:
    """A service of the first file with the second on top, as far as these tests ask."""
    base, scale = BASE["services"][name], SCALE["services"][name]
    service: dict[str, Any] = base | scale | {"environment": base["environment"] | scale["environment"]}
    return service


def test_a_service_that_is_no_broker_node_extends_one_of_the_first_file() -> None:
    assert set(SCALE["services"]) - set(NODES) == set(SETTINGS) <= set(BASE["services"])
    assert len(NODES) > 1


@pytest.mark.parametrize("name", SETTINGS)
def test_a_service_connects_to_the_cluster_by_its_settings(name: str) -> None:
    environment = merged(name)["environment"]
    for settings in SETTINGS[name]:
        settings.from_env(environment)
    fields = {f"SMARTWORK_{field.upper()}" for settings in SETTINGS[name] for field in settings.model_fields}
    assert set(environment) <= fields
    address = urlsplit(environment["SMARTWORK_BROKER_URL"])
    for node in NODES.values():
        shared = set(merged(name)["networks"]) & set(node["networks"])
        assert shared
        assert all(address.hostname in node["networks"][network]["aliases"] for network in shared)


def test_the_nodes_of_the_broker_find_one_another_by_name() -> None:
    names = {service["environment"]["EMQX_NODE_NAME"] for service in NODES.values()}
    assert len(names) == len(NODES)
    for service in NODES.values():
        assert set(service["environment"]["EMQX_CLUSTER__STATIC__SEEDS"].strip("[]").split(",")) == names
        host = service["environment"]["EMQX_NODE_NAME"].partition("@")[2]
        assert all(host in network["aliases"] for network in service["networks"].values())
        assert re.fullmatch(r"emqx/emqx:\d+\.\d+\.\d+", service["image"])


def test_no_port_of_the_cluster_is_published_and_its_data_is_in_volumes() -> None:
    for service in NODES.values():
        assert "ports" not in service
        assert set(service["networks"]) <= set(BASE["networks"])
        data, configuration = service["volumes"]
        assert data.split(":")[0] in SCALE["volumes"]
        assert configuration == "./broker:/smartwork/broker:ro"


def test_each_service_has_a_user_and_a_password_that_every_node_knows() -> None:
    for name in SETTINGS:
        address = urlsplit(merged(name)["environment"]["SMARTWORK_BROKER_URL"])
        assert address.password
        for node in NODES.values():
            assert node["environment"][f"BROKER_PASSWORD_{address.username}"] == address.password


def test_the_nodes_refuse_who_has_no_password_and_what_the_access_list_does_not_name() -> None:
    for node in NODES.values():
        settings = node["environment"]
        assert settings["EMQX_AUTHENTICATION__1__BACKEND"] == "built_in_database"
        assert settings["EMQX_AUTHENTICATION__1__BOOTSTRAP_FILE"].startswith(node["tmpfs"][0].split(":")[0])
        assert settings["EMQX_AUTHORIZATION__NO_MATCH"] == "deny"
        assert settings["EMQX_AUTHORIZATION__SOURCES__1__PATH"] == f"/smartwork/broker/{CLUSTER_PATH.name}"
        assert settings["EMQX_MQTT__USE_USERNAME_AS_CLIENTID"] == "true"
        assert settings["EMQX_DASHBOARD__LISTENERS__HTTP__BIND"] == "0"
        assert not any("@" in value for name, value in settings.items() if "URL" in name)
    assert CLUSTER_PATH.read_text() == cluster_text()


def test_the_access_list_of_the_cluster_has_the_rules_of_mosquittos() -> None:
    rules = [line for line in cluster_text().splitlines() if not line.startswith("%%")]
    assert rules[-1] == "{deny, all}."
    of_mosquitto = [line for line in text().splitlines() if line.startswith(("pattern", "topic")) and "$SYS" not in line]
    assert len(rules) - 1 == len(of_mosquitto)
    assert '{allow, all, publish, ["sw/v1/${username}/readings/gateway"]}.' in rules
    assert '{allow, {username, "ingest"}, subscribe, ["sw/v1/+/readings/+"]}.' in rules
    assert not any("#" in rule for rule in rules)


def test_a_node_gets_its_users_from_the_environment_and_does_not_inherit_the_passwords(tmp_path: Path) -> None:
    script = ["sh", str(ROOT / "broker" / "start-cluster.sh"), "-c", "env; cat $SMARTWORK_RUN_FOLDER/users.json"]
    own = {"PATH": os.environ["PATH"], "SMARTWORK_RUN_FOLDER": str(tmp_path), "SMARTWORK_ENTRYPOINT": "/bin/sh"}
    passwords = {"BROKER_PASSWORD_ingest": "abc", "BROKER_PASSWORD_la_louviere": "def"}
    done = subprocess.run(script, env=own | passwords, capture_output=True, text=True, check=True)
    users = json.loads((tmp_path / "users.json").read_text())
    assert {user["user_id"]: user["password"] for user in users} == {"ingest": "abc", "la-louviere": "def"}
    assert not any(user["is_superuser"] for user in users)
    assert "BROKER_PASSWORD" not in done.stdout
    assert (tmp_path / "users.json").stat().st_mode & 0o077 == 0
    without = subprocess.run(script, env=own, capture_output=True, text=True, check=False)
    assert (without.returncode, "nobody could connect" in without.stderr) == (2, True)


def test_there_are_several_workers_and_each_replica_has_a_name_of_its_own() -> None:
    ingest = SCALE["services"]["ingest"]
    assert ingest["deploy"]["replicas"] > 1
    shell, option, program = ingest["command"]
    assert (shell, option) == ("sh", "-c")
    printing = program.replace("$$", "$").replace("exec python -m ingest", "sh -c 'echo $SMARTWORK_WORKER'")
    assert printing != program
    done = subprocess.run(
        ["sh", "-c", f"hostname() {{ echo 3f2a99c0d1e4; }}; {printing}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "3f2a99c0d1e4"
    assert "SMARTWORK_WORKER" not in merged("ingest")["environment"]
    IngestSettings.from_env(merged("ingest")["environment"] | {"SMARTWORK_WORKER": done.stdout.strip()})


def test_the_devices_of_the_centre_use_its_own_broker() -> None:
    environment = merged("edge")["environment"]
    address = urlsplit(environment["SMARTWORK_CENTRE_BROKER_URL"])
    assert (address.username, address.hostname) == ("edge", "centre_broker")


def test_secrets_have_their_name_in_the_example() -> None:
    assert set(VARIABLE.findall(RAW)) <= set(NAMES)
    assert "$" not in VARIABLE.sub("", RAW).replace("$$", "")


def test_compose_itself_accepts_the_two_files_together(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("the docker compose plugin is not on this machine")
    (tmp_path / "env").write_text("".join(f"{name}=abc\n" for name in NAMES))
    files = ["-f", "docker-compose.yml", "-f", "docker-compose.scale.yml"]
    command = [docker, "compose", "--env-file", str(tmp_path / "env"), *files, "config", "--quiet"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
