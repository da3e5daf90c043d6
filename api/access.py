"""Who speaks, and whether they may: a bearer token, its scopes, and the connection that the request works on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import Refused
from smartwork.db.access.tokens import Client, client
from smartwork.db.core.connection import Connection
from smartwork.db.core.pool import DatabasePool
from smartwork.domain.access.scopes import Scope

_bearer = HTTPBearer(auto_error=False, description="A token made with `smartwork token new`.")


class Context:
    """What the application lends to requests."""

    def __init__(self, pool: DatabasePool, clock: Callable[[], datetime], documents: Path) -> None:
        self.pool, self.clock, self.documents = pool, clock, documents


def context(request: Request) -> Context:
    """The application's own."""
    found: Context = request.app.state.context
    return found


def _lent(shared: Annotated[Context, Depends(context)]) -> Iterator[Connection]:
    with shared.pool.connection() as connection:
        yield connection


Db = Annotated[Connection, Depends(_lent, scope="function")]
Shared = Annotated[Context, Depends(context)]


def known_query(request: Request) -> None:
    """Ends a request that asks with a parameter that its operation does not have: a misspelt filter would filter nothing."""
    if not request.query_params:
        return
    described = request.app.openapi()["paths"][request.scope["route"].path_format][request.method.lower()]
    known = {parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "query"}
    if strange := sorted(set(request.query_params) - known):
        reason = f"Unknown; this operation has {', '.join(sorted(known)) or 'none'}."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, *((f"query.{name}"[:100], reason) for name in strange[:9]))


def allowed(scope: Scope) -> Callable[..., Client]:
    """A dependency that answers with the client, or ends the request: 401 without a good token, 403 without the scope."""

    def check(connection: Db, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Client:
        found = client(connection, given.credentials) if given else None
        if found is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "Send a valid token as `Authorization: Bearer …`.")
        if scope not in found.scopes:
            raise Refused(HTTPStatus.FORBIDDEN, f"The token {found.name} does not allow {scope}.")
        return found

    return check
