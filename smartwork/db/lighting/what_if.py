"""What trying other light settings on a past month starts from: each zone's settings, opening hours and spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from smartwork.contracts.policy import ZoneSettings
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.lighting.zone_settings import zone_settings
from smartwork.db.presence import daily_figures
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, local_month


@dataclass(frozen=True, slots=True)
class ZoneMonth:
    """A lit zone over one local month, or over the part of it that has passed; `spans` may reach beyond `window`."""

    centre: str
    name: str
    light: ZoneSettings
    hours: OpeningHours
    rated_w: float
    window: Interval
    spans: Mapping[str, Sequence[Span]]


def zone_months(connection: Connection, centre: str, month: date, now: datetime) -> list[ZoneMonth]:
    """The zones of a centre that have light settings and presence sensors, with their spans of the month before `now`."""
    centre_hours = next((candidate for candidate in daily_figures.centres(connection) if candidate.slug == centre), None)
    if centre_hours is None:
        return []
    window = local_month(month, centre_hours.hours.timezone).before(now)
    if window is None:
        return []
    spans = daily_figures.spans(connection, centre_hours.centre_id, window)
    resources = daily_figures.resources(connection, centre_hours.centre_id)
    rated = {slug: (zone_id, watts) for zone_id, slug, watts in connection.execute(sql("zone_power"), (centre,))}
    months = []
    for settings in zone_settings(connection, centre):
        zone_id, watts = rated[settings.light.zone]
        watched = {str(resource): spans.get(resource, []) for resource, (zone, _) in resources.items() if zone == zone_id}
        if watched:
            months.append(ZoneMonth(centre, settings.zone_name, settings.light, centre_hours.hours, watts, window, watched))
    return months
