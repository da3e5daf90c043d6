"""A month's money on one page: what was billed, what is open and late, what centres are owed, and unattributed stays."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import data, frame
from dashboard.format import clock, day, minutes, money, short_day, whole
from dashboard.markup import Card, HtmlColumn, Mood, Raw, cards, table, two_lines
from smartwork.clock import now
from smartwork.db.billing.documents import DocumentSummary
from smartwork.domain.billing.lifecycle import status
from smartwork.domain.billing.payments import Position
from smartwork.domain.settlement.statements import UnattributedStay

EUR = "EUR"
NOTHING = Decimal(0)
with data.opened() as reader:
    centres = frame.centres_of(reader)
    frame.heading(
        "Accounts", "What a month came to: billed, paid, still open, owed to centres, and billed to nobody.", centres
    )
    month = frame.choose_month(reader)
    heads, standing, unattributed = reader.heads(month), reader.positions(month), reader.unattributed_stays(month)
name_of = {centre.slug: centre.name for centre in centres}
today = now().date()


def counted(number: int, what: str) -> str:
    return f"{whole(number)} {what}{'' if number == 1 else 's'}"


def sign(head: DocumentSummary) -> int:
    return -1 if head.kind.endswith("credit_note") else 1


def is_late(head: DocumentSummary, at: Position | None) -> bool:
    return at is not None and sign(head) > 0 and at.open > 0 and head.due_on < today


def row(head: DocumentSummary) -> tuple[Mood, list[Raw | str]]:
    at = standing.get(head.number)
    state = status(head.events, is_open=at is not None and at.open > 0).replace("_", " ")
    return "bad" if is_late(head, at) else "", [
        two_lines(head.name, head.number),
        money(sign(head) * head.gross, EUR),
        two_lines(
            money(at.open if sign(head) > 0 else 0 - at.open, EUR) if at else "–",
            f"{state}, late" if is_late(head, at) else state,
        ),
        two_lines(short_day(head.due_on), f"issued {short_day(head.issued_on)}"),
    ]


def stay(centre: str, one: UnattributedStay) -> tuple[Mood, list[Raw | str]]:
    zone = ZoneInfo(one.timezone)
    period = f"{clock(one.starts_at, zone)} to {clock(one.ends_at, zone)}"
    when = day(one.starts_at.astimezone(zone).date())
    return "", [two_lines(name_of[centre], one.resource_name), two_lines(when, period), minutes(one.occupied_s / 60)]


companies = [head for head in heads if head.number in standing]
to_centres = [head for head in heads if head.number not in standing]
late = [head for head in companies if is_late(head, standing[head.number])]
stays = [(centre, one) for centre, its in unattributed.items() for one in its]
st.html(
    cards(
        [
            Card("Billed", money(sum((sign(h) * h.gross for h in companies), NOTHING), EUR), "to companies, with VAT"),
            Card(
                "Open",
                money(sum((sign(h) * standing[h.number].open for h in companies), NOTHING), EUR),
                "of it not paid yet",
            ),
            Card(
                "Late",
                money(sum((standing[h.number].open for h in late), NOTHING), EUR),
                f"on {counted(len(late), 'document')}",
                "bad" if late else "good",
            ),
            Card(
                "For the centres", money(sum((sign(h) * h.gross for h in to_centres), NOTHING), EUR), "self-billed, with VAT"
            ),
            Card("Billed to nobody", minutes(sum(one.occupied_s for _, one in stays) / 60), counted(len(stays), "walk-in")),
        ]
    )
)
st.subheader("Documents", anchor=False)
if heads:
    columns = [
        HtmlColumn("Party, number", "name"),
        HtmlColumn("Amount", "n"),
        HtmlColumn("Open, state", "n alarm"),
        HtmlColumn("Due"),
    ]
    with st.container(height=620 if len(heads) > 9 else "content", border=False):
        st.html(table(columns, [row(head) for head in heads]))
    st.html(
        '<p class="sw-note">Credit notes count below zero. Payments are recorded with <code>smartwork invoice pay</code>; '
        "what centres are owed is ordered by <code>smartwork settle</code>.</p>"
    )
else:
    st.html('<p class="sw-note">The month has not been billed yet.</p>')
st.subheader("Unattributed walk-ins", anchor=False)
if stays:
    columns = [HtmlColumn("Centre, place", "name"), HtmlColumn("When"), HtmlColumn("Presence", "n")]
    with st.container(height=420 if len(stays) > 10 else "content", border=False):
        st.html(table(columns, [stay(centre, one) for centre, one in stays]))
    st.html(
        '<p class="sw-note">Measured, without a booking or check-in: billed to nobody. A check-in by badge, QR code or Wi-Fi '
        "that comes in late names the company, and the next invoice corrects the month.</p>"
    )
else:
    st.html('<p class="sw-note">Every stay of the month has a booking or a check-in.</p>')
