"""`smartwork bill`: the invoices of a month, issued or as drafts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import figure, number
from smartwork.cli.options import AsJson, Month, OutDir, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.clock import now

if TYPE_CHECKING:
    from smartwork.domain.billing.invoice import Invoice
    from smartwork.domain.billing.month_plan import OpenStay, WaitingBill
    from smartwork.jobs.billing.bill_month import MonthDraft
    from smartwork.jobs.billing.bill_report import BillReport


def bill_command(
    *,
    month: Month = None,
    out_dir: OutDir = Path("out"),
    company: Annotated[str | None, typer.Option(help="Bill only this company, for example acme.")] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Show what would be issued now, also of a running month, and issue nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Issue the month's invoices: one PDF, one UBL and one CSV file for each company. Issued documents never change."""
    from smartwork.jobs.billing.bill_month import bill_month, draft_month

    chosen = parse_month(month)
    with progress_bar() as progress, open_database(progress) as connection:
        if draft:
            made = draft_month(connection, chosen, now(), progress, company)
            print(json.dumps(drafts_json(chosen, made), indent=2)) if as_json else out.print(drafts_table(chosen, made))
            return
        report = bill_month(connection, chosen, now(), out_dir, progress, company)
    if as_json:
        print(json.dumps(bill_json(chosen, report), indent=2))
    else:
        out.print(bill_table(report))


def bill_json(month: date, report: "BillReport") -> dict[str, object]:
    """The month, the totals, and one entry for each document; amounts in EUR, as text."""
    return {
        "month": f"{month:%Y-%m}",
        "net": str(report.net),
        "vat": str(report.vat),
        "gross": str(report.gross),
        "companies_per_s": round(report.companies_per_s, 1),
        "invoices": [
            {
                "number": invoice.number,
                "kind": invoice.kind,
                "company": invoice.company,
                "lines": invoice.lines,
                "net": str(invoice.net),
                "vat": str(invoice.vat),
                "gross": str(invoice.gross),
                "pdf": str(invoice.files.pdf),
                "ubl": str(invoice.files.xml) if invoice.files.is_electronic else None,
                "csv": str(invoice.files.csv),
            }
            for invoice in report.invoices
        ],
        **_left_over(report.waiting, report.open_stays),
        "warnings": [text for text in (_late(report),) if text],
    }


def bill_table(report: "BillReport") -> RenderableType:
    """One row for each document, the total, the folder of the files, and the companies that have nothing to pay."""
    columns = [
        Column("Number", whole=True), Column("Company"), Column("Lines", rank=1, figures=True),
        Column("Net, €", figures=True), Column("VAT, €", rank=2, figures=True), Column("To pay, €", figures=True),
    ]  # fmt: skip
    rows = [(i.number, i.company, number(i.lines), figure(i.net), figure(i.vat), figure(i.gross)) for i in report.invoices]
    sums = (number(sum(i.lines for i in report.invoices)), figure(report.net), figure(report.vat), figure(report.gross))
    total = [tuple(Text(cell, style="bold") for cell in ("total", "", *sums))] if rows else []
    table = FittedTable(f"Invoices of {report.month:%B %Y}", columns, [rows, total], empty="no company has anything to pay")
    notes = [Text(f"PDF, XML and CSV of each: {report.invoices[0].files.pdf.parent}", overflow="fold")] if rows else []
    if report.without_lines:
        notes.append(Text(f"Nothing to pay: {', '.join(report.without_lines)}"))
    if late := _late(report):
        notes.append(Text(late, style="bold yellow"))
    return Group(table, *notes, *_notes(report.waiting, report.open_stays))


def drafts_json(month: date, made: "MonthDraft") -> dict[str, object]:
    """The month and one entry for each company, as it would be billed now. A credit note's amounts are negative.

    `running_until` is the instant at which the drafts of a running month end; null if the month is over.
    """
    return {
        "month": f"{month:%Y-%m}",
        "running_until": made.until and made.until.isoformat(),
        "drafts": [
            {
                "company": draft.account,
                "kind": draft.kind,
                "lines": len(draft.lines),
                "net": str(_signed(draft, draft.net)),
                "gross": str(_signed(draft, draft.gross)),
            }
            for draft in made.drafts
        ],
        **_left_over(made.waiting, made.open_stays),
    }


def drafts_table(month: date, made: "MonthDraft") -> RenderableType:
    """One row for each company, as it would be billed now. A credit note's amounts are negative."""
    columns = [Column("Company"), *(Column(title, figures=True) for title in ("Lines", "Net, €", "To pay, €"))]
    rows = [
        (draft.account, number(len(draft.lines)), figure(_signed(draft, draft.net)), figure(_signed(draft, draft.gross)))
        for draft in made.drafts
    ]
    notes = []
    if made.until:
        until = f"{made.until:%Y-%m-%d %H:%M} UTC"
        running = f"{month:%B %Y} is still running. Figures end at {until}; bookings that end later are not in them yet."
        notes.append(Text(running, style="bold yellow"))
    table = FittedTable(f"Drafts of {month:%B %Y}", columns, [rows], empty="no company has anything to pay")
    return Group(table, Text("Nothing is issued."), *notes, *_notes(made.waiting, made.open_stays))


def _left_over(waiting: Sequence["WaitingBill"], open_stays: Sequence["OpenStay"]) -> dict[str, object]:
    return {
        "waiting": [asdict(bill) for bill in waiting],
        "open_stays": [{**asdict(stay), "month": f"{stay.month:%Y-%m}"} for stay in open_stays],
    }


def _notes(waiting: Sequence["WaitingBill"], open_stays: Sequence["OpenStay"]) -> list[Text]:
    """One line for each company that waits and each stay that is open: whom and where it is about, and what to do."""
    notes = [f"{bill.company} waits, because of {bill.centre or 'its document'}: {bill.reason}" for bill in waiting]
    notes += [
        f"{stay.record} of {stay.company} at {stay.resource} in {stay.centre}, {stay.month:%Y-%m}, is open: {stay.reason}"
        for stay in open_stays
    ]
    return [Text(note, style="bold red") for note in notes]


def _late(report: "BillReport") -> str:
    """The warning that documents were issued after the legal last day; empty if there is none."""
    if not report.issued_late:
        return ""
    return (
        f"Issued after {report.last_day_of_issue:%Y-%m-%d}, the last day on which the law lets supplies of "
        f"{report.month:%Y-%m} be invoiced: {', '.join(report.issued_late)}"
    )


def _signed(document: "Invoice", amount: Decimal) -> Decimal:
    return -amount if document.is_credit else amount
