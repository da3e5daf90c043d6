"""Operators and centres: written when a network is set up, listed by slug."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.network.centres import Centre, Operator


def centre_slugs(connection: Connection) -> list[str]:
    """The slugs of all centres, sorted."""
    return [str(slug) for (slug,) in connection.execute(sql("centre_slugs"))]


def centre_names(connection: Connection) -> dict[str, str]:
    """The name of each centre, by slug."""
    return {str(slug): str(name) for slug, name in connection.execute(sql("centre_names"))}


def put_operators(connection: Connection, operators: Iterable[Operator]) -> None:
    """Insert operators; an operator that exists, by name, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_operator"), [asdict(operator) for operator in operators])


def put_centre(connection: Connection, centre: Centre, *, is_demo: bool) -> None:
    """Insert a centre and the days on which it is closed; what exists is left unchanged. Its operator must exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql("put_centre"),
            {
                "slug": centre.slug,
                "name": centre.name,
                "operator": centre.operator,
                "region": centre.region,
                "town": centre.town,
                "latitude": centre.latitude,
                "longitude": centre.longitude,
                "timezone": centre.hours.timezone,
                "opens": centre.hours.opens,
                "closes": centre.hours.closes,
                "open_days": sorted(centre.hours.open_days),
                "plan_width_m": centre.plan_width_m,
                "plan_height_m": centre.plan_height_m,
                "is_demo": is_demo,
            },
        )
        cursor.executemany(
            sql("put_closure"),
            [{"centre": centre.slug, "day": day, "reason": reason} for day, reason in centre.closure_reasons.items()],
        )
