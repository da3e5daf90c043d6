"""The API against its OpenAPI description: schemathesis sends valid and invalid requests to the real application on a real
database.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from api.app import create_app
from api.limits import Limits
from smartwork.db.access import tokens
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.pool import DatabasePool
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Endpoints
from smartwork.domain.access.scopes import SCOPES
from smartwork.domain.bookings.bookings import Booking
from tests.support.api import served
from tests.support.factory import small_network

pytestmark = pytest.mark.services
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
TOKEN = {"Authorization": "Bearer fuzz"}


EXCLUDED = [unsupported_method, positive_data_acceptance]
"""A schema cannot express that a name must be registered, that an end must be after its start, and that a time must not be in
the future.
"""
DESCRIBED = schemathesis.openapi.from_dict(create_app(DatabasePool("nowhere"), lambda: NOW, Path()).openapi())
OPERATIONS = {result.ok().label: result.ok() for result in DESCRIBED.get_all_operations() if isinstance(result, Ok)}


@pytest.fixture(scope="module")
def url(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an API whose database has a network and a booking."""
    with fresh_database(stack.database_url, "smartwork_fuzz") as database_url:
        with closing(connect(database_url)) as connection:
            migrate(connection)
            install(connection, small_network())
            start = NOW - timedelta(days=3)
            put_bookings(connection, [Booking("A", "mons", "desk-1", "m-1", start, start + timedelta(hours=2), "booked")])
            tokens.put(connection, "fuzz", "fuzz", None, SCOPES, NOW)
        with served(database_url, tmp_path_factory.mktemp("documents"), lambda: NOW, Limits(longest_delay_s=0)) as address:
            yield address


@contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    with closing(connect(server_url)) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server_url.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_description_of_every_operation_lists_its_error_responses() -> None:
    assert len(OPERATIONS) >= 18
    for operation in OPERATIONS.values():
        assert {"200", "401", "403", "422", "503"} <= {code for code, _ in operation.responses.items()}, operation.label


def is_sent_whole(case: schemathesis.Case[Any]) -> bool:
    """Whether the URL has all parameters of the case: the client leaves out one without a name and an empty list."""
    return all(name and value not in ([], {}, None) for name, value in (case.query or {}).items())


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_response_matches_the_description(label: str, url: str) -> None:
    operation = OPERATIONS[label]

    @settings(
        max_examples=25,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([operation.as_strategy(mode) for mode in schemathesis.GenerationMode]).filter(is_sent_whole))
    def fuzz(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=url, headers=TOKEN, excluded_checks=EXCLUDED)

    fuzz()
