"""Lighting energy of a month: used, wasted on empty zones, saved; and other settings tried on the month."""

import streamlit as st

from dashboard import charts, data, frame, whatif
from dashboard.format import kwh, number, percent
from dashboard.markup import Card, HtmlColumn, Mood, Raw, bar, cards, table, two_lines
from smartwork.clock import now

ALL = "All centres"
METERED = "of the time so far"

with data.opened() as reader:
    centres = frame.centres_of(reader)
    frame.heading("Energy", "What the light used, whether the zones were occupied, and what was saved.", centres)
    with st.container(horizontal=True):
        month = frame.choose_month(reader)
        names = [ALL, *(c.name for c in centres)]
        kept = st.session_state.get("energy_centre")
        chosen = st.selectbox("Centre", names, index=names.index(kept) if kept in names else 0, width=300)
        st.session_state["energy_centre"] = chosen
    rows = [row for row in reader.energy(month) if chosen in (ALL, row.centre)]
    tried = next((reader.lit_zones(c.slug, month, now()) for c in centres if c.name == chosen), [])
light = data.light(chosen, chosen, rows)
if not rows or not light.is_measured:
    raise frame.NothingYet("No lighting energy was metered here in this month. Choose another month or centre.")

st.html(
    cards(
        [
            Card("Used", kwh(light.used_wh, 1), f"{number(light.kwh_per_m2, 2)} kWh/m²"),
            Card("Baseline", kwh(light.baseline_wh, 1), "rated power × opening hours"),
            Card("Saved", kwh(light.saved_wh, 1), "baseline less use", "good" if light.saved_wh >= 0 else "bad"),
            Card("Saving", percent(light.saving), "of the baseline", "good" if light.saved_wh >= 0 else "bad"),
            Card("Waste", percent(light.waste_share), f"{kwh(light.empty_wh, 1)} for empty zones"),
            Card("Unknown", kwh(light.unknown_wh, 1), "used while sensors were silent"),
            Card("Metered", percent(light.metered_share), METERED if light.metered_s is not None else "not recorded"),
        ]
    )
)
st.subheader("Day by day", anchor=False)
st.html(charts.energy_legend())
st.altair_chart(charts.energy_days(rows), theme=None)
st.html(
    '<p class="sw-note"><b>Method.</b> The dark mark on each day is the baseline: IPMVP option A, the rated power of the '
    "luminaires times the opening hours of that day, as if all lights were on while the centre is open. All figures cover "
    "metered time only: time without meter readings, and time to come, is in neither the use nor the baseline. "
    "<b>Limits.</b> The baseline is stipulated, not measured before the controls were installed: it ignores daylight and "
    "switching off by hand, and rated power may differ from real power by some per cent. Savings are an upper estimate. "
    "Waste is energy used while nobody was in the zone.</p>"
)


def row(zone: data.Light) -> tuple[Mood, list[str | Raw]]:
    return "", [
        two_lines(zone.name, zone.centre),
        kwh(zone.empty_wh if zone.is_measured else None, 1),
        bar(zone.waste_share),
        kwh(zone.used_wh if zone.is_measured else None, 1),
        number(zone.kwh_per_m2, 2),
        kwh(zone.saved_wh if zone.is_measured else None, 1),
        percent(zone.saving),
        percent(zone.metered_share),
    ]


st.subheader("Zones, most waste first", anchor=False)
columns = [
    HtmlColumn("Zone", "name"),
    HtmlColumn("Waste", "n"),
    HtmlColumn("Share of use"),
    HtmlColumn("Used", "n"),
    HtmlColumn("kWh/m²", "n"),
    HtmlColumn("Saved", "n"),
    HtmlColumn("Saving", "n"),
    HtmlColumn("Metered", "n"),
]
st.html(table(columns, [row(zone) for zone in data.zones_worst_first(rows)]))

st.subheader("Try other settings", anchor=False)
if chosen == ALL:
    st.html('<p class="sw-note">Choose a centre above to try other settings of its zones on this month.</p>')
elif not tried:
    st.html(
        '<p class="sw-note">No zone of this centre has light settings. Set them with <code>smartwork light set</code>.</p>'
    )
else:
    whatif.show(tried)
