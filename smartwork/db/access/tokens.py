"""Tokens of the API: shown once when they are made, stored as their SHA-256 only."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.access.scopes import OF_THE_NETWORK, SCOPES
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Client:
    """Who speaks: a token's name, what it allows, and the company it is for, or None for the network's own."""

    name: str
    company_id: int | None
    company: str | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed."""

    name: str
    company: str | None
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def put(connection: Connection, name: str, secret: str, company: str | None, scopes: Sequence[str], at: datetime) -> None:
    """Store a new token under `name`. Raises InputError where the name is taken, or company or scopes are unknown."""
    if strange := sorted(set(scopes) - set(SCOPES)):
        raise InputError(f"There is no scope {', '.join(strange)}. The scopes are: {', '.join(SCOPES)}.")
    if company and (forbidden := sorted(set(scopes) & OF_THE_NETWORK)):
        raise InputError(f"A company's token cannot have {', '.join(forbidden)}: that is for the network's own.")
    arguments = {"name": name, "digest": digest(secret), "company": company, "scopes": sorted(set(scopes)), "at": at}
    with wrap_database_errors():
        if company and connection.execute(sql("company_exists"), (company,)).fetchone() == (0,):
            raise InputError(f"There is no company {company!r}.")
        if connection.execute(sql("put_token"), arguments).fetchone() is None:
            raise InputError(f"A token {name!r} is in use already: revoke it first, or choose another name.")


def listed(connection: Connection) -> list[TokenRow]:
    """All tokens, those in use first."""
    with wrap_database_errors():
        rows = connection.execute(sql("tokens")).fetchall()
    return [TokenRow(name, company, tuple(scopes), made, gone) for name, company, scopes, made, gone in rows]


def revoke(connection: Connection, name: str, at: datetime) -> bool:
    """End a token's use at once; False where none of that name is in use."""
    with wrap_database_errors():
        return connection.execute(sql("revoke_token"), {"name": name, "at": at}).fetchone() is not None


def client(connection: Connection, secret: str) -> Client | None:
    """Whose token this is, or None where it is nobody's."""
    row = connection.execute(sql("token_by_digest"), (digest(secret),)).fetchone()
    return Client(row[0], row[1], row[2], frozenset(row[3])) if row else None


def digest(secret: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
