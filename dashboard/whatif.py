"""Tries other light settings of a zone on a month, with the controller of the edge."""

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
        background = st.slider("Level while the zone is empty, %", 0, 100, round(zone.light.background * 100), 5, width=300)
        price = st.number_input("EUR per kWh", 0.0, 5.0, 0.30, 0.01, width=140)
    wanted = zone.light.model_copy(update={"hold_s": hold * 60, "background": min(background / 100, zone.light.level)})
    current, tried = (
        try_settings(light, zone.hours, zone.rated_w, zone.spans, zone.window) for light in (zone.light, wanted)
    )
    st.html(cards(_cards(current, tried, price)))
    st.html(
        '<p class="sw-note"><b>Method.</b> The controller of the centre runs over the measured spans of this month, once '
        "with the settings in force and once with these. Daylight and switches are not simulated, so compare the two results "
        f"with each other and not with the meter. CO2: {CO2_KG_PER_KWH} kg per kWh, Belgian production in 2023. To apply it: "
        f"<code>smartwork light set --centre {zone.centre} --zone {zone.light.zone} --hold {hold}m "
        f"--background {wanted.background:g}</code>, then <code>smartwork policy publish</code>.</p>"
    )


def _cards(current: WhatIfResult, tried: WhatIfResult, price: float) -> list[Card]:
    saved = current.used_wh - tried.used_wh
    share = saved / current.used_wh if current.used_wh else None
    mood: Mood = "good" if saved > 0 else "bad" if saved < 0 else ""
    return [
        Card("In force", kwh(current.used_wh, 1), f"{kwh(current.empty_wh, 1)} with nobody detected"),
        Card("Tried", kwh(tried.used_wh, 1), f"{kwh(tried.empty_wh, 1)} with nobody detected"),
        Card("Saved", kwh(saved, 1), percent(share), mood),
        Card("Money", f"{number(saved / 1000 * price, 2)} €", "this month, at this price"),
        Card("CO2", f"{number(saved / 1000 * CO2_KG_PER_KWH, 1)} kg", "this month"),
        Card("In the dark", f"{number(tried.dark_s / 60, 0)} min", "while occupied", "bad" if tried.dark_s else "good"),
    ]
