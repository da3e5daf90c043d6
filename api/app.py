"""The application: routers under /v1, errors as RFC 9457 problems, and a health check that needs no token."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from api import availability, bookings, check_ins, invoices, members, place_page, releases, verdicts
from api.access import Context, known_query
from api.guard import Guard
from api.health import Health
from api.limits import Limits
from api.problems import Problem, install
from smartwork.db.access import tokens
from smartwork.db.access.tokens import Client, InvalidToken
from smartwork.db.core.pool import DatabasePool

DEFAULT_LIMITS = Limits()


def create_app(
    pool: DatabasePool, clock: Callable[[], datetime], documents: Path, limits: Limits = DEFAULT_LIMITS
) -> FastAPI:
    """The API on this pool of database connections; `documents` is the folder of the issued documents."""
    app = FastAPI(title="Smartwork", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.context = Context(pool, clock, documents)
    install(app)

    def authenticate(secret: str) -> Client | InvalidToken:
        with pool.connection() as connection:
            return tokens.authenticate(connection, secret, clock())

    app.add_middleware(Guard, authenticate=authenticate, limits=limits)
    health = Health(pool)
    for module in (bookings, members, check_ins, availability, releases, verdicts, invoices):
        app.include_router(module.router, dependencies=[Depends(known_query)])
    app.include_router(place_page.router)

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> dict[str, str]:
        with pool.connection():
            return {"status": "ok"}

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        await health.check()
        return {"status": "ok"}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title="Smartwork",
                version="1",
                description="Bookings, members and check-ins in; verdicts with their evidence, invoices and releases out. "
                "Errors are RFC 9457 problems that name the field.",
                routes=app.routes,
            )
            schema["components"]["schemas"]["Problem"] = Problem.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            schema["components"]["schemas"] |= schema["components"]["schemas"]["Problem"].pop("$defs", {})
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
    return app
