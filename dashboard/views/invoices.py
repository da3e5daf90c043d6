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
    frame.heading("Invoices", "One invoice a month for all centres. Choose a line to see its evidence.", centres)
    invoices = reader.invoices()
    if not invoices:
        raise frame.NothingYet("No invoice has been issued yet. Invoices appear here once a month has been billed.")
    with st.container(horizontal=True):
        company = st.selectbox("Company", sorted({i.company for i in invoices}), width=340)
        by_number = {i.number: i for i in invoices if i.company == company}
        number_and_month = {n: f"{month_name(i.month)}, {n}" for n, i in by_number.items()}
        chosen = st.selectbox("Document", list(by_number), format_func=number_and_month.__getitem__, width=300)
        invoice = by_number[chosen]
    visits = {
        line: list(group) for line, group in groupby(reader.invoice_visits(invoice.invoice_id), key=lambda visit: visit.line)
    }
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
        *([("Set off later", money(position.offset, invoice.currency))] if position.offset else []),
        *([("Written off", money(position.written_off, invoice.currency))] if position.written_off else []),
    ]
    cells = "".join(f"<div><b>{escape(label)}</b><span>{escape(value)}</span></div>" for label, value in facts)
    left = "In the company's favour" if is_credit else "Paid too much" if position.overpaid else "To pay"
    total = f'<div class="total"><b>{left}</b><span>{escape(money(abs(position.open), invoice.currency))}</span></div>'
    return f'<div class="sw-paper sw-invoice">{cells}{total}</div>'


def item(entry: InvoiceEntry) -> str:
    """What the line sells: a pass, the place of its first visit, or the kind of line."""
    if entry.kind == "pass":
        return f"{entry.unit.replace('_', '-').capitalize()} pass"
    return entry.place or entry.kind.replace("_", " ").capitalize()


def verdict(entry: InvoiceEntry) -> str:
    """The verdict on the line's visit, or the number of its visits."""
    line_visits = visits.get(entry.line, [])
    if len(line_visits) == 1:
        return evidence.LABEL[line_visits[0].billed.visit.verdict] if line_visits[0].billed else "–"
    return f"{len(line_visits)} visits" if line_visits else "–"


def choose_line(entries: list[InvoiceEntry]) -> InvoiceEntry:
    """Show the table of lines and return the chosen one, the first by default."""
    frame_of_lines = pd.DataFrame(
        [
            {
                "Line": entry.line,
                "Day": entry.day,
                "What": item(entry),
                "Net": money(entry.net, invoice.currency),
                "Centre": entry.centre or "–",
                "Verdict": verdict(entry),
                "Hours": float(entry.hours),
                "Price": f"{money(entry.price, invoice.currency)} / {entry.unit.replace('_', ' ')}",
            }
            for entry in entries
        ]
    )
    selection = st.dataframe(
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
    rows = selection.selection.rows
    return entries[rows[0] if rows else 0]


def charge_card(entry: InvoiceEntry) -> Card:
    """How the net amount of the line was computed."""
    unit = "h" if entry.unit == "hour" else entry.unit.replace("_", " ")
    quantity = entry.hours if entry.quantity is None else entry.quantity
    note = f"{number(float(quantity), 2)} {unit} at {money(entry.price, invoice.currency)}, before VAT"
    return Card("Charged", money(entry.net, invoice.currency), note)


def show_visit(entry: InvoiceEntry, billed: BilledVisit, n: int, count: int) -> None:
    """Show visit `n` of `count`: booked and measured time, as a drawing and in figures."""
    visit = billed.visit
    position = f"Visit {n} of {count}. " if count > 1 else ""
    place = f"{escape(visit.resource_name)}, {escape(visit.centre_name)}, {day(billed.day)}"
    st.html(
        f'<p class="sw-lead" style="margin-top:0">{position}<b>{evidence.LABEL[visit.verdict]}</b> · {place}. '
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
                *([charge_card(entry)] if count == 1 else []),
                Card("Occupied", minutes(visit.occupied_s / 60), booked),
                Card("Coverage", percent(float(billed.coverage)), "of the period was measured"),
                Card("Booking", "Yes" if visit.booking else "–", visit.booking or "none"),
                Card("Check-in", "Yes" if visit.check_in else "–", check_in),
            ]
        )
    )


def show_ledger(visits: list[Visit]) -> None:
    """Show the batches that contain the readings of the visits, and the ledger of their days."""
    st.html('<p class="sw-note">The batches that contain the readings of this line:</p>')
    columns = [
        HtmlColumn("Gateway", "name"),
        HtmlColumn("Epoch"),
        HtmlColumn("First number", "n"),
        HtmlColumn("Last number", "n"),
    ]
    batches = dict.fromkeys(batch for visit in visits for batch in visit.batches)
    st.html(table(columns, [("", [b.edge, b.epoch, whole(b.first), whole(b.last)]) for b in batches]))
    if days := dict.fromkeys(ledger_day for visit in visits for ledger_day in visit.ledger or ()):
        st.html('<p class="sw-note">The ledger of the centre on that day, in readings, when the line was billed:</p>')
        parts = ("Numbered", "Stored", "Rejected", "In outbox", "Missing")
        columns = [HtmlColumn("Day", "name"), *(HtmlColumn(part, "n") for part in parts)]
        figures = [(d.day, (d.numbered, d.stored, d.rejected, d.in_outbox, d.missing)) for d in days]
        st.html(table(columns, [("", [day(local_day), *map(whole, counts)]) for local_day, counts in figures]))


st.html(document(invoice))
if entries:
    st.subheader(f"{whole(len(entries))} lines", anchor=False)
    entry = choose_line(entries)
    line_visits = visits.get(entry.line, [])
    readable = [visit.billed for visit in line_visits if visit.billed]
    if line_visits:
        st.subheader(f"Evidence of line {entry.line}", anchor=False)
        if shared := line_visits[0].of_line:
            st.html(f'<p class="sw-note">It shares the visits of line {shared} and bills what that line does not cover.</p>')
        if len(line_visits) > 1:
            st.html(cards([charge_card(entry), Card("Visits", whole(len(line_visits)), "of this line")]))
        for n, billed in enumerate(readable, 1):
            show_visit(entry, billed, n, len(line_visits))
        if unreadable := len(line_visits) - len(readable):
            st.warning(f"The stored evidence of {unreadable} of {len(line_visits)} visits is incomplete and cannot be shown.")
        show_ledger([billed.visit for billed in readable])
    else:
        st.html('<p class="sw-note">This line has no visits of its own: it is a correction or sells prepaid hours.</p>')
st.html(
    '<p class="sw-note">An issued invoice never changes; a later document corrects it. Amounts are before VAT unless stated '
    "otherwise. Times are local to the centre (Europe/Brussels).</p>"
)
