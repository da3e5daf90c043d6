"""A company's invoice, and for each line the measurement that it rests on."""

from html import escape
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboard import data, evidence, frame
from dashboard.drawing import draw
from dashboard.format import day, minutes, money, number, percent, short_day, structured, whole
from dashboard.format import month as month_name
from dashboard.markup import Card, Column, cards, table
from smartwork.db.dashboard import InvoiceEntry, InvoiceRow

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
    lines = {line.line: line for line in reader.invoice_lines(invoice.invoice_id)}
    entries = reader.invoice_entries(invoice.invoice_id)
    position = reader.positions(invoice.month)[invoice.number]


def document(invoice: InvoiceRow) -> str:
    """The invoice's head: numbers, dates and totals as they were issued."""
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


def choose_line(entries: list[InvoiceEntry]) -> InvoiceEntry:
    """A table of lines; the chosen one, the first at the start."""
    frame_of_lines = pd.DataFrame(
        [
            {
                "Line": entry.line,
                "Day": entry.day,
                "Centre": entry.centre or "–",
                "What": entry.place or entry.kind.replace("_", " ").capitalize(),
                "Verdict": evidence.LABEL[entry.verdict] if entry.verdict else "–",
                "Hours": float(entry.hours),
                "Price": f"{money(entry.price, invoice.currency)} / {entry.unit.replace('_', ' ')}",
                "Net": money(entry.net, invoice.currency),
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
            "Line": st.column_config.NumberColumn(width=50),
            "Day": st.column_config.DateColumn(format="ddd D MMM YYYY"),
            "Hours": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    rows = picked.selection.rows
    return entries[rows[0] if rows else 0]


st.html(document(invoice))
if entries:
    st.subheader(f"{whole(len(entries))} lines", anchor=False)
    entry = choose_line(entries)
if entries and entry.line not in lines:
    st.html(
        '<p class="sw-note">This line rests on no visit of its own: it corrects, sells hours ahead, or follows another.</p>'
    )
if entries and entry.line in lines:
    line = lines[entry.line]
    proof = evidence.parse(line.evidence)
    zone = ZoneInfo(line.timezone)
    st.subheader(f"Evidence of line {line.line}", anchor=False)
    st.html(
        f'<p class="sw-lead" style="margin-top:0"><b>{evidence.LABEL[line.verdict]}</b> · {escape(line.resource)}, '
        f"{escape(line.centre)}, {day(line.starts_at.astimezone(zone).date())}. {escape(evidence.sentence(line, proof))}</p>"
    )
    draw(evidence.timeline(line, proof), "timeline")
    st.html(evidence.legend())
    said = f"{proof.check_in_method}, {proof.check_in}" if proof.check_in else "none"
    st.html(
        cards(
            [
                Card(
                    "Charged",
                    money(line.net, invoice.currency),
                    f"{number(float(line.hours), 2)} h at {money(line.per_hour, invoice.currency)}, before VAT",
                ),
                Card(
                    "Occupied",
                    minutes(proof.occupied_min),
                    f"of {minutes(proof.booked_min)} booked" if proof.booked_min else "nothing booked",
                ),
                Card("Coverage", percent(proof.coverage), "of the period was measured"),
                Card("Booking", proof.booking or "–", "in the booking system"),
                Card("Check-in", "Yes" if proof.check_in else "–", said),
            ]
        )
    )
    st.html('<p class="sw-note">The ledger\'s batches that hold the readings of this line:</p>')
    columns = [Column("Gateway", "name"), Column("Epoch"), Column("First number", "n"), Column("Last number", "n")]
    st.html(table(columns, [("", [b.edge, b.epoch, whole(b.first), whole(b.last)]) for b in proof.batches]))
    if proof.ledger:
        st.html('<p class="sw-note">The ledger of the centre on that day, in readings, when the line was billed:</p>')
        parts = ("Numbered", "Stored", "Rejected", "Waiting in the centre", "Missing")
        columns = [Column("Day", "name"), *(Column(part, "n") for part in parts)]
        figures = [(d.day, (d.numbered, d.stored, d.rejected, d.waiting, d.missing)) for d in proof.ledger]
        st.html(table(columns, [("", [day(on), *map(whole, counted)]) for on, counted in figures]))
st.html(
    '<p class="sw-note">An issued invoice never changes; a correction is a credit note. Amounts are before VAT unless said '
    "otherwise. Times are local to the centre (Europe/Brussels).</p>"
)
