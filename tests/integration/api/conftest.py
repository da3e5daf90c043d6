"""A running API with two companies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartwork.db.access import tokens
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.domain.access.scopes import NETWORK_ONLY, SCOPES
from tests.support.api import BEFORE, NOW, Api, served
from tests.support.factory import Clock, small_network


@pytest.fixture
def api(connection: Connection, database_url: str, tmp_path: Path) -> Iterator[Api]:
    """The small network with a second company; tokens `network` (everything), `acme` and `bolt` (their own)."""
    install(connection, small_network())
    connection.execute(
        "INSERT INTO company (slug, name, enterprise_number, street, postcode, town, language, buyer_reference, is_demo)"
        " VALUES ('bolt', 'Bolt', '0404616494', '', '', '', 'nl', '', true);"
        "INSERT INTO member (pseudonym, company_id) SELECT 'm-2', company_id FROM company WHERE slug = 'bolt'"
    )
    own = [scope for scope in SCOPES if scope not in NETWORK_ONLY]
    tokens.put(connection, "network", "network", None, SCOPES, NOW)
    for company in ("acme", "bolt"):
        tokens.put(connection, company, company, company, own, NOW)
    clock = Clock(BEFORE)
    with served(database_url, tmp_path, clock) as url:
        yield Api(url, clock=clock)
