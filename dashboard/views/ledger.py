"""The ledger: the readings that edges numbered, and where each of them is."""

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
        "Ledger", "Each gateway numbers its readings before it sends them. The ledger shows where each number is.", centres
    )
    ledger, gaps, rejected = reader.ledger(), reader.gaps(), reader.rejected()
    faults = reader.ledger_faults()
if not ledger:
    raise frame.NothingYet("No gateway has reported yet. The ledger fills as soon as the first batch arrives.")

name_of = {centre.slug: centre.name for centre in centres}
for fault in faults:
    st.error(f"{name_of[fault.centre]}: {fault.message} Bills of the centre wait.")
total = ledger_total(chain.from_iterable(ledger.values()))
st.html(
    cards(
        [
            Card("Numbered", whole(total.numbered), "by the gateways"),
            Card("Stored", whole(total.stored), "in the database"),
            Card("Rejected", whole(total.rejected), "kept with the reason"),
            Card("In outbox", whole(total.in_outbox), "waiting at a gateway"),
            Card(
                "Missing",
                whole(total.missing),
                "not stored, not rejected, not in an outbox",
                "bad" if total.missing else "good",
            ),
            Card("Duplicates", whole(total.duplicates), "resent and dropped, not in the sum"),
        ]
    )
)
st.html('<p class="sw-note">numbered = stored + rejected + in outbox + missing, for each centre and local day.</p>')


def day_row(centre: str, ledger_day: LedgerDay) -> tuple[Mood, list[str | Raw]]:
    figures = (
        ledger_day.numbered,
        ledger_day.stored,
        ledger_day.rejected,
        ledger_day.in_outbox,
        ledger_day.missing,
        ledger_day.duplicates,
    )
    return "bad" if ledger_day.missing else "", [name_of[centre], day(ledger_day.day), *map(whole, figures)]


def gap_row(gap: NumberRun) -> tuple[Mood, list[str | Raw]]:
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
shown = [
    (centre, ledger_day)
    for centre, days in ledger.items()
    if chosen in ("All centres", name_of[centre])
    for ledger_day in days
]
shown.sort(key=lambda item: (-item[1].missing, -item[1].day.toordinal(), item[0]))
with st.container(height=520 if len(shown) > 12 else "content", border=False):
    st.html(table(columns, [day_row(*item) for item in shown]))

st.subheader("Runs of numbers that are not stored", anchor=False)
if gaps:
    columns = [
        HtmlColumn("Centre", "name"),
        HtmlColumn("Gateway"),
        HtmlColumn("Epoch"),
        HtmlColumn("Numbers"),
        HtmlColumn("Count", "n"),
    ]
    st.html(table(columns, [gap_row(gap) for gap in gaps]))
    st.html('<p class="sw-note">A run may still be in the outbox of the gateway; if it is not, it is missing.</p>')
else:
    st.html(table([HtmlColumn("")], [("", [tag("No gaps", "good")])]))

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
            [("", [moment(row.arrived_at), row.centre or "–", row.reason, whole(row.n), row.topic]) for row in rejected],
        )
    )
else:
    st.html(table([HtmlColumn("")], [("", [tag("Nothing was rejected", "good")])]))
