"""What a what-if starts from: a zone's settings, its hours, and the spans of a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from smartwork.contracts.policy import ZoneLight
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.lighting.zone_settings import lights
from smartwork.db.presence import daily_figures as store
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, local_month


@dataclass(frozen=True, slots=True)
class ZoneMonth:
    """A lit zone over one local month."""

    centre: str
    name: str
    light: ZoneLight
    hours: OpeningHours
    rated_w: float
    window: Interval
    spans: Mapping[str, Sequence[Span]]


def zone_months(connection: Connection, centre: str, month: date) -> list[ZoneMonth]:
    """The zones of a centre that have light settings and presence sensors, with their spans of the month."""
    of_centre = next((each for each in store.centres(connection) if each.slug == centre), None)
    if of_centre is None:
        return []
    window = local_month(month, of_centre.hours.timezone)
    spans = store.spans(connection, of_centre.centre_id, window)
    places = store.resources(connection, of_centre.centre_id)
    rated = {slug: (zone_id, watts) for zone_id, slug, watts in connection.execute(sql("zone_power"), (centre,))}
    found = []
    for in_force in lights(connection, centre):
        zone_id, watts = rated[in_force.light.zone]
        watched = {str(resource): spans.get(resource, []) for resource, (zone, _) in places.items() if zone == zone_id}
        if watched:
            found.append(ZoneMonth(centre, in_force.zone_name, in_force.light, of_centre.hours, watts, window, watched))
    return found
