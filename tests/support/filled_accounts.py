"""The fixture `connection` with small accounts in it; a folder's conftest that imports it gets it for its tests."""

import pytest

from smartwork.db.core.connection import Connection
from tests.support.accounts import fill


@pytest.fixture
def connection(connection: Connection) -> Connection:
    """A connection to a centre, three companies, their verdicts, and what proves them."""
    fill(connection)
    return connection
