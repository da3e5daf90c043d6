"""Every named query is one that the migrated database understands."""

import re

import psycopg
import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import queries

pytestmark = pytest.mark.services
STAGING = ("stage_bookings", "stage_check_ins")
NOT_PREPARED = re.compile(
    r"(?i)^(COPY|CREATE|TRUNCATE|SET|LOCK|ALTER|DROP|REFRESH|CALL|ANALYZE|VACUUM|CHECKPOINT|GRANT|REVOKE|DO)\b"
)


def numbered(text: str) -> str:
    """The statement with the placeholders of the database's own language, as the driver sends them."""
    seen: dict[str, int] = {}

    def place(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        name = match[1] or f"positional {len(seen)}"
        return f"${seen.setdefault(name, len(seen) + 1)}"

    return re.sub(r"%%|%(?:\((\w+)\))?[sbt]", place, text)


def test_the_database_understands_every_named_query(connection: Connection) -> None:
    for staging in STAGING:
        connection.execute(queries()[staging])
    refused = {}
    for name, text in queries().items():
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(probe(name, text).encode())
        except psycopg.Error as error:
            refused[name] = str(error)
    assert refused == {}


def probe(name: str, text: str) -> str:
    """A statement that succeeds only where the query could run, and does none of its work."""
    if copied := re.match(r"(?is)^COPY\s+(\w+)\s*(?:\((.*?)\))?\s+FROM STDIN", text):
        return f"SELECT {copied[2] or '*'} FROM {copied[1]} LIMIT 0"
    return text if NOT_PREPARED.match(text) else f"PREPARE {name} AS {numbered(text)}"
