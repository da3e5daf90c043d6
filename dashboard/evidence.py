"""A visit's evidence on a page: a sentence, and a drawing of booked time against measured time."""

from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from dashboard import palette
from dashboard.format import clock, minutes
from smartwork.domain.bookings.visit import Verdict, Visit

LABEL: dict[Verdict, str] = {
    "used": "Used",
    "left_early": "Left early",
    "overstayed": "Overstayed",
    "no_show": "No-show",
    "walk_in": "Walk-in",
    "unverifiable": "Unverifiable",
    "cancelled": "Cancelled",
}


def sentence(visit: Visit) -> str:
    """The verdict explained: what was booked, what the sensor saw, and what follows from it."""
    zone = ZoneInfo(visit.timezone)
    period = f"{clock(visit.starts_at, zone)} to {clock(visit.ends_at, zone)}"
    seen, free, doubt = (minutes(s / 60) for s in (visit.occupied_s, visit.vacant_s, visit.unknown_s))
    measured = f"the sensor saw {seen} of presence and {free} of absence"
    if visit.unknown_s:
        measured += f", and could not tell for {doubt}"
    booked = f"Booked from {period} ({minutes(visit.booked_s / 60)})"
    return {
        "used": f"{booked}; {measured}. The booking was used.",
        "left_early": f"{booked}; {measured}. The desk was left before the end.",
        "overstayed": f"{booked}; {measured}. The stay went on for {minutes(visit.over_s / 60)} after the end.",
        "no_show": f"{booked}; {measured}. Nobody came.",
        "walk_in": f"Nothing was booked; from {period} {measured}. A check-in says whose stay it was.",
        "unverifiable": f"{booked}; {measured}. Too much is unknown to verify it: doubt goes to the customer, "
        "who is never charged above what was booked.",
        "cancelled": f"{booked} and cancelled.",
    }[visit.verdict]


def timeline(visit: Visit) -> str:
    """An SVG of two tracks over one clock: what was booked above, what was measured below. Times are local."""
    zone = ZoneInfo(visit.timezone)
    start = min([visit.starts_at, *(span.start for span in visit.spans)]) - timedelta(minutes=15)
    end = max([visit.ends_at, *(span.end for span in visit.spans)]) + timedelta(minutes=15)
    left, width = 96, 880

    def at(instant: datetime) -> float:
        return left + width * ((instant - start) / (end - start))

    def bar(begin: datetime, until: datetime, *, y: int, fill: str, stroke: str, title: str, sign: str = "") -> str:
        x, wide = at(begin), max(1.5, at(until) - at(begin))
        mark = (
            f'<text x="{x + wide / 2:.1f}" y="{y + 18}" text-anchor="middle" dominant-baseline="central" '
            f'font-size="17" fill="{stroke}">{sign}</text>'
            if sign and wide > 20
            else ""
        )
        return (
            f'<g data-title="{escape(title)}"><title>{escape(title)}</title>'
            f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="36" rx="5" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="1.5"/>{mark}</g>'
        )

    parts = [
        (
            '<svg class="sw-timeline" xmlns="http://www.w3.org/2000/svg" role="img" '
            'aria-label="Booked against measured" viewBox="0 0 1000 150">'
        ),
        (
            f'<defs><pattern id="doubt" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<rect width="9" height="9" fill="{palette.FILL["unknown"]}"/><rect width="3" height="9" fill="#c4bdb0"/>'
            "</pattern></defs>"
        ),
    ]
    step = timedelta(hours=1 if end - start <= timedelta(hours=9) else 2)
    tick = start.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while tick <= end:
        x = at(tick)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="116" stroke="{palette.LINE}" stroke-width="1.5"/>'
            f'<text x="{x:.1f}" y="138" text-anchor="middle" font-size="17" fill="{palette.MUTED}">{clock(tick, zone)}</text>'
        )
        tick += step
    for y, label in ((34, "Booked"), (88, "Measured")):
        parts.append(f'<text x="0" y="{y}" dominant-baseline="central" font-size="18" fill="{palette.INK}">{label}</text>')
    if visit.booked_s:
        title = f"Booked {clock(visit.starts_at, zone)} to {clock(visit.ends_at, zone)}"
        parts.append(bar(visit.starts_at, visit.ends_at, y=16, fill="#dfe8f1", stroke=palette.NAVY, title=title))
    for span in visit.spans:
        said = "Suspect" if span.suspect else span.state.capitalize()
        title = f"{said} {clock(span.start, zone)} to {clock(span.end, zone)}"
        fill = palette.AMBER if span.suspect else "url(#doubt)" if span.state == "unknown" else palette.FILL[span.state]
        text = palette.INK if span.suspect else palette.TEXT[span.state]
        sign = "!" if span.suspect else palette.SIGN[span.state]
        parts.append(
            bar(
                span.start,
                span.end,
                y=70,
                fill=fill,
                stroke=text if span.state != "occupied" else palette.PAPER,
                title=title,
                sign=sign,
            )
        )
    return "".join(parts) + "</svg>"


def legend() -> str:
    """What the tracks' colours and signs mean, as HTML."""
    keys = [
        ("#dfe8f1", palette.NAVY, "", "Booked"),
        (palette.FILL["occupied"], palette.PAPER, palette.SIGN["occupied"], "Occupied"),
        (palette.FILL["vacant"], palette.TEXT["vacant"], palette.SIGN["vacant"], "Vacant"),
        (palette.FILL["unknown"], palette.TEXT["unknown"], palette.SIGN["unknown"], "Unknown"),
        (palette.AMBER, palette.INK, "!", "Suspect: a stuck sensor, never billed"),
    ]
    return (
        '<div class="sw-legend">'
        + "".join(
            f'<span class="sw-key"><i style="background:{fill};color:{text};border-color:{palette.EDGE["vacant"]}">{sign}</i>'
            f"{said}</span>"
            for fill, text, sign, said in keys
        )
        + "</div>"
    )
