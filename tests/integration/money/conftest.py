"""Small accounts in a database of each test's own."""

import pytest

from smartwork.db.connection import Connection
from smartwork.testing.accounts import fill


@pytest.fixture
def connection(connection: Connection) -> Connection:
    """A connection to a centre, three companies, their verdicts, and what proves them."""
    fill(connection)
    return connection
