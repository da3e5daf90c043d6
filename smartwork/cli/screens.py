"""What commands show on the terminal, as tables, and the same as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from firmware_sim.recordings import Recording
from smartwork.cli.tables import Column, FittedTable
from smartwork.db.ledger.ledger import LedgerRow, Run
from smartwork.devstack.stack import Endpoints, ServiceStatus
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.lighting.energy import Use
from smartwork.jobs.billing.bill_month import BillReport
from smartwork.scenarios.demo import HOST, Summary
from smartwork.scenarios.replay import Replayed

VERDICTS = {
    "used": "used",
    "left_early": "left early",
    "overstayed": "overstayed",
    "no_show": "no-show",
    "walk_in": "walk-in",
    "unverifiable": "unverifiable",
    "cancelled": "cancelled",
}
"""What each is called on the terminal, in order."""
LEDGER_COLUMNS = ["numbered", "stored", "duplicates", "rejected", "in_outbox", "missing"]
_LEDGER_HEADS = {
    "numbered": Column("Numbered", figures=True),
    "stored": Column("Stored", figures=True),
    "duplicates": Column("Duplicates", rank=1, figures=True),
    "rejected": Column("Rejected", figures=True),
    "in_outbox": Column("Outbox", figures=True),
    "missing": Column("Missing", figures=True),
}

Verdicts = dict[str, tuple[int, int, int]]


def titled(title: str, *columns: str, caption: str | None = None) -> Table:
    """A table whose first column is text and whose others are numbers."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", caption=caption)
    table.caption_justify = "left"
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def _n(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u202f")


def figure(amount: Decimal) -> str:
    """An amount with two decimals and thin spaces, for example `1 234.50`, where the head of its column has the unit."""
    return f"{amount + 0:,.2f}".replace(",", "\u202f")


def euro(amount: Decimal) -> str:
    """An amount in EUR with two decimals and thin spaces, for example `1 234.50 €`."""
    return f"{figure(amount)} €"


def endpoints(found: Endpoints) -> RenderableType:
    """Where broker and database are, ready to be exported; holds the password of the development database."""
    return Group(
        Text("Broker and TimescaleDB are running. For your own programs:", style="bold"),
        Text(f"export SMARTWORK_DATABASE_URL={found.database_url}"),
        Text(f"export SMARTWORK_BROKER_URL={found.broker_url}"),
    )


def services(rows: Sequence[ServiceStatus]) -> RenderableType:
    """One line a server."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("Service", "State", "Address", "Process", "Data"):
        table.add_column(column)
    for row in rows:
        style = {"running": "green", "stopped": "yellow"}.get(row.state, "cyan")
        size = "" if row.data_bytes is None else f"{row.data_bytes / 1e6:,.0f} MB"
        table.add_row(row.name, f"[{style}]{row.state}[/]", row.address, str(row.pid or ""), size)
    return table


def ledger_total(rows: Iterable[LedgerRow]) -> dict[str, int]:
    """The sums over all centres and days."""
    total = dict.fromkeys(LEDGER_COLUMNS, 0)
    for row in rows:
        for column in LEDGER_COLUMNS:
            total[column] += getattr(row, column)
    return total


def ledger_json(rows: Sequence[LedgerRow], missing: Sequence[Run], twice: Sequence[Run]) -> dict[str, object]:
    """Total, days, gaps, and the numbers that were stored twice."""
    return {
        "total": ledger_total(rows),
        "days": [{**asdict(row), "day": row.day.isoformat()} for row in rows],
        "gaps": [asdict(gap) for gap in missing],
        "overlaps": [asdict(run) for run in twice],
    }


def ledger(rows: Sequence[LedgerRow], missing: Sequence[Run], twice: Sequence[Run]) -> RenderableType:
    """The book by centre and day with its total, and the numbers behind what is missing or was stored twice."""
    if not rows:
        return Text("The ledger is empty: no edge has sent anything yet. Try: make demo ARGS=--once")
    columns = [Column("Centre"), Column("Day"), *(_LEDGER_HEADS[column] for column in LEDGER_COLUMNS)]
    days = [
        [(row.centre, row.day.isoformat(), *_ledger_cells({c: getattr(row, c) for c in LEDGER_COLUMNS})) for row in its]
        for _, its in groupby(rows, key=lambda row: row.centre)
    ]
    total = (Text("total", style="bold"), "", *_ledger_cells(ledger_total(rows)))
    shown = [FittedTable("Ledger, readings by centre and local day", columns, [*days, [total]])]
    for title, runs in (("Numbers that are in no stored batch", missing), ("Numbers that were stored twice", twice)):
        if runs:
            columns = [
                Column("Centre"),
                Column("Edge"),
                Column("Epoch"),
                *(Column(n, figures=True) for n in ("First", "Last")),
            ]
            cells = [(run.centre, run.edge, run.epoch, _n(run.first), _n(run.last)) for run in runs]
            shown.append(FittedTable(title, columns, [cells]))
    return Group(*shown)


def _ledger_cells(values: dict[str, int]) -> list[str | Text]:
    missing = Text(_n(values["missing"]), style=f"bold {'red' if values['missing'] else 'green'}")
    return [*(_n(values[column]) for column in LEDGER_COLUMNS[:-1]), missing]


def verdicts_json(month: date, found: Verdicts) -> dict[str, object]:
    """The month and, by verdict, the count and the hours booked and occupied."""
    return {
        "month": f"{month:%Y-%m}",
        "verdicts": {
            name: {"count": count, "booked_h": round(booked / 3600, 2), "occupied_h": round(occupied / 3600, 2)}
            for name, (count, booked, occupied) in found.items()
        },
    }


def verdicts(found: Verdicts) -> Table:
    """Bookings and walk-ins by verdict."""
    table = titled("Bookings and walk-ins by verdict", "Verdict", "count", "hours booked", "hours occupied")
    for verdict, name in VERDICTS.items():
        count, booked, occupied = found.get(verdict, (0, 0, 0))
        table.add_row(name, _n(count), _n(booked / 3600), _n(occupied / 3600))
    table.add_section()
    sums = [sum(row[i] for row in found.values()) for i in range(3)]
    table.add_row("[bold]total[/]", _n(sums[0]), _n(sums[1] / 3600), _n(sums[2] / 3600))
    return table


def bill_json(month: date, report: BillReport) -> dict[str, object]:
    """The month, the totals, and one entry a company."""
    return {
        "month": f"{month:%Y-%m}",
        "net": str(report.net),
        "vat": str(report.vat),
        "gross": str(report.gross),
        "companies_per_s": round(report.companies_per_s, 1),
        "invoices": [
            {
                "number": i.number,
                "kind": i.kind,
                "company": i.company,
                "lines": i.lines,
                "net": str(i.net),
                "vat": str(i.vat),
                "gross": str(i.gross),
                "pdf": str(i.files.pdf),
                "ubl": str(i.files.xml),
                "csv": str(i.files.csv),
            }
            for i in report.invoices
        ],
    }


def bill(report: BillReport) -> RenderableType:
    """One line an invoice, with the total, and where the files are; who has nothing to pay."""
    columns = [
        Column("Number", whole=True), Column("Company"), Column("Lines", rank=1, figures=True),
        Column("Net, €", figures=True), Column("VAT, €", rank=2, figures=True), Column("To pay, €", figures=True),
    ]  # fmt: skip
    rows = [(i.number, i.company, _n(i.lines), figure(i.net), figure(i.vat), figure(i.gross)) for i in report.invoices]
    sums = (_n(sum(i.lines for i in report.invoices)), figure(report.net), figure(report.vat), figure(report.gross))
    total = [tuple(Text(cell, style="bold") for cell in ("total", "", *sums))] if rows else []
    table = FittedTable(f"Invoices of {report.month:%B %Y}", columns, [rows, total], empty="nobody has anything to pay")
    told = [Text(f"PDF, XML and CSV of each: {report.invoices[0].files.pdf.parent}", overflow="fold")] if rows else []
    if report.without_lines:
        told.append(Text(f"Nothing to pay: {', '.join(report.without_lines)}"))
    return Group(table, *told)


def drafts_json(month: date, found: Sequence[Invoice]) -> dict[str, object]:
    """The month and one entry a company, as it would be billed now; below zero what a credit note would give back."""
    return {
        "month": f"{month:%Y-%m}",
        "drafts": [
            {
                "company": one.account,
                "kind": one.kind,
                "lines": len(one.lines),
                "net": str(_asked(one, one.net)),
                "gross": str(_asked(one, one.gross)),
            }
            for one in found
        ],
    }


def drafts(found: Sequence[Invoice]) -> RenderableType:
    """One line a company, as it would be billed now; below zero what a credit note would give back."""
    columns = [Column("Company"), *(Column(head, figures=True) for head in ("Lines", "Net, €", "To pay, €"))]
    rows = [(one.account, _n(len(one.lines)), figure(_asked(one, one.net)), figure(_asked(one, one.gross))) for one in found]
    return FittedTable("Drafts: nothing is issued", columns, [rows], empty="nobody has anything to pay")


def _asked(one: Invoice, amount: Decimal) -> Decimal:
    return -amount if one.is_credit else amount


def _energy(use: Use, baseline_wh: float) -> Table:
    table = titled(
        "Lighting energy",
        "",
        "kWh",
        "share",
        caption="Baseline: rated power × opening hours (IPMVP option A); what was used is metered.",
    )
    saved = baseline_wh - use.used_wh
    table.add_row("baseline", _n(baseline_wh / 1000), "100 %")
    table.add_row("used", _n(use.used_wh / 1000), _share(use.used_wh, baseline_wh))
    table.add_row("  of it in empty zones", _n(use.empty_wh / 1000), _share(use.empty_wh, baseline_wh))
    table.add_row("  of it occupancy unknown", _n(use.unknown_wh / 1000), _share(use.unknown_wh, baseline_wh))
    table.add_row("[bold]saved[/]", f"[bold]{_n(saved / 1000)}[/]", f"[bold]{_share(saved, baseline_wh)}[/]")
    return table


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def summary(found: Summary) -> RenderableType:
    """The demo's main job on one screen: network, verdicts, bill, energy and the ledger line."""
    network = found.network
    desks = sum(r.kind == "desk" for c in network.centres for r in c.resources)
    rooms = sum(r.kind == "room" for c in network.centres for r in c.resources)
    head = Text(
        f"{len(network.centres)} centres, {desks} desks, {rooms} meeting rooms, {len(network.companies)} companies, "
        f"{len(network.members)} members. All names and figures are made up (seed {found.plan.seed})."
    )
    money = found.money
    report = money.bill
    billed = titled("Billed", "", "")
    billed.show_header = False
    billed.add_row("invoices, each as PDF and UBL", _n(len(report.invoices)))
    billed.add_row("lines with evidence", _n(sum(i.lines for i in report.invoices)))
    billed.add_row("net", euro(report.net))
    billed.add_row("VAT", euro(report.vat))
    billed.add_row("[bold]to pay[/]", f"[bold]{euro(report.gross)}[/]")
    signed_by_nobody = f"{_n(report.unsigned.count)}, {_n(report.unsigned.occupied_s / 3600)} h"
    credited = sum((note.gross for note in money.credit_notes), Decimal(0))
    billed.add_row(f"{len(money.credit_notes)} credit note after a dispute", euro(-credited))
    owed = sum((one.gross for one in money.settlement.documents), Decimal(0))
    billed.add_row(f"{len(money.settlement.documents)} self-billed documents with statements, owed to centres", euro(owed))
    billed.add_row("margin of the network", euro(money.settlement.margin))
    ordered = sum((order.total for order, _ in money.settlement.payouts), Decimal(0))
    billed.add_row(f"{len(money.settlement.payouts)} SEPA file, ordered", euro(ordered))
    proven = sum(not check.faults for check in money.audit.checks)
    books = f"{proven} of {len(money.audit.checks)} statements proven"
    billed.add_row(f"audit of {money.audit.postings} postings", f"{'' if money.audit.is_clean else '[red]'}{books}")
    billed.add_row("walk-ins nobody signed for, billed to nobody", signed_by_nobody)
    billed.add_row("in folder", str(found.plan.out_dir / f"{found.plan.month:%Y-%m}"))
    book = titled("Ledger, readings", *[c.replace("_", " ") for c in LEDGER_COLUMNS])
    book.columns[0].justify = "right"
    book.add_row(*_ledger_cells(ledger_total(found.ledger)))
    parts = Group(head, Text(), verdicts(found.verdicts), billed, _energy(found.energy, found.baseline_wh), Text(), book)
    return Panel(
        parts,
        title=f"[bold]Smartwork demo[/], {found.plan.month:%B %Y}",
        subtitle=f"done in {found.seconds:.0f} s",
        title_align="left",
        subtitle_align="right",
        width=92,
    )


def open_dashboard(port: int) -> RenderableType:
    """Where to look, and how to end it."""
    return Panel(f"The dashboard is open on [bold link]http://{HOST}:{port}[/]. Devices are live. Ctrl-C ends it.", width=92)


def replay_json(kind: str, found: Replayed) -> dict[str, object]:
    """The figures of a replayed recording; minutes and shares rounded to where they can be trusted."""
    figures = found.figures
    answer: dict[str, object] = {
        "rows": figures.rows,
        "occupied_min": round(figures.occupied_min, 2),
        "vacant_min": round(figures.vacant_min, 2),
        "unknown_min": round(figures.unknown_min, 2),
        "occupied_share": round(figures.occupied_share, 4),
        "changes": figures.changes,
        "bright_empty_share": round(figures.bright_empty_share, 4),
    }
    if kind == "robod":
        answer["lighting_kwh"] = round(found.lighting.used_wh / 1000, 3)
        answer["empty_share"] = round(found.lighting.empty_share, 4)
    return answer


def replay(kind: str, file: str, recording: Recording, found: Replayed) -> RenderableType:
    """The same as a table, with units."""
    figures = found.figures
    table = titled(f"{file}, computed from the database", "", "", caption=f"{recording.start} to {recording.end}")
    table.show_header = False
    table.add_row("rows of presence", _n(figures.rows))
    table.add_row("occupied", f"{_n(figures.occupied_min)} min")
    table.add_row("vacant", f"{_n(figures.vacant_min)} min")
    table.add_row("unknown", f"{_n(figures.unknown_min)} min")
    table.add_row("[bold]occupied, of measured time[/]", f"[bold]{100 * figures.occupied_share:.1f} %[/]")
    table.add_row("changes", _n(figures.changes))
    table.add_row("nobody there, of time over 300 lux", f"{100 * figures.bright_empty_share:.1f} %")
    if kind == "robod":
        table.add_row("lighting", f"{found.lighting.used_wh / 1000:,.1f} kWh")
        table.add_row("[bold]used while nobody was there[/]", f"[bold]{100 * found.lighting.empty_share:.1f} %[/]")
    return table
