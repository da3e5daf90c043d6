"""Authorisation by scope, and the database connection of a request. `api/guard.py` authenticates."""

from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from api.problems import Refused
from smartwork.db.access.tokens import Client
from smartwork.db.core.connection import Connection
from smartwork.db.core.pool import DatabasePool
from smartwork.domain.access.scopes import Scope

_bearer = HTTPBearer(auto_error=False, description="A token made with `smartwork token new`.")
"""Describes the token in OpenAPI; the guard has checked it."""


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
    """A dependency that returns the client of the request; it refuses with 403 if the token does not have the scope."""

    def check(request: Request, _: Annotated[object, Depends(_bearer)]) -> Client:
        client: Client = request.state.client
        if scope not in client.scopes:
            raise Refused(HTTPStatus.FORBIDDEN, f"The token {client.name} does not allow {scope}.")
        return client

    return check
