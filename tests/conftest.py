"""Real servers for the whole run, a database and a clean broker for each test."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.roles import prepare_roles
from smartwork.devstack.role_addresses import role_passwords
from smartwork.devstack.stack import BROKER_URL, DATABASE_URL, Endpoints, Stack, ephemeral
from tests.support.broker import forget_everything
from tests.support.project import ROOT

SHARED_DATA = ROOT.parent / "shared" / "data"
_PREFIX = f"smartwork_test_{os.getpid()}"
_numbers = count(1)
# What is promised holds on a busy machine too; how long it takes is what `smartwork bench` measures.
settings.register_profile("promises", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("promises")


@pytest.fixture(scope="session")
def _own_servers() -> Iterator[Stack | None]:
    """A throwaway pair of servers, or None if the environment names both."""
    if os.environ.get(DATABASE_URL) and os.environ.get(BROKER_URL):
        yield None
        return
    with ephemeral("tests") as pair:
        yield pair


@pytest.fixture(scope="session")
def stack(_own_servers: Stack | None) -> Endpoints:
    """Where the servers of this run are; SMARTWORK_DATABASE_URL and SMARTWORK_BROKER_URL are used where set.

    Whoever stops or kills a server takes a pair of its own, `outage`, so that it disturbs nobody.
    """
    database, broker = os.environ.get(DATABASE_URL), os.environ.get(BROKER_URL)
    if database:  # a development server has them already
        with closing(connect(database)) as connection:
            prepare_roles(connection, role_passwords(database))
    if _own_servers is None:
        return Endpoints(str(database), str(broker), owned_database=False, owned_broker=False)
    ours = _own_servers.endpoints
    return Endpoints(
        database or ours.database_url,
        broker or ours.broker_url,
        owned_database=not database,
        owned_broker=not broker,
    )


@pytest.fixture
def outage() -> Iterator[Stack]:
    """A pair of servers for one test that stops, kills and starts them; its database is migrated."""
    with ephemeral("outage") as pair:
        with closing(connect(pair.endpoints.database_url)) as connection:
            migrate(connection)
        yield pair


@pytest.fixture(scope="session")
def _template(stack: Endpoints) -> Iterator[str]:
    """The name of a migrated database to copy from; nobody may connect to it, or copying would be refused."""
    name = f"{_PREFIX}_template"
    with closing(connect(stack.database_url)) as server:
        _run(server, "CREATE DATABASE {} ", name)
        try:
            with closing(connect(_sibling(stack.database_url, name))) as connection:
                migrate(connection)
            _run(server, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield name
        finally:
            _run(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database_url(stack: Endpoints, _template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    yield from _database(stack.database_url, sql.SQL(" TEMPLATE {}").format(sql.Identifier(_template)))


@pytest.fixture(scope="module")
def module_database_url(stack: Endpoints, _template: str) -> Iterator[str]:
    """A migrated database that the tests of a file share: each leaves it as it was."""
    yield from _database(stack.database_url, sql.SQL(" TEMPLATE {}").format(sql.Identifier(_template)))


@pytest.fixture
def empty_database_url(stack: Endpoints) -> Iterator[str]:
    """A database of this test's own in which no migration has run."""
    yield from _database(stack.database_url, sql.SQL(""))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """An open connection to this test's database."""
    with closing(connect(database_url)) as opened:
        yield opened


@pytest.fixture
def broker_url(_own_servers: Stack | None, stack: Endpoints) -> str:
    """A broker that remembers nothing: no retained message, no session of an earlier test."""
    if stack.owned_broker and _own_servers:
        broker = _own_servers.mosquitto
        broker.kill()
        (broker.data / "mosquitto.db").unlink(missing_ok=True)
        broker.start()
        return broker.url
    forget_everything(stack.broker_url)
    return stack.broker_url


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded data next to the checkout, which is not part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"SKIPPED LOUDLY: {SHARED_DATA} is not here, so recorded data is not tested")
    return SHARED_DATA


def _database(server_url: str, template: sql.Composable) -> Iterator[str]:
    name = f"{_PREFIX}_{next(_numbers)}"
    with closing(connect(server_url)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + template)
        try:
            yield _sibling(server_url, name)
        finally:
            _run(server, "DROP DATABASE {} WITH (FORCE)", name)


def _run(server: Connection, statement: str, name: str) -> psycopg.Cursor[tuple[object, ...]]:
    return server.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _sibling(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
