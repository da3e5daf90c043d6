"""Connections to TimescaleDB: opening one, retrying while the database is away, and the driver's errors as ours."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from smartwork.backoff import Backoff
from smartwork.errors import ServiceUnavailable, SettingError, SmartworkError
from smartwork.server_url import is_well_formed, malformed

Connection = psycopg.Connection[tuple[Any, ...]]

SESSION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 10,
    "options": "-c timezone=UTC",
    "application_name": "smartwork",
}
"""The arguments of every connection. Each statement commits by itself, except inside `with connection.transaction()`."""


def connect(database_url: str) -> Connection:
    """An open connection, in UTC and autocommit.

    Raises ServiceUnavailable with the server's reason if it does not answer, SettingError if the address is malformed.
    """
    if not is_well_formed(database_url) or not database_url.startswith(("postgresql://", "postgres://")):
        raise SettingError(f"The address of the database is {malformed(database_url)}.")
    try:
        connection: Connection = psycopg.connect(database_url, **SESSION)
    except psycopg.ProgrammingError as error:
        raise SettingError(f"The address of the database is wrong: {str(error).strip().splitlines()[0]}") from None
    except psycopg.OperationalError as error:
        raise ServiceUnavailable(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
    return connection


def connect_with_retry(
    database_url: str, report: Callable[[str], None], *, should_stop: Callable[[], bool], longest_pause_s: float = 5.0
) -> Connection | None:
    """Call `connect` until it succeeds or `should_stop()` is true; None if it was stopped.

    The pauses grow up to `longest_pause_s` and are random, so that services do not return to a database all at once. Each
    new reason for a failure is passed to `report` once.
    """
    last_reason, backoff = "", Backoff(1.0, longest_pause_s)
    while not should_stop():
        try:
            return connect(database_url)
        except ServiceUnavailable as error:
            if str(error) != last_reason:
                last_reason = str(error)
                report(f"{last_reason}. Trying again.")
        until = time.monotonic() + backoff.next_pause()
        while not should_stop() and (left_s := until - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.5))
    return None


def wait_for_database(database_url: str, report: Callable[[str], None], timeout_s: float) -> None:
    """Return once the database answers. Reasons for waiting are passed to `report`.

    Raises ServiceUnavailable after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    connection = connect_with_retry(
        database_url, report, should_stop=lambda: time.monotonic() > deadline, longest_pause_s=1.0
    )
    if connection is None:
        raise ServiceUnavailable(
            f"The database has not answered for {timeout_s:g} s. Is it running, and is the address right?"
        )
    connection.close()


@contextmanager
def wrap_database_errors() -> Iterator[None]:
    """Re-raise the driver's errors as ours.

    ServiceUnavailable if the connection is lost, SmartworkError if tables are missing.
    """
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise ServiceUnavailable(f"The connection to the database was lost: {str(error).strip().splitlines()[0]}") from error
    except psycopg.errors.UndefinedTable as error:
        raise SmartworkError(f"The database is not set up ({error.diag.message_primary}). Run: smartwork migrate") from error
