"""The accounts of a month: what was billed, what is open or late, what centres are owed, and unattributed walk-ins."""

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
    frame.heading("Accounts", "A month: billed to companies, open, owed to centres, and unattributed walk-ins.", centres)
    month = frame.choose_month(reader)
    summaries, position_of = reader.document_summaries(month), reader.positions(month)
    unattributed = reader.unattributed_stays(month)
name_of = {centre.slug: centre.name for centre in centres}
today = now().date()


def counted(number: int, noun: str) -> str:
    return f"{whole(number)} {noun}{'' if number == 1 else 's'}"


def sign(document: DocumentSummary) -> int:
    return -1 if document.kind.endswith("credit_note") else 1


def is_late(document: DocumentSummary, position: Position | None) -> bool:
    return position is not None and sign(document) > 0 and position.open > 0 and document.due_on < today


def document_row(document: DocumentSummary) -> tuple[Mood, list[Raw | str]]:
    position = position_of.get(document.number)
    late = is_late(document, position)
    state = status(document.events, position).replace("_", " ")
    open_amount = money(position.open if sign(document) > 0 else 0 - position.open, EUR) if position else "–"
    return "bad" if late else "", [
        two_lines(document.name, document.number),
        money(sign(document) * document.gross, EUR),
        two_lines(open_amount, f"{state}, late" if late else state),
        two_lines(short_day(document.due_on), f"issued {short_day(document.issued_on)}"),
    ]


def stay_row(centre: str, stay: UnattributedStay) -> tuple[Mood, list[Raw | str]]:
    zone = ZoneInfo(stay.timezone)
    period = f"{clock(stay.starts_at, zone)} to {clock(stay.ends_at, zone)}"
    local_day = day(stay.starts_at.astimezone(zone).date())
    return "", [two_lines(name_of[centre], stay.resource_name), two_lines(local_day, period), minutes(stay.occupied_s / 60)]


to_companies = [document for document in summaries if document.number in position_of]
to_centres = [document for document in summaries if document.number not in position_of]
late = [document for document in to_companies if is_late(document, position_of[document.number])]
stays = [(centre, stay) for centre, centre_stays in unattributed.items() for stay in centre_stays]
st.html(
    cards(
        [
            Card("Billed", money(sum((sign(d) * d.gross for d in to_companies), NOTHING), EUR), "to companies, with VAT"),
            Card(
                "Open",
                money(sum((sign(d) * position_of[d.number].open for d in to_companies), NOTHING), EUR),
                "not paid yet",
            ),
            Card(
                "Late",
                money(sum((position_of[d.number].open for d in late), NOTHING), EUR),
                f"on {counted(len(late), 'document')}",
                "bad" if late else "good",
            ),
            Card("To centres", money(sum((sign(d) * d.gross for d in to_centres), NOTHING), EUR), "self-billed, with VAT"),
            Card("Unattributed", minutes(sum(stay.occupied_s for _, stay in stays) / 60), counted(len(stays), "walk-in")),
        ]
    )
)
st.subheader("Documents", anchor=False)
if summaries:
    columns = [
        HtmlColumn("Party, number", "name"),
        HtmlColumn("Amount", "n"),
        HtmlColumn("Open, state", "n alarm"),
        HtmlColumn("Due"),
    ]
    with st.container(height=620 if len(summaries) > 9 else "content", border=False):
        st.html(table(columns, [document_row(document) for document in summaries]))
    st.html(
        '<p class="sw-note">Credit notes count below zero. Payments are recorded with <code>smartwork invoice pay</code>; '
        "payouts to centres are ordered by <code>smartwork settle</code>.</p>"
    )
else:
    st.html('<p class="sw-note">The month has not been billed yet.</p>')
st.subheader("Unattributed walk-ins", anchor=False)
if stays:
    columns = [HtmlColumn("Centre, place", "name"), HtmlColumn("When"), HtmlColumn("Presence", "n")]
    with st.container(height=420 if len(stays) > 10 else "content", border=False):
        st.html(table(columns, [stay_row(centre, stay) for centre, stay in stays]))
    st.html(
        '<p class="sw-note">Measured, without a booking or check-in: billed to nobody. If a check-in by badge, QR code or '
        "Wi-Fi arrives later, it names the company, and the next invoice corrects the month.</p>"
    )
else:
    st.html('<p class="sw-note">Every stay of the month has a booking or a check-in.</p>')
