"""Early releases, and the release policy of a centre."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from api.access import Db, allowed
from api.bookings import After, Most
from api.fields import Instant, Minutes, RequestModel, Slug
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import early_release
from smartwork.db.read import api_reads
from smartwork.domain.bookings.early_release import ReleasePolicy

router = APIRouter(prefix="/v1", tags=["places"])

Booker = Annotated[Client, Depends(allowed("bookings:read"))]

Reader = Annotated[Client, Depends(allowed("releases:read"))]

Manager = Annotated[Client, Depends(allowed("releases:write"))]

Centre = Annotated[Slug, Path()]


class ReleaseOut(BaseModel):
    """A place that is free before its booking ends. `booking` is returned to its own company only."""

    id: int
    centre: str
    resource: str
    reason: Literal["no_show", "left_early"]
    released_at: datetime
    ends_at: datetime
    taken_back_at: datetime | None
    booking: str | None


class Releases(BaseModel):
    """A page of releases. Pass `next` as `after` for the next page; null on the last page."""

    releases: list[ReleaseOut]
    next: int | None


class PolicyModel(RequestModel):
    """How long a centre waits before it releases a place, in minutes; null means that it never does."""

    no_show_min: Minutes | None = Field(description="After the start, where nobody came.")
    left_min: Minutes | None = Field(description="After the last sign of presence.")


@router.get("/releases", responses=responses())
def list_releases(
    connection: Db,
    client: Reader,
    centre: Annotated[Slug | None, Query()] = None,
    since: Annotated[Instant | None, Query(description="Released at or behind this.")] = None,
    after: After = 0,
    most: Most = 100,
) -> Releases:
    """Places that were released before their booking ended, oldest first."""
    rows = api_reads.releases(connection, client, centre=centre, since=since, after=after, most=most)
    fields = list(ReleaseOut.model_fields)
    found = [ReleaseOut(**dict(zip(fields, row, strict=True))) for row in rows]
    return Releases(releases=found, next=found[-1].id if len(found) == most else None)


@router.get("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def get_policy(centre: Centre, connection: Db, _: Reader) -> PolicyModel:
    """The release policy of a centre."""
    policy = early_release.policy(connection, centre)
    if policy is None:
        raise unknown_centre()
    return PolicyModel(no_show_min=_minutes(policy.no_show), left_min=_minutes(policy.left))


@router.put("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def put_policy(centre: Centre, body: PolicyModel, connection: Db, _: Manager) -> PolicyModel:
    """Set the release policy of a centre."""
    if not early_release.put_policy(connection, centre, ReleasePolicy(_length(body.no_show_min), _length(body.left_min))):
        raise unknown_centre()
    return body


def unknown_centre() -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "There is no such centre.")


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


def _length(minutes: int | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes)
