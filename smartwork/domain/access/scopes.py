"""What a token of the API may allow."""

from typing import Literal, get_args

Scope = Literal[
    "bookings:read", "bookings:write", "members:read", "members:write", "check-ins:write", "verdicts:read", "invoices:read",
    "releases:read", "releases:write",
]  # fmt: skip
SCOPES: tuple[Scope, ...] = get_args(Scope)
OF_THE_NETWORK: frozenset[Scope] = frozenset({"members:write", "releases:write"})
"""Never given to a token of a company: it neither makes members nor sets a centre's policy."""
