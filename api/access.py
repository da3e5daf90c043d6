"""Authentication by bearer token, authorisation by scope, and the database connection of a request."""

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
    """What all requests use: the connection pool, the clock, and the folder of issued documents."""

    def __init__(self, pool: DatabasePool, clock: Callable[[], datetime], documents: Path) -> None:
        self.pool, self.clock, self.documents = pool, clock, documents


def context(request: Request) -> Context:
    """The context of the application that serves the request."""
    shared: Context = request.app.state.context
    return shared


def _connection(shared: Annotated[Context, Depends(context)]) -> Iterator[Connection]:
    with shared.pool.connection() as connection:
        yield connection


Db = Annotated[Connection, Depends(_connection, scope="function")]
Shared = Annotated[Context, Depends(context)]


def known_query(request: Request) -> None:
    """Refuse a request with an unknown query parameter: a misspelt filter must not return everything."""
    if not request.query_params:
        return
    described = request.app.openapi()["paths"][request.scope["route"].path_format][request.method.lower()]
    known = {parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "query"}
    if unknown := sorted(set(request.query_params) - known):
        reason = f"Unknown parameter; this operation has {', '.join(sorted(known)) or 'none'}."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, *((f"query.{name}"[:100], reason) for name in unknown[:9]))


def allowed(scope: Scope) -> Callable[..., Client]:
    """A dependency that returns the client; it refuses with 401 without a valid token and with 403 without the scope."""

    def check(connection: Db, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Client:
        authenticated = client(connection, credentials.credentials) if credentials else None
        if authenticated is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "Send a valid token as `Authorization: Bearer …`.")
        if scope not in authenticated.scopes:
            raise Refused(HTTPStatus.FORBIDDEN, f"The token {authenticated.name} does not allow {scope}.")
        return authenticated

    return check
