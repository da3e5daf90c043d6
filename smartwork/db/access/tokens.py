"""API tokens. A token is shown once, when it is created; only its SHA-256 is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.access.scopes import NETWORK_ONLY, SCOPES
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Client:
    """The client that a token identifies. `company` is the slug of `company_id`; both are None for the network's own."""

    name: str
    company_id: int | None
    company: str | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as `smartwork token list` shows it."""

    name: str
    company: str | None
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


def put(connection: Connection, name: str, secret: str, company: str | None, scopes: Sequence[str], at: datetime) -> None:
    """Store a new token. Raises InputError if the name is in use, or if the company or a scope is unknown or not allowed."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise InputError(f"There is no scope {', '.join(unknown)}. The scopes are: {', '.join(SCOPES)}.")
    if company and (forbidden := sorted(set(scopes) & NETWORK_ONLY)):
        raise InputError(f"A company's token cannot have {', '.join(forbidden)}. Only tokens of the network can.")
    arguments = {"name": name, "digest": digest(secret), "company": company, "scopes": sorted(set(scopes)), "at": at}
    with wrap_database_errors():
        if company and connection.execute(sql("company_exists"), (company,)).fetchone() == (0,):
            raise InputError(f"There is no company {company!r}. Use the slug of a registered company.")
        if connection.execute(sql("put_token"), arguments).fetchone() is None:
            raise InputError(f"A token {name!r} exists already. Revoke it first, or choose another name.")


def listed(connection: Connection) -> list[TokenRow]:
    """All tokens, those that are not revoked first."""
    with wrap_database_errors(), connection.cursor(row_factory=class_row(TokenRow)) as cursor:
        return cursor.execute(sql("tokens")).fetchall()


def revoke(connection: Connection, name: str, at: datetime) -> bool:
    """Revoke a token at once. Returns False if there is no token of that name."""
    with wrap_database_errors():
        return connection.execute(sql("revoke_token"), {"name": name, "at": at}).fetchone() is not None


def client(connection: Connection, secret: str) -> Client | None:
    """The client that this token identifies, or None if the token is not valid."""
    row = connection.execute(sql("token_by_digest"), (digest(secret),)).fetchone()
    return Client(row[0], row[1], row[2], frozenset(row[3])) if row else None


def digest(secret: str) -> bytes:
    """The SHA-256 of a token, which is stored in its place."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
