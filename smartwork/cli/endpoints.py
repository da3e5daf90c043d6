"""The broker and the database that a command uses: those that the environment names, or the development stack."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from smartwork.cli.author import author
from smartwork.cli.progress_bar import warn
from smartwork.db.core.authors import set_session_author
from smartwork.db.core.connection import Connection, connect, wait_for_database
from smartwork.db.core.migrations import require_current_schema
from smartwork.devstack import stack
from smartwork.devstack.instance import named
from smartwork.errors import SettingError
from smartwork.progress import Progress
from smartwork.settings import PREFIX, BrokerSettings, CommandSettings, DatabaseSettings, Settings

_TIMEOUT_S = 15.0
"""How long a command waits for a broker or database that does not answer. Services wait without limit."""
ENVIRONMENT = f"{PREFIX}ENV"

_Required = TypeVar("_Required", bound=Settings)


class _ServerSettings(DatabaseSettings, BrokerSettings):
    """A command that needs both servers."""


def endpoints(progress: Progress) -> stack.Endpoints:
    """The broker and database named in the environment, both answering. The schema is not checked.

    With SMARTWORK_ENV=development the development stack stands in for one that is not named. Raises SettingError if an
    address is missing or wrong, and ServiceUnavailable if a server does not answer.
    """
    settings = CommandSettings.from_env(os.environ)
    if not settings.is_development:
        _require(_ServerSettings)
    return development_endpoints(progress)


def development_endpoints(progress: Progress) -> stack.Endpoints:
    """As `endpoints`, for commands that use the development stack without being told.

    Raises SettingError, too, if only the broker is named: made-up data would go to a broker that others use.
    """
    from smartwork.scenarios.outbox_replay import wait_for_broker

    if os.environ.get(stack.BROKER_URL) and not os.environ.get(stack.DATABASE_URL):
        raise SettingError(
            f"{stack.BROKER_URL} is set and {stack.DATABASE_URL} is not: a development database would be "
            "published on that broker. Set both, or neither."
        )
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
    """A connection to the database of `database_url`, after a check of its schema, with the author of this command.

    Raises SchemaMismatch if the schema is older or newer than this version's: only `smartwork migrate` changes it.
    """
    with connect(database_url(progress)) as connection:
        require_current_schema(connection)
        set_session_author(connection, author())
        yield connection


def database_url(progress: Progress) -> str:
    """The address of the database, as `endpoints`, for commands that need no broker. The schema is not checked."""
    settings = CommandSettings.from_env(os.environ)
    if settings.is_development and settings.database_url is None:
        return development_endpoints(progress).database_url
    url = _require(DatabaseSettings).database_url
    wait_for_database(url, warn, _TIMEOUT_S)
    return url


def _require(settings: type[_Required]) -> _Required:
    """The settings in the environment; if an address is missing, the error says how to use the development stack."""
    try:
        return settings.from_env(os.environ)
    except SettingError as error:
        needed = [f"{PREFIX}{field.upper()}" for field in settings.model_fields]
        if all(os.environ.get(variable) for variable in needed):
            raise
        raise SettingError(f"{error}\n{_advice(os.environ)}") from None


def _advice(env: Mapping[str, str]) -> str:
    """What to do without an address. What `smartwork up` or `smartwork demo` has started is used only when asked for."""
    if named(None, env).exists():
        return f"To use the development database of this checkout, run: export {ENVIRONMENT}=development"
    return f"To try smartwork with a development database, run: smartwork up && export {ENVIRONMENT}=development"
