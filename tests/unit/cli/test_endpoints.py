"""Which servers a command uses: it names what is missing, and takes the development stack only when asked to."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.db.core.migrations import migrations
from smartwork.devstack.instance import named
from smartwork.errors import SettingError
from tests.support import commands


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache; no setting; the working folder holds the files that commands name."""
    for name in [name for name in os.environ if name.startswith("SMARTWORK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SMARTWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    commands.write_files(tmp_path)
    return tmp_path / "cache"


def refused(command: str) -> str:
    """The text of the SettingError with which `smartwork` refuses this command."""
    with pytest.raises(SettingError) as error:
        CliRunner().invoke(app, command.split(), catch_exceptions=False)
    return str(error.value)


def test_every_command_is_listed_by_the_servers_that_it_needs() -> None:
    both = {" ".join(command.split()[:2]) for command in commands.DATABASE_AND_BROKER} | {"replay robod"}
    database = {
        name for name in commands.names() if any(f"{command} ".startswith(f"{name} ") for command in commands.DATABASE)
    }
    others = commands.OWN_SERVERS | commands.NAMED_DATABASE | commands.NO_SERVER
    assert commands.names() == database | both | others
    assert len(database) == len(commands.DATABASE)


@pytest.mark.parametrize("command", [*commands.DATABASE, *commands.DATABASE_AND_BROKER])
def test_without_settings_a_command_names_what_is_missing_and_starts_nothing(command: str, cache: Path) -> None:
    text = refused(command)
    assert "SMARTWORK_DATABASE_URL is not set. Expected: A PostgreSQL address" in text
    assert "smartwork up && export SMARTWORK_ENV=development" in text
    assert not cache.exists(), "nothing was downloaded or started"


@pytest.mark.parametrize("environment", ["production", "development"])
def test_roles_are_set_up_on_a_named_server_only(environment: str, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("SMARTWORK_ENV", environment)
    assert "SMARTWORK_DATABASE_URL is not set" in refused("roles")
    assert not cache.exists()


@pytest.mark.parametrize("command", commands.DATABASE_AND_BROKER)
def test_a_command_that_needs_both_servers_names_what_is_missing_of_both(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SMARTWORK_BROKER_URL is not set" in refused(command)
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", "postgresql://me@127.0.0.1:1/x")
    assert "SMARTWORK_BROKER_URL is not set" in (text := refused(command))
    assert "DATABASE_URL" not in text


def test_an_empty_variable_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", "")
    assert "SMARTWORK_DATABASE_URL is not set" in refused("bill")


def test_after_a_demo_the_advice_is_one_export() -> None:
    """The instance of the checkout exists, as after `make demo`."""
    named(None, os.environ).create()
    text = refused("bill")
    assert "To use the development database of this checkout, run: export SMARTWORK_ENV=development" in text
    assert "smartwork up" not in text


@pytest.mark.parametrize("value", ["dev", "Development", "test", "1"])
def test_a_mistyped_environment_is_refused_with_its_name(value: str, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("SMARTWORK_ENV", value)
    text = refused("ledger")
    assert f"SMARTWORK_ENV is '{value}'" in text
    assert "Expected: development" in text
    assert not cache.exists()


def test_production_can_be_named_and_starts_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("SMARTWORK_ENV", "production")
    assert "SMARTWORK_DATABASE_URL is not set" in refused("bill")
    assert not cache.exists()


@pytest.mark.parametrize("command", ["demo --once", "up", *commands.DATABASE_AND_BROKER])
def test_a_development_database_is_never_published_on_a_broker_of_others(
    command: str, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("SMARTWORK_ENV", "development")
    monkeypatch.setenv("SMARTWORK_BROKER_URL", "mqtt://127.0.0.1:1")
    assert "SMARTWORK_BROKER_URL is set and SMARTWORK_DATABASE_URL is not" in refused(command)
    assert not (cache / "trees").exists()


def test_a_wrong_address_is_not_answered_with_advice_to_use_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", "mysql://x")
    text = refused("ledger")
    assert "SMARTWORK_DATABASE_URL is 'mysql://x'" in text
    assert "SMARTWORK_ENV" not in text


def test_the_text_is_printed_without_a_traceback_and_the_exit_status_is_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "smartwork", "bill"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: SMARTWORK_DATABASE_URL is not set.")
    assert "Traceback" not in done.stderr


def test_the_version_names_the_release_and_the_schema_and_needs_no_setting() -> None:
    done = CliRunner().invoke(app, ["--version"], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout == f"smartwork {version('smartwork')}, schema {migrations()[-1].number:04d}\n"
