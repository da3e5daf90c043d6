"""Bookings as they stand, and how a set of them is taken in: at once, or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import Standing, Wanted
from smartwork.errors import SmartworkError


class Overlap(SmartworkError):  # noqa: N818 - says what happened
    """The database refuses a booking because its place is taken; nothing was written."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The names that a booking may use."""

    timezones: dict[str, str]
    resources: frozenset[tuple[str, str]]
    members: frozenset[str]


def timezones(connection: Connection) -> dict[str, str]:
    """The timezone of each centre by its slug."""
    with wrap_database_errors():
        return {str(slug): str(zone) for slug, zone in connection.execute(sql("centre_timezones"))}


def registry(connection: Connection, centres: Iterable[str], members: Iterable[str]) -> Registry:
    """What is known of the names given: resources of the centres, and those of the members that exist."""
    zones = timezones(connection)
    with wrap_database_errors():
        places = connection.execute(sql("bookable_names"), (sorted(set(centres)),)).fetchall()
        people = connection.execute(sql("member_names"), (sorted(set(members)),)).fetchall()
    return Registry(
        zones,
        frozenset((str(centre), str(resource)) for centre, resource in places),
        frozenset(str(pseudonym) for (pseudonym,) in people),
    )


def standing(connection: Connection, wanted: Sequence[Wanted]) -> tuple[dict[str, Standing], list[Standing]]:
    """The bookings that `wanted` names, by external id, and the others on the same resources in that time."""
    ids = [row.booking.external_id for row in wanted]
    reach: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for row in wanted:
        key = (row.booking.centre, row.booking.resource)
        since, until = reach.get(key, (row.booking.starts_at, row.booking.ends_at))
        reach[key] = (min(since, row.booking.starts_at), max(until, row.booking.ends_at))
    beside = {
        "centres": [centre for centre, _ in reach],
        "resources": [resource for _, resource in reach],
        "sinces": [since for since, _ in reach.values()],
        "untils": [until for _, until in reach.values()],
        "ids": ids,
    }
    with wrap_database_errors():
        named = [_standing(row) for row in connection.execute(sql("standing_by_id"), (ids,))]
        others = [_standing(row) for row in connection.execute(sql("standing_beside"), beside)]
    return {each.booking.external_id: each for each in named}, others


def take(connection: Connection, bookings: Sequence[Booking], author: str) -> None:
    """Write these bookings in one transaction, `author` being who says so in their history.

    Raises Overlap where a place is taken, by its constraint `booking_overlap`.
    """
    try:
        with wrap_database_errors(), connection.transaction():
            connection.execute(sql("say_author"), (author,))
            connection.execute(sql("defer_booking_overlap"))
            lock(connection, [(booking.centre, booking.resource) for booking in bookings])
            put_bookings(connection, bookings)
    except psycopg.errors.ExclusionViolation as error:
        raise Overlap("The desk or room is taken by another booking for a part of that time.") from error


def lock(connection: Connection, resources: Iterable[tuple[str, str]]) -> None:
    """Let nobody else book these resources, by (centre, resource), until the caller's transaction ends."""
    places = sorted(set(resources))
    arguments = {"centres": [centre for centre, _ in places], "resources": [resource for _, resource in places]}
    connection.execute(sql("lock_resources"), arguments)


def _standing(row: tuple[Any, ...]) -> Standing:
    *booking, until, billed = row
    return Standing(Booking(*booking), until, billed)
