"""Other light settings of a zone tried on a month, with the edge's own controller."""

import streamlit as st

from dashboard.format import kwh, number, percent
from dashboard.markup import Card, Mood, cards
from smartwork.db.lighting.what_if import ZoneMonth
from smartwork.domain.lighting.what_if import CO2_KG_PER_KWH, WhatIfResult, try_settings

LONGEST_MIN = 60


def show(zones: list[ZoneMonth]) -> None:
    """Choose a zone and settings, and show the result."""
    with st.container(horizontal=True):
        name = st.selectbox("Zone", [zone.name for zone in zones], width=300)
        zone = next(each for each in zones if each.name == name)
        hold = st.slider("Hold time, minutes", 0, LONGEST_MIN, round(zone.light.hold_s / 60), width=300)
        background = st.slider("Level while nobody is there, %", 0, 100, round(zone.light.background * 100), 5, width=300)
        price = st.number_input("EUR per kWh", 0.0, 5.0, 0.30, 0.01, width=140)
    wanted = zone.light.model_copy(update={"hold_s": hold * 60, "background": min(background / 100, zone.light.level)})
    now, then = (try_settings(light, zone.hours, zone.rated_w, zone.spans, zone.window) for light in (zone.light, wanted))
    st.html(cards(_cards(now, then, price)))
    st.html(
        '<p class="sw-note"><b>Method.</b> The controller that lights the centre, run over the spans that sensors measured '
        "this month, with the settings in force and with these. Daylight and switches are left out, so compare the two with "
        f"each other, not with the meter. CO2: {CO2_KG_PER_KWH} kg per kWh, Belgian production in 2023. To put it in force: "
        f"<code>smartwork light set --centre {zone.centre} --zone {zone.light.zone} --hold {hold}m "
        f"--background {wanted.background:g}</code>, then <code>smartwork policy publish</code>.</p>"
    )


def _cards(now: WhatIfResult, then: WhatIfResult, price: float) -> list[Card]:
    saved = now.used_wh - then.used_wh
    share = saved / now.used_wh if now.used_wh else None
    mood: Mood = "good" if saved > 0 else "bad" if saved < 0 else ""
    return [
        Card("In force", kwh(now.used_wh, 1), f"{kwh(now.empty_wh, 1)} with nobody seen"),
        Card("Tried", kwh(then.used_wh, 1), f"{kwh(then.empty_wh, 1)} with nobody seen"),
        Card("Saved", kwh(saved, 1), percent(share), mood),
        Card("Money", f"{number(saved / 1000 * price, 2)} €", "a month, at this price"),
        Card("CO2", f"{number(saved / 1000 * CO2_KG_PER_KWH, 1)} kg", "a month"),
        Card("In the dark", f"{number(then.dark_s / 60, 0)} min", "over somebody", "bad" if then.dark_s else "good"),
    ]
