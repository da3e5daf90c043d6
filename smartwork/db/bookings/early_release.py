"""Early release in the database: what is booked now and what is known of it, releasing, and what is still to be said."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.early_release import Reason, ReleasePolicy
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Held:
    """A booking of this moment, with all that a release is decided by."""

    booking_id: int
    period: Interval
    policy: ReleasePolicy
    check_ins: tuple[datetime, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Freed:
    """A release that was not said yet."""

    release_id: int
    centre: str
    resource: str
    booking: str
    reason: Reason
    released_at: datetime
    until: datetime


def held(connection: Connection, at: datetime) -> list[Held]:
    """What is booked at the instant `at` and not released."""
    arguments = {"at": at, "earliest": at - LONGEST_BOOKING}
    rows = connection.execute(sql("bookings_now"), arguments).fetchall()
    spans: dict[int, list[Span]] = {}
    wanted = {"resource_ids": [row[1] for row in rows], "sinces": [row[2] for row in rows], "at": at}
    for resource, *span in connection.execute(sql("spans_now"), wanted):
        spans.setdefault(resource, []).append(Span(*span))
    return [
        Held(
            booking,
            Interval(start, end),
            _policy(own=own, no_show_min=no_show, left_min=left),
            tuple(check_ins),
            tuple(spans.get(resource, ())),
        )
        for booking, resource, start, end, own, no_show, left, check_ins in rows
    ]


def release(connection: Connection, due: Sequence[tuple[Held, Reason]], at: datetime) -> int:
    """Free these from `at` on, in one transaction; returns how many were still as they had been read."""
    if not due:
        return 0
    with connection.transaction():
        connection.execute(sql("say_author"), ("release",))
        freed = connection.execute(
            sql("release_bookings"),
            {
                "at": at,
                "booking_ids": [one.booking_id for one, _ in due],
                "starts": [one.period.start for one, _ in due],
                "ends": [one.period.end for one, _ in due],
                "reasons": [reason for _, reason in due],
            },
        )
        return len(freed.fetchall())


@contextmanager
def unsaid(connection: Connection, at: datetime) -> Iterator[list[Freed]]:
    """Releases to be said in the block: noted as said at its end, and said again later where it fails."""
    with connection.transaction():
        found = [Freed(*row) for row in connection.execute(sql("unsaid_releases"))]
        yield found
        if found:
            connection.execute(sql("releases_said"), {"at": at, "release_ids": [one.release_id for one in found]})


def policy(connection: Connection, centre: str) -> ReleasePolicy | None:
    """The policy in force in a centre, or None where there is no such centre."""
    row = connection.execute(sql("release_policy_of"), {"centre": centre}).fetchone()
    return _policy(own=row[0], no_show_min=row[1], left_min=row[2]) if row else None


def put_policy(connection: Connection, centre: str, chosen: ReleasePolicy) -> bool:
    """Put a centre's policy, to whole minutes, in force; False where there is no such centre."""
    arguments = {"centre": centre, "no_show_min": _minutes(chosen.no_show), "left_min": _minutes(chosen.left)}
    return connection.execute(sql("put_release_policy"), arguments).fetchone() is not None


def _policy(*, own: bool, no_show_min: int | None, left_min: int | None) -> ReleasePolicy:
    if not own:
        return ReleasePolicy()
    return ReleasePolicy(
        None if no_show_min is None else timedelta(minutes=no_show_min),
        None if left_min is None else timedelta(minutes=left_min),
    )


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)
