"""The evidence of a visit on a page: a sentence, and a drawing of booked and measured time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from dashboard import palette
from dashboard.format import clock, minutes
from smartwork.domain.bookings.visit import Verdict, Visit
from smartwork.domain.presence.spans import Span

_LEFT, _WIDTH = 96, 880
_BOOKED = "#dfe8f1"
_HEAD = (
    '<svg class="sw-timeline" xmlns="http://www.w3.org/2000/svg" role="img" '
    'aria-label="Booked against measured" viewBox="0 0 1000 150">'
    '<defs><pattern id="doubt" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="9" height="9" fill="{palette.FILL["unknown"]}"/><rect width="3" height="9" fill="#c4bdb0"/>'
    "</pattern></defs>"
)

LABEL: dict[Verdict, str] = {
    "used": "Used",
    "left_early": "Left early",
    "overstayed": "Overstayed",
    "no_show": "No-show",
    "walk_in": "Walk-in",
    "unverifiable": "Unverifiable",
    "cancelled": "Cancelled",
    "cancelled_late": "Cancelled late",
}


def sentence(visit: Visit) -> str:
    """A sentence that explains the verdict: what was booked, what was measured, and the conclusion."""
    zone = ZoneInfo(visit.timezone)
    period = f"{clock(visit.starts_at, zone)} to {clock(visit.ends_at, zone)}"
    occupied, vacant, unknown = (minutes(s / 60) for s in (visit.occupied_s, visit.vacant_s, visit.unknown_s))
    measured = f"measured: {occupied} occupied, {vacant} vacant"
    if visit.unknown_s:
        measured += f", {unknown} unknown"
    booked = f"Booked from {period} ({minutes(visit.booked_s / 60)})"
    return {
        "used": f"{booked}; {measured}. The booking was used.",
        "left_early": f"{booked}; {measured}. The place was left before the end.",
        "overstayed": f"{booked}; {measured}. The stay went on for {minutes(visit.over_s / 60)} after the end.",
        "no_show": f"{booked}; {measured}. Nobody came.",
        "walk_in": f"Nothing was booked; {period}, {measured}. A check-in names the company.",
        "unverifiable": f"{booked}; {measured}. Too much is unknown to verify it. Doubt favours the customer, "
        "who is never charged more than was booked.",
        "cancelled": f"{booked}, then cancelled.",
        "cancelled_late": f"{booked}, then cancelled after the deadline of the contract.",
    }[visit.verdict]


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    """The horizontal axis of a timeline; maps instants to x in drawing units."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def x(self, instant: datetime) -> float:
        return _LEFT + _WIDTH * ((instant - self.start) / (self.end - self.start))

    def period(self, start: datetime, end: datetime) -> str:
        return f"{clock(start, self.zone)} to {clock(end, self.zone)}"


@dataclass(frozen=True, slots=True)
class _Look:
    """How a bar is drawn; `sign` is written into it if it is wide enough."""

    y: int
    fill: str
    stroke: str
    sign: str = ""


def timeline(visit: Visit) -> str:
    """An SVG of two tracks over one axis: booked time above, measured time below. Times are local."""
    start = min([visit.starts_at, *(span.start for span in visit.spans)]) - timedelta(minutes=15)
    end = max([visit.ends_at, *(span.end for span in visit.spans)]) + timedelta(minutes=15)
    axis = _TimeAxis(start, end, ZoneInfo(visit.timezone))
    parts = [_HEAD, *_ticks(axis)]
    for y, label in ((34, "Booked"), (88, "Measured")):
        parts.append(f'<text x="0" y="{y}" dominant-baseline="central" font-size="18" fill="{palette.INK}">{label}</text>')
    if visit.booked_s:
        title = f"Booked {axis.period(visit.starts_at, visit.ends_at)}"
        parts.append(_bar(axis, visit.starts_at, visit.ends_at, title, _Look(16, _BOOKED, palette.NAVY)))
    for span in visit.spans:
        name = "Suspect" if span.suspect else span.state.capitalize()
        parts.append(_bar(axis, span.start, span.end, f"{name} {axis.period(span.start, span.end)}", _look_of(span)))
    return "".join(parts) + "</svg>"


def _ticks(axis: _TimeAxis) -> Iterator[str]:
    """A line with its time at every full hour, or at every second hour if the axis is longer than nine hours."""
    step = timedelta(hours=1 if axis.end - axis.start <= timedelta(hours=9) else 2)
    tick = axis.start.astimezone(axis.zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while tick <= axis.end:
        x = axis.x(tick)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="116" stroke="{palette.LINE}" stroke-width="1.5"/>'
            f'<text x="{x:.1f}" y="138" text-anchor="middle" font-size="17" fill="{palette.MUTED}">'
            f"{clock(tick, axis.zone)}</text>"
        )
        tick += step


def _look_of(span: Span) -> _Look:
    if span.suspect:
        return _Look(70, palette.AMBER, palette.INK, "!")
    fill = "url(#doubt)" if span.state == "unknown" else palette.FILL[span.state]
    stroke = palette.PAPER if span.state == "occupied" else palette.TEXT[span.state]
    return _Look(70, fill, stroke, palette.SIGN[span.state])


def _bar(axis: _TimeAxis, start: datetime, end: datetime, title: str, look: _Look) -> str:
    x, width = axis.x(start), max(1.5, axis.x(end) - axis.x(start))
    sign = (
        f'<text x="{x + width / 2:.1f}" y="{look.y + 18}" text-anchor="middle" dominant-baseline="central" '
        f'font-size="17" fill="{look.stroke}">{look.sign}</text>'
        if look.sign and width > 20
        else ""
    )
    return (
        f'<g data-title="{escape(title)}"><title>{escape(title)}</title>'
        f'<rect x="{x:.1f}" y="{look.y}" width="{width:.1f}" height="36" rx="5" fill="{look.fill}" stroke="{look.stroke}" '
        f'stroke-width="1.5"/>{sign}</g>'
    )


def legend() -> str:
    """The legend of the colours and signs as HTML."""
    keys = [
        (_BOOKED, palette.NAVY, "", "Booked"),
        (palette.FILL["occupied"], palette.PAPER, palette.SIGN["occupied"], "Occupied"),
        (palette.FILL["vacant"], palette.TEXT["vacant"], palette.SIGN["vacant"], "Vacant"),
        (palette.FILL["unknown"], palette.TEXT["unknown"], palette.SIGN["unknown"], "Unknown"),
        (palette.AMBER, palette.INK, "!", "Suspect: a stuck sensor, never billed"),
    ]
    return (
        '<div class="sw-legend">'
        + "".join(
            f'<span class="sw-key"><i style="background:{fill};color:{text};border-color:{palette.EDGE["vacant"]}">{sign}</i>'
            f"{meaning}</span>"
            for fill, text, sign, meaning in keys
        )
        + "</div>"
    )
