"""A document on the terminal: its lines and events, or one of its lines with the evidence."""

from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.figures import euro, figure
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.cli.verdicts import VERDICT_NAMES
from smartwork.documents import line_texts
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.lifecycle import Event
from smartwork.domain.billing.payments import Position
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.translations.catalogue import texts


def document(invoice: Invoice, events: list[Event], position: Position | None) -> RenderableType:
    """The lines by centre, totals, payments and events of a document. Amounts of a credit note are owed to the company."""
    kind = invoice.kind.replace("self_billed", "self-billed").replace("_", " ")
    total = f"Net {euro(invoice.net)}, VAT {euro(invoice.vat)}, gross {euro(invoice.gross)}"
    total += "." if invoice.is_credit or not invoice.gross else f", due {invoice.due_on}."
    proven = next((line.line for line in invoice.lines if line.visits), None)
    if position is not None:
        parts = [("set off", position.offset), ("written off", position.written_off)]
        others = "".join(f"{what} {euro(amount)}, " for what, amount in parts if amount)
        total += f"\nPaid {euro(position.paid)}, credited {euro(position.credited)}, {others}open {euro(position.open)}."
    return Group(
        Text(f"{invoice.number}, {kind} of {invoice.month:%B %Y}", style="bold"),
        Text(f"{invoice.seller.name} to {invoice.buyer.name}\n"),
        _lines(invoice),
        Text(total),
        *([Text(f"Reason: {invoice.reason}")] if invoice.reason else []),
        *_events(events),
        *(
            [Text(f"The evidence of a line: smartwork invoice show {invoice.number} --line {proven}", style="dim")]
            if proven
            else []
        ),
    )


def events_json(events: list[Event]) -> list[dict[str, object]]:
    """The events of a document, oldest first; amounts in EUR, as text. `by` is the number of another document."""
    return [
        {
            "event": event.kind,
            "at": event.at.isoformat(),
            "line": event.line,
            "amount": str(event.amount) if event.amount is not None else None,
            "by": event.by,
            "note": event.note,
            "recorded_by": event.recorded_by,
        }
        for event in events
    ]


def _lines(invoice: Invoice) -> FittedTable:
    prepaid = any(line.drawdowns for line in invoice.lines)
    columns = [
        Column("Line", figures=True), Column("Day", rank=1), Column("Centre"), Column("What"), Column("Verdict", rank=3),
        Column("Quantity", figures=True), *([Column("Prepaid, h", figures=True)] if prepaid else []),
        Column("Price, €", rank=2, figures=True), Column("Net, €", figures=True),
    ]  # fmt: skip
    sections = [
        [_line(line, prepaid=prepaid) for line in lines] for _, lines in groupby(invoice.lines, key=lambda line: line.centre)
    ]
    return FittedTable("Lines", columns, sections)


def _line(line: Line, *, prepaid: bool) -> Row:
    drawn = sum((draw.hours for draw in line.drawdowns), Decimal(0))
    return (
        str(line.line),
        line.starts_on.isoformat(),
        line.centre or "",
        line_texts.name(line, "en"),
        _verdict(line),
        _quantity(line) if line.quantity or not line.drawdowns else "",
        *([figure(drawn) if line.drawdowns else ""] if prepaid else []),
        figure(line.price),
        figure(line.net),
    )


def _quantity(line: Line) -> str:
    quantity = line_texts.quantity(line, "en").replace("−", "-")  # as figures on the terminal have it
    return f"{quantity} {texts('en')[f'unit_{line.unit}']}"


def _verdict(line: Line) -> str:
    verdicts = dict.fromkeys(billed.visit.verdict for billed in line.visits)
    return ", ".join(texts("en")[f"verdict_{verdict}"] for verdict in verdicts)


def _events(events: list[Event]) -> list[RenderableType]:
    if not events:
        return [Text("\nThere are no events since it was issued.\n")]
    table = Table(title="Events", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for head in ("When, UTC", "Event", "Line", "Amount, €", "Recorded by", "Note"):
        is_figure = head in ("Line", "Amount, €")
        table.add_column(head, justify="right" if is_figure else "left", no_wrap=head != "Note", overflow="fold")
    for event in events:
        by = f" ({event.by})" if event.by else ""
        amount = figure(event.amount) if event.amount is not None else ""
        figures = (event.kind, str(event.line or ""), amount)
        table.add_row(
            *map(Text, (f"{event.at:%Y-%m-%d %H:%M}", *figures, event.recorded_by or "", f"{event.note}{by}".strip()))
        )
    return [Text(""), table]


def evidence(line: Line) -> RenderableType:
    """A line with its evidence: for each visit the measured spans, the runs of reading numbers and the ledger days."""
    sold = f"{_quantity(line)} at {euro(line.price)} = {euro(line.net)}"
    head = f"Line {line.line}, {line.kind.replace('_', ' ')}: {sold}"
    parts: list[RenderableType] = [Text(head, style="bold")]
    if line.terms:
        charge = line.terms.charge.replace("_", " ")
        parts.append(Text(f"Contract: {charge}, grace {line.terms.grace_min} min, step {line.terms.step_min} min"))
    if line.supply:
        agreed = f"{line.supply.quantity.normalize():f} × {line.supply.description} ({line.supply.product})"
        text = f"Order {line.label}: {agreed} at {euro(line.supply.price)}, {line.starts_on} to {line.ends_on}"
        parts.append(Text(text))
    parts += [part for billed in line.visits for part in _visit_text(billed)]
    return Group(*parts)


def _state(span: Span) -> str:
    marks = [mark for mark, is_set in (("suspect", span.suspect), ("sensors contradict", span.contradicted)) if is_set]
    return f"{span.state} ({', '.join(marks)})" if marks else span.state


def _visit_text(billed: BilledVisit) -> list[RenderableType]:
    visit = billed.visit
    zone = ZoneInfo(visit.timezone)
    reference = visit.booking or visit.check_in or ""
    when = f"{visit.starts_at.astimezone(zone):%Y-%m-%d %H:%M}–{visit.ends_at.astimezone(zone):%H:%M}"
    verdict, basis = VERDICT_NAMES[visit.verdict], billed.basis.replace("_", " ")
    heading = Text(
        f"\n{reference}: {visit.centre_name}, {visit.resource_name}, {when}, {verdict}, {figure(billed.hours)} h ({basis}); "
        f"measured {billed.coverage:.0%} of the time\n"
    )
    spans = [
        (
            f"{span.start.astimezone(zone):%H:%M:%S}",
            f"{span.end.astimezone(zone):%H:%M:%S}",
            _state(span),
        )
        for span in visit.spans
    ]
    table = FittedTable(f"Measured, {billed.visit.timezone}", [Column("From"), Column("To"), Column("State")], [spans])
    runs = ", ".join(f"{run.edge}/{run.epoch} {run.first}–{run.last}" for run in billed.visit.batches) or "none"
    return [heading, table, Text(f"Readings in the ledger: {runs}"), *(_ledger_day(day) for day in billed.visit.ledger or ())]


def _ledger_day(day: LedgerDay) -> Text:
    figures = f"{day.numbered} numbered in the centre, {day.stored} stored, {day.rejected} rejected"
    not_arrived = f", {day.in_outbox} in the outbox, {day.missing} missing"
    style = "" if day.is_complete else "yellow"
    return Text(f"Ledger of {day.day}, when it was billed: {figures}{not_arrived}", style=style)
