"""What is free: now bookable desks and rooms, early releases, and how long a centre waits before one."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.access import Db, allowed
from api.bookings import After, Most
from api.models import Free, FreeOut, Instant, PolicyModel, ReleaseOut, Releases, Slug
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import early_release
from smartwork.db.bookings.importing import timezones
from smartwork.db.read import api_reads
from smartwork.domain.bookings.early_release import ReleasePolicy

router = APIRouter(prefix="/v1", tags=["places"])
Booker = Annotated[Client, Depends(allowed("bookings:read"))]
Reader = Annotated[Client, Depends(allowed("releases:read"))]
Manager = Annotated[Client, Depends(allowed("releases:write"))]
Centre = Annotated[Slug, Path()]


@router.get("/centres/{centre}/free", responses=responses(HTTPStatus.NOT_FOUND))
def free(
    centre: Centre, connection: Db, _: Booker, starts_at: Annotated[Instant, Query()], ends_at: Annotated[Instant, Query()]
) -> Free:
    """What can be booked for the whole of [starts_at, ends_at); released places are among them."""
    if ends_at <= starts_at:
        reason = "The end does not lie behind the start."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("query.ends_at", reason))
    if centre not in timezones(connection):
        raise _no_centre()
    rows = api_reads.free(connection, centre, starts_at, ends_at)
    return Free(resources=[FreeOut(resource=slug, name=name, kind=kind, seats=seats) for slug, name, kind, seats in rows])


@router.get("/releases", responses=responses())
def list_releases(
    connection: Db,
    client: Reader,
    centre: Annotated[Slug | None, Query()] = None,
    since: Annotated[Instant | None, Query(description="Released at or behind this.")] = None,
    after: After = 0,
    most: Most = 100,
) -> Releases:
    """Desks and rooms that were freed before their booking ended, oldest first."""
    rows = api_reads.releases(connection, client, centre=centre, since=since, after=after, most=most)
    fields = list(ReleaseOut.model_fields)
    found = [ReleaseOut(**dict(zip(fields, row, strict=True))) for row in rows]
    return Releases(releases=found, next=found[-1].id if len(found) == most else None)


@router.get("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def get_policy(centre: Centre, connection: Db, _: Reader) -> PolicyModel:
    """How long the centre waits before it frees a desk."""
    policy = early_release.policy(connection, centre)
    if policy is None:
        raise _no_centre()
    return PolicyModel(no_show_min=_minutes(policy.no_show), left_min=_minutes(policy.left))


@router.put("/centres/{centre}/release-policy", responses=responses(HTTPStatus.NOT_FOUND))
def put_policy(centre: Centre, said: PolicyModel, connection: Db, _: Manager) -> PolicyModel:
    """Set how long the centre waits before it frees a desk."""
    if not early_release.put_policy(connection, centre, ReleasePolicy(_length(said.no_show_min), _length(said.left_min))):
        raise _no_centre()
    return said


def _no_centre() -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, "There is no such centre.")


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


def _length(minutes: int | None) -> timedelta | None:
    return None if minutes is None else timedelta(minutes=minutes)
