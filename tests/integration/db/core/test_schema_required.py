"""Only `smartwork migrate` changes a schema: every other command and every service refuses one that is not its own."""

import logging
import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
from typer.testing import CliRunner

from ingest.background_worker import BackgroundWorker, background_workers
from ingest.worker_health import WorkerHealth
from smartwork.cli.app import app
from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.db.core.migrations import SchemaMismatch, migrations, require_current_schema
from smartwork.db.read.dashboard import reading
from tests.support import commands
from tests.support.accounts import command as run_command
from tests.support.api import served
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
NEWEST = migrations()[-1]
FORGET_NEWEST = b"DELETE FROM schema_migration WHERE number = %s"
FROM_THE_FUTURE = b"INSERT INTO schema_migration (number, name, checksum) VALUES (9000, 'future', 'x')"
OLDER, NEWER, EMPTY = (
    rf"needs {NEWEST.number:04d}: {NEWEST.name} was not applied.*run: smartwork migrate",
    r"migration 9000, which this version does not know\. Update smartwork",
    r"no tables of smartwork.*run: smartwork migrate",
)


@pytest.fixture
def old(connection: Connection) -> Connection:
    """A database whose newest migration is missing from its records, as one of the version before."""
    connection.execute(FORGET_NEWEST, (NEWEST.number,))
    return connection


def test_the_current_schema_is_accepted(connection: Connection) -> None:
    require_current_schema(connection)


def test_every_command_refuses_an_older_schema_and_leaves_it_as_it_is(
    old: Connection, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    monkeypatch.setenv("SMARTWORK_BROKER_URL", broker_url)
    applied = len(migrations()) - 1
    for command in (*commands.DATABASE, *commands.DATABASE_AND_BROKER, "demo --once"):
        if command == "migrate":
            continue
        with pytest.raises(SchemaMismatch, match=OLDER):
            CliRunner().invoke(app, command.split(), catch_exceptions=False)
        assert old.execute("SELECT count(*) FROM schema_migration").fetchone() == (applied,), command


@pytest.mark.parametrize("command", ["ledger", "bill --month 2026-09", "demo --once", "migrate"])
def test_a_newer_schema_is_refused_with_the_advice_to_update(
    connection: Connection, database_url: str, broker_url: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    connection.execute(FROM_THE_FUTURE)
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    monkeypatch.setenv("SMARTWORK_BROKER_URL", broker_url)
    with pytest.raises(SchemaMismatch, match=NEWER):
        CliRunner().invoke(app, command.split(), catch_exceptions=False)


def test_an_empty_database_is_filled_by_migrate_and_by_nothing_else(empty_database_url: str) -> None:
    refused = run_command(empty_database_url, "ledger")
    assert refused.returncode == 1
    assert "The database has no tables of smartwork. To create them, run: smartwork migrate" in refused.stderr
    assert "Traceback" not in refused.stderr
    migrated = run_command(empty_database_url, "migrate", role=None)
    assert migrated.stdout.splitlines() == [f"Applied {migration.name}" for migration in migrations()]
    assert run_command(empty_database_url, "ledger").returncode == 0


@pytest.mark.parametrize(
    ("spoil", "text"),
    [(FORGET_NEWEST, "run: smartwork migrate"), (FROM_THE_FUTURE, "Update smartwork")],
    ids=["older", "newer"],
)
@pytest.mark.parametrize("service", ["ingest", "api"])
def test_a_service_ends_with_what_to_do(
    connection: Connection, database_url: str, broker_url: str, tmp_path: Path, service: str, spoil: bytes, text: str
) -> None:
    connection.execute(spoil, (NEWEST.number,) if spoil is FORGET_NEWEST else ())
    settings = {"database_url": database_url, "broker_url": broker_url, "worker": "schema", "api_port": 1}
    with Program(service, settings, tmp_path / "log") as program:
        program.wait_for_log(text)
        eventually(lambda: not psutil.pid_exists(program.pid) or psutil.Process(program.pid).status() == "zombie")
        assert program.stop() == 2
        assert "Traceback" not in program.log_text


def test_a_background_worker_does_no_work_on_another_schema(
    old: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert old
    worked: list[Connection] = []
    health = WorkerHealth(now, most_failures=2)
    worker = BackgroundWorker("worker", lambda: True, worked.append, 1.0, logging.getLogger("worker"))
    with background_workers(database_url, [worker], health, threading.Event()):
        eventually(lambda: "the background worker worker failed 2 times" in health.fault)
    assert worked == []
    assert "run: smartwork migrate" in caplog.text


def test_an_api_that_started_without_its_database_answers_503_where_it_finds_another_schema(
    old: Connection, database_url: str, tmp_path: Path
) -> None:
    assert old
    with served(database_url, tmp_path, now) as url, pytest.raises(HTTPError) as answer:
        urlopen(f"{url}/healthz", timeout=5)  # noqa: S310 - the address is our own
    with answer.value as response:
        assert response.code == 503


def test_a_page_says_what_to_do(old: Connection, database_url: str) -> None:
    assert old
    with pytest.raises(SchemaMismatch, match=OLDER), reading(database_url):
        pass


def test_a_user_who_may_not_read_the_record_of_migrations_is_told_so(connection: Connection, database_url: str) -> None:
    assert database_url
    connection.execute("CREATE ROLE nobody_here")
    try:
        connection.execute("REVOKE SELECT ON schema_migration FROM PUBLIC; SET ROLE nobody_here")
        with pytest.raises(SchemaMismatch, match="may not read the table schema_migration"):
            require_current_schema(connection)
    finally:
        connection.execute("RESET ROLE; DROP ROLE nobody_here")
