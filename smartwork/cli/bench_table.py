"""The figures of a bench with their goals, as a table."""

from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.bench.edge import EdgeFigures
from smartwork.bench.ingest import IngestFigures
from smartwork.bench.reconcile import ReconcileFigures


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One row: the figure, its goal in words, and whether the goal is met; None if there is no goal."""

    name: str
    figure: str
    goal: str = ""
    met: bool | None = None


def ingest_rows(f: IngestFigures) -> list[BenchRow]:
    """The figures of ingest with their goals."""
    return [
        BenchRow("Bare COPY, the ceiling", f"{_n(f.ceiling_rps)} readings/s"),
        BenchRow("Chain, batches of 400, spans derived", f"{_n(f.chain_rps)} readings/s"),
        BenchRow("  ratio to the ceiling", f"{f.chain_ratio:.2f}", "≥ 0.60", f.chain_ratio >= 0.6),
        BenchRow("Bare subscriber that only counts", f"{_n(f.single_bare_rps)} messages/s"),
        BenchRow("One reading a message, committed", f"{_n(f.single_rps)} messages/s"),
        BenchRow("  ratio to the bare subscriber", f"{f.single_ratio:.2f}", "≥ 1.00", f.single_ratio >= 1),
        BenchRow("Device to committed row, median", f"{f.latency_p50_ms:.0f} ms"),
        BenchRow("Device to committed row, p99", f"{f.latency_p99_ms:.0f} ms", "< 250 ms", f.latency_p99_ms < 250),
        BenchRow("Peak memory of ingest", f"{f.rss_mb:.0f} MB", "< 150 MB", f.rss_mb < 150),
        *(BenchRow(f"Chain at {_n(size)} centres", f"{_n(rate)} readings/s") for size, rate in f.growth_rps.items()),
        BenchRow("  slowest rate to fastest", f"{f.growth_ratio:.2f}", "≥ 0.80", f.growth_ratio >= 0.8),
        BenchRow(f"A lost day, {_n(f.outage_readings)} readings", f"{f.outage_s:.1f} s", "< 10 s", f.outage_s < 10),
    ]


def edge_rows(f: EdgeFigures) -> list[BenchRow]:
    """The figures of the gateway with their goals."""
    return [
        BenchRow(
            "Devices through the gateway, durable", f"{_n(f.readings_per_s)} readings/s", "≥ 5 000", f.readings_per_s >= 5_000
        ),
        BenchRow("Outbox alone, a commit for each 100", f"{_n(f.outbox_rps)} readings/s"),
        BenchRow("Outbox alone, a commit for each reading", f"{_n(f.single_rps)} readings/s"),
        BenchRow("A reading on disk, network away", f"{f.bytes_per_reading:.0f} bytes"),
        BenchRow("50 desks without the network, 1 GB", f"{_n(f.days_offline)} days", "≥ 30 days", f.days_offline >= 30),
        BenchRow("Start until online", f"{f.start_s:.1f} s", "< 2 s", f.start_s < 2),
        BenchRow("Presence to light command, median", f"{f.light_p50_ms:.0f} ms"),
        BenchRow("Presence to light command, p99", f"{f.light_p99_ms:.0f} ms", "< 50 ms", f.light_p99_ms < 50),
        BenchRow("Peak memory of the gateway", f"{f.rss_mb:.0f} MB", "< 60 MB", f.rss_mb < 60),
    ]


def reconcile_rows(f: ReconcileFigures) -> list[BenchRow]:
    """The figures of reconciliation with their goals."""
    return [
        BenchRow(f"{_n(f.small_bookings)} bookings", f"{_n(f.small_bookings_per_s)} bookings/s"),
        BenchRow(f"{_n(f.bookings)} bookings", f"{_n(f.bookings_per_s)} bookings/s", "> 10 000", f.bookings_per_s > 10_000),
        BenchRow(
            "  rate to that of the smaller month, without start", f"{f.growth_ratio:.2f}", "≥ 0.90", f.growth_ratio >= 0.9
        ),
        BenchRow("Start of the processes, in every run", f"{f.start_s:.2f} s"),
        BenchRow("A second run, nothing new", f"{f.rerun_s:.2f} s"),
        BenchRow("Peak memory of a process", f"{f.rss_mb:.0f} MB"),
    ]


def table(title: str, rows: list[BenchRow], seconds: float, machine: str) -> RenderableType:
    """The table, with the machine on which it was measured."""
    shown = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    shown.add_column("Figure")
    shown.add_column("Measured", justify="right")
    shown.add_column("Goal", justify="right")
    shown.add_column("")
    for row in rows:
        verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.met]
        shown.add_row(row.name, row.figure, row.goal, verdict)
    note = f"{machine}; {seconds:.0f} s. Everything shares these cores, so only the ratios can be compared."
    return Group(shown, Text(note, style="dim"))


def _n(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u202f")
