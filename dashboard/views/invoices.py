"""A company's invoice, with the measurements behind each line."""

from html import escape
from itertools import groupby

import pandas as pd
import streamlit as st

from dashboard import data, evidence, frame
from dashboard.drawing import draw
from dashboard.format import day, minutes, money, number, percent, short_day, structured, whole
from dashboard.format import month as month_name
from dashboard.markup import Card, HtmlColumn, cards, table
from smartwork.db.read.dashboard import InvoiceEntry, InvoiceSummary
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.bookings.visit import Visit

with data.opened() as reader:
    centres = frame.centres_of(reader)
    frame.heading("Invoices", "One invoice a month over all centres; every line opens the measurement it rests on.", centres)
    invoices = reader.invoices()
    if not invoices:
        raise frame.NothingYet("No invoice has been issued yet. Invoices appear here once a month has been billed.")
    with st.container(horizontal=True):
        company = st.selectbox("Company", sorted({i.company for i in invoices}), width=340)
        own = {i.number: i for i in invoices if i.company == company}
        invoice = own[
            st.selectbox("Document", list(own), format_func=lambda n: f"{month_name(own[n].month)}, {n}", width=300)
        ]
    visits = {line: list(its) for line, its in groupby(reader.invoice_visits(invoice.invoice_id), key=lambda v: v.line)}
    entries = reader.invoice_entries(invoice.invoice_id)
    position = reader.positions(invoice.month)[invoice.number]


def document(invoice: InvoiceSummary) -> str:
    """The numbers, dates and totals of the invoice as issued."""
    is_credit = invoice.kind == "credit_note"
    facts = [
        ("Credit note" if is_credit else "Invoice", invoice.number),
        ("To", invoice.company),
        ("Period", month_name(invoice.month)),
        ("Issued", short_day(invoice.issued_on)),
        ("Due", short_day(invoice.due_on)),
        *([("Structured communication", structured(invoice.payment_reference))] if invoice.payment_reference else []),
        ("Net", money(invoice.net, invoice.currency)),
        ("VAT", money(invoice.vat, invoice.currency)),
        ("Total", money(invoice.gross, invoice.currency)),
        *([("Paid out" if is_credit else "Paid", money(position.paid, invoice.currency))] if position.paid else []),
        *(
            [("Set off" if is_credit else "Credited", money(position.credited, invoice.currency))]
            if position.credited
            else []
        ),
    ]
    cells = "".join(f"<div><b>{escape(label)}</b><span>{escape(value)}</span></div>" for label, value in facts)
    left = "In the company's favour" if is_credit else "Paid too much" if position.overpaid else "To pay"
    total = f'<div class="total"><b>{left}</b><span>{escape(money(abs(position.open), invoice.currency))}</span></div>'
    return f'<div class="sw-paper sw-invoice">{cells}{total}</div>'


def what(entry: InvoiceEntry) -> str:
    """The place of the line if it has one visit, else the pass or what was sold."""
    if entry.kind == "pass":
        return f"{entry.unit.replace('_', '-').capitalize()} pass"
    return entry.place or entry.kind.replace("_", " ").capitalize()


def verdict(entry: InvoiceEntry) -> str:
    """The verdict on the line's visit, or the number of its visits."""
    its = visits.get(entry.line, [])
    if len(its) == 1:
        return evidence.LABEL[its[0].billed.visit.verdict] if its[0].billed else "–"
    return f"{len(its)} visits" if its else "–"


def choose_line(entries: list[InvoiceEntry]) -> InvoiceEntry:
    """The table of lines; returns the line that the reader chose, the first by default."""
    frame_of_lines = pd.DataFrame(
        [
            {
                "Line": entry.line,
                "Day": entry.day,
                "What": what(entry),
                "Net": money(entry.net, invoice.currency),
                "Centre": entry.centre or "–",
                "Verdict": verdict(entry),
                "Hours": float(entry.hours),
                "Price": f"{money(entry.price, invoice.currency)} / {entry.unit.replace('_', ' ')}",
            }
            for entry in entries
        ]
    )
    picked = st.dataframe(
        frame_of_lines,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [0]}},
        key=f"lines-{invoice.number}",
        height=min(420, 38 + 35 * len(entries)),
        column_config={
            "Line": st.column_config.NumberColumn(width=46),
            "Day": st.column_config.DateColumn(format="ddd D MMM", width=86),
            "What": st.column_config.TextColumn(width=104),
            "Net": st.column_config.TextColumn(width=80, alignment="right"),
            "Hours": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    rows = picked.selection.rows
    return entries[rows[0] if rows else 0]


def charged(entry: InvoiceEntry) -> Card:
    """How the net amount of the line was computed."""
    unit = "h" if entry.unit == "hour" else entry.unit.replace("_", " ")
    many = entry.hours if entry.quantity is None else entry.quantity
    sold = f"{number(float(many), 2)} {unit} at {money(entry.price, invoice.currency)}, before VAT"
    return Card("Charged", money(entry.net, invoice.currency), sold)


def show_visit(entry: InvoiceEntry, billed: BilledVisit, n: int, many: int) -> None:
    """Visit `n` of `many`: booked time against measured time, as a drawing and in figures."""
    visit = billed.visit
    place = f"Visit {n} of {many}. " if many > 1 else ""
    where = f"{escape(visit.resource_name)}, {escape(visit.centre_name)}, {day(billed.day)}"
    st.html(
        f'<p class="sw-lead" style="margin-top:0">{place}<b>{evidence.LABEL[visit.verdict]}</b> · {where}. '
        f"{escape(evidence.sentence(visit))}</p>"
    )
    draw(evidence.timeline(visit), f"timeline {n}")
    if n == 1:
        st.html(evidence.legend())
    booked = f"of {minutes(visit.booked_s / 60)} booked" if visit.booked_s else "nothing booked"
    check_in = f"{visit.check_in_method}, {visit.check_in}" if visit.check_in else "none"
    st.html(
        cards(
            [
                *([charged(entry)] if many == 1 else []),
                Card("Occupied", minutes(visit.occupied_s / 60), booked),
                Card("Coverage", percent(float(billed.coverage)), "of the period was measured"),
                Card("Booking", "Yes" if visit.booking else "–", visit.booking or "none"),
                Card("Check-in", "Yes" if visit.check_in else "–", check_in),
            ]
        )
    )


def show_ledger(visits: list[Visit]) -> None:
    """The numbers of the readings behind the visits, and the ledger of their days."""
    st.html('<p class="sw-note">The ledger\'s batches that hold the readings of this line:</p>')
    columns = [
        HtmlColumn("Gateway", "name"),
        HtmlColumn("Epoch"),
        HtmlColumn("First number", "n"),
        HtmlColumn("Last number", "n"),
    ]
    batches = dict.fromkeys(batch for visit in visits for batch in visit.batches)
    st.html(table(columns, [("", [b.edge, b.epoch, whole(b.first), whole(b.last)]) for b in batches]))
    if days := dict.fromkeys(one for visit in visits for one in visit.ledger or ()):
        st.html('<p class="sw-note">The ledger of the centre on that day, in readings, when the line was billed:</p>')
        parts = ("Numbered", "Stored", "Rejected", "Waiting in the centre", "Missing")
        columns = [HtmlColumn("Day", "name"), *(HtmlColumn(part, "n") for part in parts)]
        figures = [(d.day, (d.numbered, d.stored, d.rejected, d.in_outbox, d.missing)) for d in days]
        st.html(table(columns, [("", [day(on), *map(whole, counted)]) for on, counted in figures]))


st.html(document(invoice))
if entries:
    st.subheader(f"{whole(len(entries))} lines", anchor=False)
    entry = choose_line(entries)
    its = visits.get(entry.line, [])
    billed = [visit.billed for visit in its if visit.billed]
    if its:
        st.subheader(f"Evidence of line {entry.line}", anchor=False)
        if its[0].of_line:
            st.html(f'<p class="sw-note">It shares the visits of line {its[0].of_line}, beyond what that line covers.</p>')
        if len(its) > 1:
            st.html(cards([charged(entry), Card("Visits", whole(len(its)), "that this line rests on")]))
        for n, found in enumerate(billed, 1):
            show_visit(entry, found, n, len(its))
        if unreadable := len(its) - len(billed):
            st.warning(f"The stored evidence of {unreadable} of {len(its)} visits is incomplete and cannot be shown.")
        show_ledger([found.visit for found in billed])
    else:
        st.html('<p class="sw-note">This line rests on no visit of its own: it corrects, or sells hours ahead.</p>')
st.html(
    '<p class="sw-note">An issued invoice never changes; a correction is a credit note. Amounts are before VAT unless said '
    "otherwise. Times are local to the centre (Europe/Brussels).</p>"
)
