"""Errors as RFC 9457 problem+json: a title, a detail, and the fields with errors."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.page_frame import PAGES, unavailable_page
from smartwork.db.bookings.front_desk import ConflictingRecord, UnknownName
from smartwork.db.bookings.importing import ChangeRefused
from smartwork.db.core.migrations import SchemaMismatch
from smartwork.errors import InputError, ServiceUnavailable, SmartworkError
from smartwork.jobs.bookings.new_bookings import NotFree

log = logging.getLogger("api")
MEDIA_TYPE = "application/problem+json"


class FieldFault(BaseModel):
    """A field that is wrong, for example `body.starts_at`, and the reason."""

    field: str
    reason: str


class Problem(BaseModel):
    """An error response as in RFC 9457."""

    title: str
    status: int
    detail: str
    errors: list[FieldFault] = Field(default=[], description="The fields that are wrong, if the error is in fields.")
    next_free_at: datetime | None = Field(
        default=None, description="Of a place that is not free: when it is free for as long. Left out if that is not known."
    )


class Refused(Exception):  # noqa: N818 - the request is refused
    """Raised to end a request with a problem."""

    def __init__(self, status: HTTPStatus, detail: str, *errors: tuple[str, str], retry_after_s: int | None = None) -> None:
        self.status, self.detail, self.errors, self.retry_after_s = status, detail, errors, retry_after_s
        super().__init__(detail)

    def response(self) -> JSONResponse:
        """The response to the request."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status is HTTPStatus.UNAUTHORIZED else {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        return problem_response(self.status, self.detail, self.errors, headers)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation for its OpenAPI description: these, and those that all operations share."""
    shared = {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(s): {"description": s.phrase, "content": schema} for s in sorted({*statuses, *shared})}


def problem_response(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    *,
    next_free_at: datetime | None = None,
) -> JSONResponse:
    """The response for a problem."""
    faults = [FieldFault(field=field, reason=reason) for field, reason in errors]
    problem = Problem(title=status.phrase, status=int(status), detail=detail, errors=faults, next_free_at=next_free_at)
    content = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, int(status), dict(headers or {}), MEDIA_TYPE)


def unavailable_response(error: SmartworkError) -> JSONResponse:
    """The response if the database does not answer or has another schema; the reason is logged."""
    log.warning("%s", error)
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer. Try again later.", headers={"Retry-After": "5"}
    )


def install(app: FastAPI) -> None:
    """Register handlers that turn every error of this project and of the framework into a problem."""

    @app.exception_handler(Refused)
    def refused(_: Request, error: Refused) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [(".".join(map(str, fault["loc"]))[:200], str(fault["msg"])[:200]) for fault in error.errors()]
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, f"{faults[0][0]}: {faults[0][1]}", faults)

    @app.exception_handler(UnknownName)
    def unknown(_: Request, error: UnknownName) -> JSONResponse:
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), [(error.field, str(error))])

    @app.exception_handler(NotFree)
    def not_free(_: Request, error: NotFree) -> JSONResponse:
        fault = ("body.starts_at", str(error))
        return problem_response(HTTPStatus.CONFLICT, str(error), [fault], next_free_at=error.next_free_at)

    @app.exception_handler(ChangeRefused)
    def change_refused(_: Request, error: ChangeRefused) -> JSONResponse:
        how = " Send `reason`: in the body of PUT, in the query of DELETE." if error.needs_reason else ""
        return problem_response(HTTPStatus.CONFLICT, f"{error}{how}")

    @app.exception_handler(ConflictingRecord)
    @app.exception_handler(InputError)
    def conflict(_: Request, error: Exception) -> JSONResponse:
        return problem_response(HTTPStatus.CONFLICT, str(error))

    @app.exception_handler(SchemaMismatch)
    @app.exception_handler(ServiceUnavailable)
    def unavailable(request: Request, error: SmartworkError) -> Response:
        response = unavailable_response(error)
        return unavailable_page(request) if request.url.path.startswith(PAGES) else response

    @app.exception_handler(HTTPException)
    def framework(_: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        return problem_response(status, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    def internal_error(_: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error in a request", exc_info=error)
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error. The reason is in the log of the server.")
