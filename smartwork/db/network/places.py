"""Zones, and the desks and rooms in them."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.network.places import Rect, Resource, Zone


def put_zones(connection: Connection, centre: str, zones: Iterable[Zone]) -> None:
    """Insert zones of a centre; a zone that exists, by slug, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_zone"), [_row(zone, zone.place, centre) for zone in zones])


def put_resources(connection: Connection, centre: str, resources: Iterable[Resource]) -> None:
    """Insert desks and rooms of a centre, whose zones must exist; one that exists, by slug, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_resource"), [_row(resource, resource.place, centre) for resource in resources])


def _row(item: Zone | Resource, place: Rect, centre: str) -> dict[str, object]:
    return {**asdict(item), **asdict(place), "place": None, "centre": centre}
