"""API tokens. A token is shown once, when it is created; only its SHA-256 is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.access.scopes import NETWORK_ONLY, SCOPES
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Client:
    """The client that a token identifies. `company` is the slug of `company_id`; both are None for the network's own.

    `acts_for_company`: a client of the network that uses the ids of `company`.
    """

    name: str
    company_id: int | None
    company: str | None
    scopes: frozenset[str]
    acts_for_company: bool = False

    @property
    def is_of_network(self) -> bool:
        """Whether the token is the network's own."""
        return self.company_id is None or self.acts_for_company


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as `smartwork token list` shows it; `last_used_at` is exact to the minute."""

    name: str
    company: str | None
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvalidToken:
    """Why a token does not authenticate; `name` is None if there is no such token."""

    name: str | None
    reason: Literal["unknown", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class _StoredToken:
    name: str
    company_id: int | None
    company: str | None
    scopes: list[str]
    is_revoked: bool
    is_expired: bool


def put(
    connection: Connection,
    name: str,
    secret: str,
    company: str | None,
    scopes: Sequence[str],
    at: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Store a new token that is valid until `expires_at`; None means until it is revoked.

    Raises InputError if the name is in use, if the company or a scope is unknown or not allowed, or if the expiry is past.
    """
    if expires_at is not None and expires_at <= at:
        raise InputError(f"The token would have expired at {expires_at.isoformat()}. Choose a later date.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise InputError(f"There is no scope {', '.join(unknown)}. The scopes are: {', '.join(SCOPES)}.")
    if company and (forbidden := sorted(set(scopes) & NETWORK_ONLY)):
        raise InputError(f"A company's token cannot have {', '.join(forbidden)}. Only tokens of the network can.")
    arguments = {
        "name": name,
        "digest": digest(secret),
        "company": company,
        "scopes": sorted(set(scopes)),
        "at": at,
        "expires_at": expires_at,
    }
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


def set_expiry(connection: Connection, name: str, expires_at: datetime | None) -> bool:
    """Set when a token expires; None means never. Returns False if there is no token of that name, or it is revoked."""
    arguments = {"name": name, "expires_at": expires_at}
    try:
        with wrap_database_errors():
            return connection.execute(sql("set_token_expiry"), arguments).fetchone() is not None
    except psycopg.errors.CheckViolation as error:
        raise InputError("A token cannot expire before it was created. To end it now, revoke it.") from error


def authenticate(connection: Connection, secret: str, at: datetime) -> Client | InvalidToken:
    """The client that this token identifies at the instant `at`, or why it identifies none. Records the use of the token."""
    with connection.cursor(row_factory=class_row(_StoredToken)) as cursor:
        stored = cursor.execute(sql("use_token"), {"digest": digest(secret), "at": at}).fetchone()
    if stored is None:
        return InvalidToken(None, "unknown")
    if stored.is_revoked or stored.is_expired:
        return InvalidToken(stored.name, "revoked" if stored.is_revoked else "expired")
    return Client(stored.name, stored.company_id, stored.company, frozenset(stored.scopes))


def digest(secret: str) -> bytes:
    """The SHA-256 of a token, which is stored in its place."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
