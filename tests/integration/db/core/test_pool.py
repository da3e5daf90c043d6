"""The pool: broken connections are replaced, and a database that is away is reported soon."""

import time
from collections.abc import Iterator

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.core.pool import DatabasePool
from smartwork.errors import ServiceUnavailable

pytestmark = pytest.mark.services


@pytest.fixture
def pool(database_url: str) -> Iterator[DatabasePool]:
    pool = DatabasePool(database_url, size=1, timeout_s=2)
    yield pool
    pool.close()


def test_a_session_is_in_utc_and_commits_each_statement(pool: DatabasePool) -> None:
    with pool.connection() as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.autocommit


def test_a_connection_that_was_broken_while_it_was_free_is_replaced(pool: DatabasePool, connection: Connection) -> None:
    with pool.connection() as pooled:
        broken = pooled.info.backend_pid
    connection.execute("SELECT pg_terminate_backend(%s)", (broken,))
    with pool.connection() as pooled:
        assert pooled.info.backend_pid != broken


def test_a_connection_that_breaks_in_use_is_a_database_that_is_away_and_the_next_one_works(
    pool: DatabasePool, connection: Connection
) -> None:
    def break_it() -> None:
        with pool.connection() as pooled:
            connection.execute("SELECT pg_terminate_backend(%s)", (pooled.info.backend_pid,))
            pooled.execute("SELECT 1")

    with pytest.raises(ServiceUnavailable, match="was lost"):
        break_it()
    with pool.connection() as pooled:
        assert pooled.execute("SELECT 1").fetchone() == (1,)


def test_when_every_connection_stays_in_use_the_caller_is_told_within_the_time_limit(pool: DatabasePool) -> None:
    with pool.connection(), pytest.raises(ServiceUnavailable, match="all 1 connections are in use"), pool.connection():
        pass


def test_a_database_that_does_not_answer_is_reported_within_the_time_limit() -> None:
    pool, began = DatabasePool("postgresql://127.0.0.1:1/nothing", timeout_s=1), time.monotonic()
    with pytest.raises(ServiceUnavailable, match="the database is away"), pool.connection():
        pass
    assert time.monotonic() - began < 3
    pool.close()
