"""Early release in the database: bookings that may be released, the releases made, and those to be published."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row, dict_row

from smartwork.db.core.authors import recorded_as
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.early_release import Reason, ReleasePolicy
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval


@dataclass(frozen=True, slots=True)
class CurrentBooking:
    """A booking of this moment, with everything that decides about its release."""

    booking_id: int
    period: Interval
    policy: ReleasePolicy
    check_ins: tuple[datetime, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class UnpublishedRelease:
    """A release that is not published yet; the place is free until `until`."""

    release_id: int
    centre: str
    resource: str
    booking: str
    reason: Reason
    released_at: datetime
    until: datetime


def current_bookings(connection: Connection, at: datetime) -> list[CurrentBooking]:
    """The bookings at the instant `at` that are not released."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql("bookings_now"), {"at": at, "earliest": at - LONGEST_BOOKING}).fetchall()
    places = {"resource_ids": [row["resource_id"] for row in rows], "sinces": [row["starts_at"] for row in rows], "at": at}
    spans: dict[int, list[Span]] = {}
    for resource, *span in connection.execute(sql("spans_now"), places):
        spans.setdefault(resource, []).append(Span(*span))
    return [
        CurrentBooking(
            row["booking_id"],
            Interval(row["starts_at"], row["ends_at"]),
            _policy(has_policy=row["has_policy"], no_show_min=row["no_show_min"], left_min=row["left_min"]),
            tuple(row["check_ins"]),
            tuple(spans.get(row["resource_id"], ())),
        )
        for row in rows
    ]


def release(connection: Connection, due: Sequence[tuple[CurrentBooking, Reason]], at: datetime) -> int:
    """Release the places of these bookings from `at` on, in one transaction. Returns how many.

    A booking that has changed since it was read is left unchanged.
    """
    if not due:
        return 0
    with connection.transaction(), recorded_as(connection, "release"):
        released = connection.execute(
            sql("release_bookings"),
            {
                "at": at,
                "booking_ids": [booking.booking_id for booking, _ in due],
                "starts": [booking.period.start for booking, _ in due],
                "ends": [booking.period.end for booking, _ in due],
                "reasons": [reason for _, reason in due],
            },
        )
        return len(released.fetchall())


@contextmanager
def unpublished_releases(connection: Connection, at: datetime) -> Iterator[list[UnpublishedRelease]]:
    """The releases to publish in the block. They are marked as published at its end, and stay unpublished if it fails."""
    with connection.transaction():
        with connection.cursor(row_factory=class_row(UnpublishedRelease)) as cursor:
            releases = cursor.execute(sql("unpublished_releases")).fetchall()
        yield releases
        if releases:
            released = [release.release_id for release in releases]
            connection.execute(sql("mark_releases_published"), {"at": at, "release_ids": released})


def policy(connection: Connection, centre: str) -> ReleasePolicy | None:
    """The release policy of a centre, or None if there is no such centre."""
    row = connection.execute(sql("release_policy_of"), {"centre": centre}).fetchone()
    return _policy(has_policy=row[0], no_show_min=row[1], left_min=row[2]) if row else None


def put_policy(connection: Connection, centre: str, chosen: ReleasePolicy) -> bool:
    """Set the release policy of a centre, in whole minutes; returns False if there is no such centre."""
    arguments = {"centre": centre, "no_show_min": _minutes(chosen.no_show), "left_min": _minutes(chosen.left)}
    return connection.execute(sql("put_release_policy"), arguments).fetchone() is not None


def _policy(*, has_policy: bool, no_show_min: int | None, left_min: int | None) -> ReleasePolicy:
    if not has_policy:
        return ReleasePolicy()
    return ReleasePolicy(
        None if no_show_min is None else timedelta(minutes=no_show_min),
        None if left_min is None else timedelta(minutes=left_min),
    )


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)
