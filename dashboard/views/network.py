"""All centres compared: utilisation, lighting energy, missing readings."""

from itertools import chain

import streamlit as st

from dashboard import charts, data, frame, live
from dashboard.format import kwh, moment, number, percent, short_day, whole
from dashboard.markup import Card, HtmlColumn, Mood, Raw, bar, cards, table, tag, two_lines
from smartwork.clock import now
from smartwork.db.read.dashboard import CentreMonthUse, ratio
from smartwork.domain.ledger.ledger_day import ledger_total

with data.opened() as reader:
    centres = frame.centres_of(reader)
    frame.heading(
        "All centres compared",
        "How much of each centre is used, what its light uses, and whether its figures are complete.",
        centres,
    )
    month = frame.choose_month(reader)
    months = reader.centre_months(month)
    days = reader.centre_days(month)
    seats = live.seats(reader.places(), now())
    light = data.light("", "", reader.energy(month))
    ledger = ledger_total(data.in_month(chain.from_iterable(reader.ledger().values()), month))


def _below_baseline(light: data.Light) -> str:
    """The saving, and the share of the time that it covers, if that is not all of it."""
    if light.saving is None:
        return "not measured"
    metered = light.metered_share
    partly = f"; {percent(metered)} of the time metered" if metered is not None and metered < 0.995 else ""
    return f"{percent(light.saving)} below the baseline{partly}"


use = data.network_use(months)
desks = live.counts(seats)
no_shows, bookings = sum(c.no_shows for c in months), sum(c.bookings for c in months)
highest = max((c for c in months if c.peak is not None), key=lambda c: c.peak or 0, default=None)
st.html(
    cards(
        [
            Card(
                "Centres",
                whole(len(centres)),
                f"{sum(c.operator_kind == 'public' for c in centres)} public, "
                f"{sum(c.operator_kind == 'private' for c in centres)} private",
            ),
            Card("Desks", whole(sum(c.desks for c in centres)), "in the whole network"),
            Card("Occupied now", whole(desks["occupied"]), f"{desks['vacant']} vacant, {desks['unknown']} unknown"),
            Card("Utilisation", percent(use.utilisation), f"in opening hours; {percent(use.unknown_share)} unknown"),
            Card(
                "Highest peak",
                whole(highest.peak if highest else None),
                f"desks at once, in {highest.name}" if highest else "not measured",
            ),
            Card("No-shows", percent(ratio(no_shows, bookings)), f"{whole(no_shows)} of {whole(bookings)} bookings"),
            Card(
                "Lighting",
                kwh(light.used_wh if light.is_measured else None),
                _below_baseline(light),
            ),
            Card(
                "Readings missing",
                whole(ledger.missing),
                f"of {whole(ledger.numbered)} numbered",
                "good" if not ledger.missing else "bad",
            ),
        ]
    )
)


def row(centre: CentreMonthUse) -> tuple[Mood, list[str | Raw]]:
    return "", [
        two_lines(centre.name, f"{centre.desks} desks"),
        tag(centre.operator_kind),
        bar(centre.utilisation),
        percent(centre.unknown_share),
        two_lines(f"{whole(centre.peak)} of {centre.desks}", moment(centre.peak_at))
        if centre.peak_at
        else whole(centre.peak),
        percent(centre.no_show_share),
        number(centre.kwh_per_m2, 2),
        two_lines(percent(centre.saving), f"{percent(centre.metered_share)} metered")
        if centre.metered_share is not None
        else percent(centre.saving),
    ]


st.subheader("Centres, highest utilisation first", anchor=False)
columns = [
    HtmlColumn("Centre", "name"),
    HtmlColumn("Operator"),
    HtmlColumn("Utilisation"),
    HtmlColumn("Unknown", "n"),
    HtmlColumn("Peak"),
    HtmlColumn("No-shows", "n"),
    HtmlColumn("kWh/m²", "n"),
    HtmlColumn("Saving", "n"),
]
st.html(table(columns, [row(c) for c in sorted(months, key=lambda c: -(c.utilisation or -1))]))
st.html(
    '<p class="sw-note">Utilisation is occupied time over occupied and vacant time of desks in opening hours; time that '
    "is unknown is left out. The peak is the largest number of desks occupied at one instant. Saving is measured "
    "against rated power × opening hours (IPMVP option A), over the time that was metered. Figures of a month that is "
    "still running end at its last reconciliation.</p>"
)
if any(d.open_s for d in days):
    st.subheader("Day by day", anchor=False)
    st.altair_chart(charts.heat_map(days), theme=None)
    first, last = min(d.day for d in days), max(d.day for d in days)
    st.html(f'<p class="sw-note">Utilisation by centre and day, {short_day(first)} to {short_day(last)}.</p>')
