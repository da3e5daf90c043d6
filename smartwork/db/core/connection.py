"""Connections to TimescaleDB, patient with a database that is away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from smartwork.errors import ServiceAway, SmartworkError

Connection = psycopg.Connection[tuple[Any, ...]]


def connect(database_url: str) -> Connection:
    """An open connection whose session speaks UTC; raises ServiceAway with the server's reason where none answers.

    Each statement commits by itself; what belongs together stands in `with connection.transaction()`.
    """
    try:
        connection: Connection = psycopg.connect(
            database_url,
            autocommit=True,
            connect_timeout=10,
            options="-c timezone=UTC",
            application_name="smartwork",
        )
    except psycopg.OperationalError as error:
        raise ServiceAway(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
    return connection


def connect_with_retry(
    database_url: str, say: Callable[[str], None], *, should_stop: Callable[[], bool], pause_s: float = 1.0
) -> Connection | None:
    """As `connect`, trying again until it works (each reason is said once); None where `should_stop` ends the wait."""
    said = ""
    while not should_stop():
        try:
            return connect(database_url)
        except ServiceAway as error:
            if str(error) != said:
                said = str(error)
                say(f"{said}. Trying again every {pause_s:g} s.")
            time.sleep(pause_s)
    return None


def wait_for_database(database_url: str, say: Callable[[str], None], timeout_s: float) -> None:
    """Return once the database answers; says why it is waiting, and raises ServiceAway after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    connection = connect_with_retry(database_url, say, should_stop=lambda: time.monotonic() > deadline)
    if connection is None:
        raise ServiceAway(f"The database has not answered for {timeout_s:g} s. Is it running, and is the address right?")
    connection.close()


@contextmanager
def wrap_database_errors() -> Iterator[None]:
    """Turn the driver's errors into ours: ServiceAway where the database is lost, a sentence where it is not set up."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise ServiceAway(f"The database was lost: {str(error).strip().splitlines()[0]}") from error
    except psycopg.errors.UndefinedTable as error:
        raise SmartworkError(f"The database is not set up ({error.diag.message_primary}). Run: smartwork migrate") from error
