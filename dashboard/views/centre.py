"""One centre now: its floor plan, redrawn every two seconds."""

from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import data, frame, live
from dashboard.drawing import draw
from dashboard.format import ago, clock, percent, whole
from dashboard.free_card import free_card
from dashboard.gateway_card import gateway_card
from dashboard.markup import Card, cards
from dashboard.plan import floor_plan, legend
from smartwork.clock import now
from smartwork.db.bookings.availability import AHEAD
from smartwork.db.read.dashboard import CentreRow, ratio
from smartwork.domain.bookings.availability import open_intervals
from smartwork.domain.time import Interval

with data.opened() as reader:
    centres = frame.centres_of(reader)
frame.heading(
    "Centre live", "Which places are occupied now, by their sensors. A place whose sensor is silent is unknown.", centres
)
kept = st.session_state.get("centre")
names = [c.slug for c in centres]
slug = st.selectbox(
    "Centre",
    names,
    index=names.index(kept) if kept in names else 0,
    format_func=lambda chosen: next(c.name for c in centres if c.slug == chosen),
    width=300,
)
st.session_state["centre"] = slug


@st.fragment(run_every=2)
def plan(centre: CentreRow) -> None:
    with frame.friendly():
        with data.opened() as reader:
            places, zones = reader.places(centre.centre_id), reader.zones(centre.centre_id)
            edges = reader.edges(centre.centre_id)
            at = now()
            opening, booked = reader.opening(centre.slug), reader.booked_places(centre.slug, at)
        seats, glows = live.seats(places, at), live.glows(zones, at)
        open_time = open_intervals(opening.hours, Interval(at, at + AHEAD)) if opening else []
        free = live.availability(seats, booked, open_time, at)
        desks = live.counts(seats)
        last_reading = max((seat.last_reading_at for seat in seats if seat.last_reading_at), default=None)
        known = desks["occupied"] + desks["vacant"]
        share = ratio(desks["occupied"], known)
        lit = sum(1 for glow in glows if glow.level)
        st.html(
            cards(
                [
                    Card("Occupied", whole(desks["occupied"]), f"{percent(share)} of the {known} known desks"),
                    free_card(live.free_desks(seats, free), free.values(), desks["vacant"], ZoneInfo(centre.timezone)),
                    Card("Unknown", whole(desks["unknown"]), "no recent reading"),
                    Card("Zones lit", f"{lit} of {len(glows)}", "by the newest readings of their lights"),
                    Card(
                        "Last reading",
                        ago(at - last_reading) if last_reading else "never",
                        f"at {clock(last_reading)}" if last_reading else "",
                    ),
                    gateway_card(edges, at),
                ]
            )
        )
        svg = floor_plan(centre, glows, seats, free, at)
        draw(svg, "plan")
        st.html(legend())


plan(next(c for c in centres if c.slug == slug))
st.html(
    '<p class="sw-note">A desk is free to take if the centre is open, the desk is vacant, is not booked within half an hour, '
    "and nobody was there in the last quarter of an hour. "
    "A place whose sensor has been silent for 2.5 reporting intervals is unknown, not vacant. "
    "Times are local (Europe/Brussels). Sensors detect presence; they do not identify persons.</p>"
)
