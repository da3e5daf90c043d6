"""`smartwork demo`: the whole system on a simulated network."""

from contextlib import ExitStack, suppress
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import ENVIRONMENT, development_endpoints, work_folder
from smartwork.cli.figures import euro, number
from smartwork.cli.ledger import LEDGER_COLUMNS, figure_cells
from smartwork.cli.options import Month, OutDir, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import counted, titled_table
from smartwork.cli.verdicts import verdicts_table

if TYPE_CHECKING:
    from smartwork.db.presence.daily_figures import MonthEnergy
    from smartwork.scenarios.demo import DemoSummary
    from smartwork.scenarios.demo_accounts import DemoAccounts

_PANEL_WIDTH = 92
"""Characters."""
_NEXT = f"For other commands, such as `smartwork ledger`, to use this database: export {ENVIRONMENT}=development"


def demo_command(
    *,
    once: Annotated[bool, typer.Option(help="End after the invoices: no live devices, no dashboard.")] = False,
    month: Month = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulation. The same seed and month give the same figures.")] = 1,
    port: Annotated[int, typer.Option(help="Port of the dashboard on 127.0.0.1.")] = 8501,
    out_dir: OutDir = Path("out"),
) -> None:
    """Simulate a month of a network, send its readings through the real system, issue its invoices, open the dashboard.

    Uses the development stack unless the environment names servers. Refuses a database or broker with real centres.
    """
    from smartwork.scenarios import demo, live_demo

    if not once:
        live_demo.require_free_port(port)
    plan = demo.DemoPlan(parse_month(month), seed, out_dir, work_folder(), port)
    with progress_bar() as progress:
        services = development_endpoints(progress)
        summary = demo.run_demo(plan, services, progress)
    out.print(summary_panel(summary))
    if once:
        if services.owned_database:
            out.print(_NEXT, highlight=False, soft_wrap=True)
        return
    centres = [centre.slug for centre in summary.network.centres]
    with suppress(KeyboardInterrupt), ExitStack() as running:
        with progress_bar() as progress:
            supervisor = running.enter_context(live_demo.live_components(plan, services, centres, progress))
        address = f"[bold link]http://{live_demo.HOST}:{port}[/]"
        out.print(Panel(f"The dashboard is open on {address}. Devices are live. Press Ctrl-C to stop.", width=_PANEL_WIDTH))
        live_demo.watch_components(supervisor)
    out.print("The live part has stopped. Broker and database still run: `smartwork down` stops them.")
    if services.owned_database:
        out.print(_NEXT, highlight=False, soft_wrap=True)


def summary_panel(summary: "DemoSummary") -> RenderableType:
    """The result of the demo on one screen: network, verdicts, money, lighting energy and the ledger's total."""
    network = summary.network
    desks = sum(place.kind == "desk" for centre in network.centres for place in centre.resources)
    rooms = sum(place.kind == "room" for centre in network.centres for place in centre.resources)
    head = Text(
        f"{len(network.centres)} centres, {desks} desks, {rooms} meeting rooms, {len(network.companies)} companies, "
        f"{len(network.members)} members. All names and figures are made up (seed {summary.plan.seed})."
    )
    folder = str(summary.plan.out_dir / f"{summary.plan.month:%Y-%m}")
    ledger = titled_table("Ledger, readings", *[column.replace("_", " ") for column in LEDGER_COLUMNS])
    ledger.columns[0].justify = "right"
    ledger.add_row(*figure_cells(asdict(summary.ledger)))
    parts = Group(
        head, Text(), verdicts_table(summary.verdicts), _money_table(summary.accounts, folder),
        _energy_table(summary.energy), Text(), ledger,
    )  # fmt: skip
    return Panel(
        parts,
        title=f"[bold]Smartwork demo[/], {summary.plan.month:%B %Y}",
        subtitle=f"done in {summary.seconds:.0f} s",
        title_align="left",
        subtitle_align="right",
        width=_PANEL_WIDTH,
    )


def _money_table(accounts: "DemoAccounts", folder: str) -> Table:
    bill, settlement, audit = accounts.bill, accounts.settlement, accounts.audit
    table = titled_table("Billed", "", "")
    table.show_header = False
    table.add_row("invoices, each as PDF and UBL", number(len(bill.invoices)))
    table.add_row("lines with evidence", number(sum(invoice.lines for invoice in bill.invoices)))
    table.add_row("net", euro(bill.net))
    table.add_row("VAT", euro(bill.vat))
    table.add_row("[bold]to pay[/]", f"[bold]{euro(bill.gross)}[/]")
    credited = sum((note.gross for note in accounts.credit_notes), Decimal(0))
    table.add_row(f"{counted(len(accounts.credit_notes), 'credit note')} after a dispute", euro(-credited))
    owed = sum((document.gross for document in settlement.documents), Decimal(0))
    table.add_row(f"{counted(len(settlement.documents), 'self-billed document')}, owed to centres", euro(owed))
    table.add_row("margin of the network", euro(settlement.margin))
    ordered = sum((order.total for order, _ in settlement.payouts), Decimal(0))
    table.add_row(f"{counted(len(settlement.payouts), 'SEPA file')}, ordered", euro(ordered))
    passed = sum(not check.mismatches for check in audit.checks)
    checks = f"{passed} of {len(audit.checks)} checks passed"
    table.add_row(f"audit of {audit.postings} postings", f"{'' if audit.is_clean else '[red]'}{checks}")
    unattributed = f"{number(bill.unattributed.count)}, {number(bill.unattributed.occupied_s / 3600)} h"
    table.add_row("unattributed stays, billed to nobody", unattributed)
    table.add_row("in folder", folder)
    return table


def _energy_table(energy: "MonthEnergy") -> Table:
    use, baseline_wh = energy.use, energy.baseline_wh
    share = energy.metered_share
    metered = "" if share is None else f" {100 * share:.1f} % of the time was metered; the figures cover that time only."
    table = titled_table(
        "Lighting energy",
        "",
        "kWh",
        "share",
        caption=f"Baseline: rated power × opening hours (IPMVP option A). The energy used is metered.{metered}",
    )
    saved_wh = baseline_wh - use.used_wh
    for name, wh, style in (
        ("baseline", baseline_wh, "none"),
        ("used", use.used_wh, "none"),
        ("  of it in empty zones", use.empty_wh, "none"),
        ("  of it occupancy unknown", use.unknown_wh, "none"),
        ("saved", saved_wh, "bold"),
    ):
        of_baseline = f"{100 * wh / baseline_wh:.1f} %" if baseline_wh else "–"
        table.add_row(*(Text(cell, style=style) for cell in (name, number(wh / 1000), of_baseline)))
    return table
