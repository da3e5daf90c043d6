"""The ledger: readings that edges numbered, and what happened to each."""

from itertools import chain

import streamlit as st

from dashboard import data, frame
from dashboard.format import day, moment, whole
from dashboard.markup import Card, HtmlColumn, Mood, Raw, cards, table, tag
from smartwork.db.ledger.ledger import NumberRun
from smartwork.domain.ledger.ledger_day import LedgerDay, ledger_total

with data.opened() as reader:
    centres = frame.centres_of(reader)
    frame.heading(
        "Ledger", "Each gateway numbers its readings before it sends them; here is where every number went.", centres
    )
    ledger, gaps, rejected = reader.ledger(), reader.gaps(), reader.rejected()
if not ledger:
    raise frame.NothingYet("No gateway has reported yet. The ledger fills as soon as the first batch arrives.")

name_of = {centre.slug: centre.name for centre in centres}
total = ledger_total(chain.from_iterable(ledger.values()))
st.html(
    cards(
        [
            Card("Numbered", whole(total.numbered), "by the gateways"),
            Card("Stored", whole(total.stored), "in the database"),
            Card("Rejected", whole(total.rejected), "refused with a reason"),
            Card("In outbox", whole(total.in_outbox), "waiting at a gateway"),
            Card("Missing", whole(total.missing), "unaccounted for", "bad" if total.missing else "good"),
            Card("Duplicates", whole(total.duplicates), "resent, dropped, counted apart"),
        ]
    )
)
st.html('<p class="sw-note">numbered = stored + rejected + in outbox + missing, for each centre and local day.</p>')


def row(centre: str, its: LedgerDay) -> tuple[Mood, list[str | Raw]]:
    figures = (its.numbered, its.stored, its.rejected, its.in_outbox, its.missing, its.duplicates)
    return "bad" if its.missing else "", [
        name_of[centre],
        day(its.day),
        *(whole(figure) for figure in figures),
    ]


def run(gap: NumberRun) -> tuple[Mood, list[str | Raw]]:
    numbers = f"{whole(gap.first)} to {whole(gap.last)}"
    return "bad", [name_of[gap.centre], gap.edge, gap.epoch, numbers, whole(gap.last - gap.first + 1)]


st.subheader("By centre and day", anchor=False)
names = ["All centres", *sorted(name_of[centre] for centre in ledger)]
chosen = st.selectbox("Centre", names, width=300)
columns = [
    HtmlColumn("Centre", "name"),
    HtmlColumn("Day"),
    HtmlColumn("Numbered", "n"),
    HtmlColumn("Stored", "n"),
    HtmlColumn("Rejected", "n"),
    HtmlColumn("In outbox", "n"),
    HtmlColumn("Missing", "n alarm"),
    HtmlColumn("Duplicates", "n"),
]
shown = [(centre, its) for centre, days in ledger.items() if chosen in ("All centres", name_of[centre]) for its in days]
shown.sort(key=lambda found: (-found[1].missing, -found[1].day.toordinal(), found[0]))
with st.container(height=520 if len(shown) > 12 else "content", border=False):
    st.html(table(columns, [row(*found) for found in shown]))

st.subheader("Runs of numbers that are not stored", anchor=False)
if gaps:
    columns = [
        HtmlColumn("Centre", "name"),
        HtmlColumn("Gateway"),
        HtmlColumn("Epoch"),
        HtmlColumn("Numbers"),
        HtmlColumn("Count", "n"),
    ]
    st.html(
        table(
            columns,
            [
                (
                    "bad",
                    [name_of[g.centre], g.edge, g.epoch, f"{whole(g.first)} to {whole(g.last)}", whole(g.last - g.first + 1)],
                )
                for g in gaps
            ],
        )
    )
    st.html('<p class="sw-note">A run may still wait in the gateway\'s outbox; what the outbox does not hold is missing.</p>')
else:
    st.html(table([HtmlColumn("")], [("", [tag("No gap in any outbox", "good")])]))

st.subheader("Rejected, newest first", anchor=False)
if rejected:
    columns = [
        HtmlColumn("Arrived"),
        HtmlColumn("Centre", "name"),
        HtmlColumn("Reason", "wrap"),
        HtmlColumn("Number", "n"),
        HtmlColumn("Topic"),
    ]
    st.html(
        table(
            columns,
            [("", [moment(r.arrived_at), r.centre or "–", r.reason, whole(r.n), r.topic]) for r in rejected],
        )
    )
else:
    st.html(table([HtmlColumn("")], [("", [tag("Nothing was rejected", "good")])]))
