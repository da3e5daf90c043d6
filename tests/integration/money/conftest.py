"""One server for all tests of money, and a new database with small accounts for each."""

from collections.abc import Iterator

import pytest

from smartwork.db.connection import Connection
from smartwork.devstack import stack
from smartwork.testing.accounts import accounts


@pytest.fixture(scope="package")
def url() -> Iterator[str]:
    with stack.ephemeral("money") as running:
        yield running.endpoints.database_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with accounts(url, "money_test") as opened:
        yield opened
