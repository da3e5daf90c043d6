"""The list of documents and drafts: as a table on the terminal, and as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date

from rich.text import Text

from smartwork.cli.figures import figure
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.db.billing.documents import DocumentSummary
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Status, status
from smartwork.domain.billing.payments import Position


def documents_table(
    issued: Sequence[DocumentSummary], positions: Mapping[str, Position], drafts: Sequence[Invoice], today: date
) -> FittedTable:
    """The issued documents with state, open amount and who recorded the latest event, then the drafts.

    Documents overdue on `today` are red.
    """
    columns = [
        Column("Number", whole=True), Column("To or from"), Column("Month", rank=2), Column("Due", rank=1),
        Column("Gross, €", figures=True), Column("Open, €", figures=True), Column("State"),
        Column("Recorded by", rank=3),
    ]  # fmt: skip
    rows = [_document_row(summary, positions.get(summary.number), today) for summary in issued]
    draft_rows = [("draft", d.account, f"{d.month:%Y-%m}", "", figure(d.gross), "", "draft", "") for d in drafts]
    return FittedTable(
        "Documents",
        columns,
        [rows, draft_rows],
        empty="There are no documents. Issue a month's invoices with: smartwork bill",
    )


def documents_json(
    issued: Sequence[DocumentSummary], positions: Mapping[str, Position], drafts: Sequence[Invoice]
) -> list[dict[str, object]]:
    """One entry for each issued document, then one for each draft; amounts in EUR, as text."""
    return [
        *(_document_json(summary, positions.get(summary.number)) for summary in issued),
        *(_draft_json(draft) for draft in drafts),
    ]


def _document_row(summary: DocumentSummary, position: Position | None, today: date) -> Row:
    sign = -1 if summary.kind.endswith("credit_note") else 1
    is_late = position is not None and sign * position.open > 0 and summary.due_on < today
    state, style = _state(summary, position).replace("_", " "), "red" if is_late else ""
    return (
        summary.number,
        summary.party,
        f"{summary.month:%Y-%m}",
        Text(summary.due_on.isoformat(), style=style),
        figure(sign * summary.gross),
        Text(figure(position.open if sign > 0 else 0 - position.open) if position else "", style=style),
        Text(f"{state}, late" if is_late else state, style=style),
        summary.recorded_by or "",
    )


def _state(summary: DocumentSummary, position: Position | None) -> Status:
    return status(summary.events, position)


def _document_json(summary: DocumentSummary, position: Position | None) -> dict[str, object]:
    return {
        "number": summary.number,
        "kind": summary.kind,
        "party": summary.party,
        "month": f"{summary.month:%Y-%m}",
        "issued_on": summary.issued_on.isoformat(),
        "due_on": summary.due_on.isoformat(),
        "net": str(summary.net),
        "vat": str(summary.vat),
        "gross": str(summary.gross),
        "paid": str(position.paid) if position else None,
        "credited": str(position.credited) if position else None,
        "offset": str(position.offset) if position else None,
        "written_off": str(position.written_off) if position else None,
        "open": str(position.open) if position else None,
        "state": _state(summary, position),
        "recorded_by": summary.recorded_by,
    }


def _draft_json(draft: Invoice) -> dict[str, object]:
    return {
        "number": None,
        "kind": draft.kind,
        "party": draft.account,
        "month": f"{draft.month:%Y-%m}",
        "net": str(draft.net),
        "vat": str(draft.vat),
        "gross": str(draft.gross),
        "state": "draft",
    }
