"""Small accounts in a database of each test's own."""

import pytest

from smartwork.db.core.connection import Connection
from tests.support.accounts import fill


@pytest.fixture
def connection(connection: Connection) -> Connection:
    """A connection to a centre, three companies, their verdicts, and what proves them."""
    fill(connection)
    return connection
