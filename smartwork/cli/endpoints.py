"""The broker and the database that a command uses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartwork.cli.progress_bar import warn
from smartwork.db.core.connection import Connection, connect, wait_for_database
from smartwork.db.core.migrations import migrate
from smartwork.devstack import stack
from smartwork.devstack.instance import named
from smartwork.progress import Progress
from smartwork.settings import BrokerSettings, DatabaseSettings

_TIMEOUT_S = 15.0
"""How long a command waits for a broker or database that does not answer. Services wait without limit."""


def endpoints(progress: Progress) -> stack.Endpoints:
    """The broker and database named in the environment; a development server is started for each that is not named.

    Waits until both answer. Raises ServiceUnavailable if one does not, SettingError if an address is wrong.
    """
    from smartwork.scenarios.outbox_replay import wait_for_broker

    running = stack.up(os.environ, progress=progress)
    env = {**os.environ, stack.DATABASE_URL: running.database_url, stack.BROKER_URL: running.broker_url}
    DatabaseSettings.from_env(env)
    BrokerSettings.from_env(env)
    wait_for_broker(running.broker_url, warn, _TIMEOUT_S)
    wait_for_database(running.database_url, warn, _TIMEOUT_S)
    return running


def work_folder() -> Path:
    """The folder for outboxes and logs of runs from this checkout."""
    folder = named(None, os.environ).folder / "work"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def open_database(progress: Progress) -> Iterator[Connection]:
    """A connection to the database, after pending migrations are applied, as `database_url`."""
    with connect(database_url(progress)) as connection:
        migrate(connection)
        yield connection


def database_url(progress: Progress) -> str:
    """The address of the database, as `endpoints`, for commands that need no broker."""
    if os.environ.get(stack.DATABASE_URL):
        url = DatabaseSettings.from_env(os.environ).database_url
        wait_for_database(url, warn, _TIMEOUT_S)
        return url
    return endpoints(progress).database_url
