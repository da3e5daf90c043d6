"""Early releases, and the release policy of a centre."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Db
from api.clients import ReleasesReader, ReleasesWriter
from api.fields import Instant, Minutes, RequestModel, Slug
from api.parameters import Centre, Page, unknown_centre
from api.problems import responses
from smartwork.db.bookings import early_release
from smartwork.db.read import api_reads
from smartwork.domain.bookings.early_release import ReleasePolicy

router = APIRouter(prefix="/v1", tags=["places"])


class ReleaseOut(BaseModel):
    """A place that is free before its booking ends. Only the company of the booking gets `booking` and `company`."""

    id: int
    centre: str
    resource: str
    reason: Literal["no_show", "left_early"]
    released_at: datetime
    ends_at: datetime
    taken_back_at: datetime | None
    booking: str | None
    company: str | None


class Releases(BaseModel):
    """A page of releases. Pass `next` as `after` for the next page; null on the last page."""

    releases: list[ReleaseOut]
    next: int | None


class PolicyModel(RequestModel):
    """How long a centre waits before it releases a place, in minutes; null means that it never does so."""

    no_show_min: Minutes | None = Field(description="Minutes after the start, if nobody came.")
    left_min: Minutes | None = Field(description="Minutes after the last presence.")


@router.get("/releases", responses=responses())
def list_releases(
    connection: Db,
    client: ReleasesReader,
    page: Page,
    centre: Annotated[Slug | None, Query()] = None,
    since: Annotated[Instant | None, Query(description="Only releases at or after this instant.")] = None,
) -> Releases:
    """Places that were released before their booking ended, oldest first."""
    rows = api_reads.releases(connection, client, centre=centre, since=since, after=page.after, most=page.most)
    found = [ReleaseOut.model_validate(row, from_attributes=True) for row in rows]
    return Releases(releases=found, next=found[-1].id if len(found) == page.most else None)


@router.get("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def get_policy(centre: Centre, connection: Db, _: ReleasesReader) -> PolicyModel:
    """The release policy of a centre."""
    policy = early_release.policy(connection, centre)
    if policy is None:
        raise unknown_centre()
    return PolicyModel(no_show_min=_minutes(policy.no_show), left_min=_minutes(policy.left))


@router.put("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def put_policy(centre: Centre, body: PolicyModel, connection: Db, _: ReleasesWriter) -> PolicyModel:
    """Set the release policy of a centre."""
    if not early_release.put_policy(connection, centre, ReleasePolicy(_length(body.no_show_min), _length(body.left_min))):
        raise unknown_centre()
    return body


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


def _length(minutes: int | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes)
