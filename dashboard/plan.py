"""The floor plan as SVG: zones with the level of their light, desks and rooms in the colour and sign of their state."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from dashboard import palette
from dashboard.format import ago, clock, percent
from dashboard.live import Glow, Seat
from smartwork.db.read.dashboard import CentreRow
from smartwork.domain.bookings.availability import PlaceNow
from smartwork.domain.presence.spans import State

_SCALE = 60  # drawing units per metre
_KEYS: dict[State, str] = {"occupied": "Occupied", "vacant": "Vacant", "unknown": "Unknown: no recent reading"}
_WARM = "#ffc65c"
_HATCH = (
    '<defs><pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="9" height="9" fill="{palette.FILL["unknown"]}"/><rect width="3" height="9" fill="#c4bdb0"/></pattern>'
    '<radialGradient id="glow"><stop offset="0" stop-color="#ffd67e"/><stop offset="1" stop-color="#ffb93f"/>'
    "</radialGradient></defs>"
)


def floor_plan(
    centre: CentreRow, zones: Iterable[Glow], seats: Iterable[Seat], free: Mapping[int, PlaceNow], now: datetime
) -> str:
    """An SVG picture of a centre, to scale; each part carries a tooltip. Names are escaped. `free` is by number of place."""
    pad = 8
    width, height = centre.plan_width_m * _SCALE, centre.plan_height_m * _SCALE
    zone = ZoneInfo(centre.timezone)
    parts = [
        (
            f'<svg class="sw-plan" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Floor plan" '
            f'viewBox="{-pad} {-pad} {width + 2 * pad:.0f} {height + 2 * pad:.0f}">'
        ),
        _HATCH,
    ]
    parts += [_zone(glow) for glow in zones]
    parts += [
        (
            f'<rect x="0" y="0" width="{width:.0f}" height="{height:.0f}" rx="2" fill="none" stroke="{palette.NAVY}" '
            'stroke-width="5"/>'
        )
    ]
    ordered = sorted(seats, key=lambda seat: seat.place.kind != "room")
    parts += [_seat(seat, _remark(seat, free.get(seat.place.resource_id), zone), now) for seat in ordered]
    return "".join(parts) + "</svg>"


def _zone(glow: Glow) -> str:
    zone = glow.zone
    light = (
        "no reading of the light" if glow.level is None else f"light at {percent(glow.level)}" if glow.level else "light off"
    )
    x, y, width, height = (_SCALE * value for value in (zone.x_m, zone.y_m, zone.width_m, zone.height_m))
    box = f'x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f"<g><title>{escape(zone.name)}: {light}</title>"
        f'<rect {box} fill="#f4f2ed" stroke="#cfc9bd" stroke-width="2"/>'
        f'<rect {box} fill="url(#glow)" opacity="{0.62 * (glow.level or 0):.2f}"/>'
        f'<text x="{x + 14:.0f}" y="{y + 28:.0f}" class="zone">{escape(zone.name)}'
        f'<tspan class="light"> · {light}</tspan></text></g>'
    )


def _remark(seat: Seat, place: PlaceNow | None, zone: ZoneInfo) -> str:
    """What the sensor does not say: that the place is booked, recently used or closed; empty if there is nothing."""
    if place is None:
        return ""
    if place.booked is not None:
        return f", booked {clock(place.booked.start, zone)} to {clock(place.booked.end, zone)}"
    if place.availability in ("closed", "recently_used") and seat.state != "occupied":
        return f", {place.availability.replace('_', ' ')}"
    return ""


def _seat(seat: Seat, remark: str, now: datetime) -> str:
    place, state = seat.place, seat.state
    x, y, width, height = (_SCALE * value for value in (place.x_m, place.y_m, place.width_m, place.height_m))
    last_reading = f"last reading {ago(now - seat.last_reading_at)}" if seat.last_reading_at else "no reading yet"
    fill = "url(#hatch)" if state == "unknown" else palette.FILL[state]
    dash = ' stroke-dasharray="7 5"' if state == "unknown" else ""
    room = place.kind == "room"
    opacity = ' fill-opacity="0.55"' if room and state != "occupied" else ""
    sign = f"{palette.SIGN[state]} {escape(place.name)}" if room else palette.SIGN[state]
    long = len(place.name) + 2 if room else 1
    size = min(26.0, 0.62 * min(width, height), 1.6 * width / long)
    return (
        f'<g class="seat" data-resource="{escape(place.slug)}" data-state="{state}">'
        f"<title>{escape(place.name)}: {state}{remark}, {last_reading}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{6 if room else 8}" fill="{fill}"'
        f'{opacity} stroke="{palette.EDGE[state]}" stroke-width="{4 if room else 2.5}"{dash}/>'
        f'<text x="{x + width / 2:.1f}" y="{y + height / 2:.1f}" text-anchor="middle" dominant-baseline="central" '
        f'font-size="{size:.0f}" font-weight="600" fill="{palette.TEXT[state]}">{sign}</text></g>'
    )


def legend() -> str:
    """The legend of colours and signs as HTML."""
    items = [
        f'<span class="sw-key"><i style="background:{palette.FILL[state]};border-color:{palette.EDGE[state]};'
        f'color:{palette.TEXT[state]}">{palette.SIGN[state]}</i>{meaning}</span>'
        for state, meaning in _KEYS.items()
    ]
    glow = (
        f'<span class="sw-key"><i style="background:{_WARM};border-color:#d99a2b"></i>'
        "Light on; a stronger colour is a higher level</span>"
    )
    return f'<div class="sw-legend">{"".join(items)}{glow}</div>'
