"""The scopes of API tokens."""

from typing import Literal, get_args

Scope = Literal[
    "bookings:read", "bookings:write", "members:read", "members:write", "check-ins:write", "verdicts:read", "invoices:read",
    "releases:read", "releases:write",
]  # fmt: skip
SCOPES: tuple[Scope, ...] = get_args(Scope)
NETWORK_ONLY: frozenset[Scope] = frozenset({"members:write", "releases:write"})
"""Scopes that a token of a company cannot have: to register members, and to set the release policy of a centre."""
