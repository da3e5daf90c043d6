"""Several writers at once: entries without gaps, in the order of commits, and nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from smartwork.db.audit.books import read_books
from smartwork.db.core.book_entries import recording
from smartwork.db.core.connection import Connection, connect

pytestmark = pytest.mark.services
WRITERS, TRANSACTIONS = 4, 10


def test_writers_at_once_make_one_unbroken_chain_without_deadlock(connection: Connection, database_url: str) -> None:
    def write(writer: int) -> int:
        with closing(connect(database_url)) as own:
            own.execute("SET lock_timeout = '60s'")
            for number in range(TRANSACTIONS):
                names = [f"w{writer}-{number}-{n}" for n in range(3)]
                with recording(own):
                    for name in names if writer % 2 else reversed(names):
                        own.execute("INSERT INTO account (code) VALUES (%s)", (name,))
        return writer

    before = read_books(connection)
    with ThreadPoolExecutor(WRITERS) as pool:
        assert sorted(pool.map(write, range(WRITERS))) == list(range(WRITERS))
    after = read_books(connection)
    assert (after.broken, after.differences) == ((), ())
    assert after.head.entry == before.head.entry + WRITERS * TRANSACTIONS * 3


def test_a_transaction_that_is_rolled_back_leaves_no_entry(connection: Connection) -> None:
    before = read_books(connection).head
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('smartwork.recording', 'on', true)")
        connection.execute("INSERT INTO account (code) VALUES ('mine')")
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert read_books(connection).head.entry == before.entry + 1
    assert read_books(connection).head == before
