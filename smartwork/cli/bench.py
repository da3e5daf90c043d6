"""`smartwork bench`: measurements of the software on this machine, with their goals."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar

Quick = Annotated[bool, typer.Option("--quick", help="Measure each figure once; takes less than a minute.")]


bench_app = typer.Typer(help="Measure the software on this machine.", no_args_is_help=True)


@bench_app.callback()
def _group() -> None:
    """The group has no action of its own."""


@bench_app.command("ingest")
def ingest_command(*, quick: Quick = False, as_json: AsJson = False) -> None:
    """Measure edge to database: rate against a bare COPY, latency, memory, growth, and the replay of a lost day."""
    from smartwork.bench import ingest
    from smartwork.cli.bench_table import ingest_rows, table

    with progress_bar() as progress:
        figures = ingest.run(ingest.QUICK if quick else ingest.FULL, progress)
    if as_json:
        print(json.dumps(asdict(figures), indent=2))
    else:
        out.print(table("Ingest, measured in one run", ingest_rows(figures), figures.seconds, figures.machine))


@bench_app.command("edge")
def edge_command(*, quick: Quick = False, as_json: AsJson = False) -> None:
    """Measure the gateway: rate from devices to the outbox on disk, days without the network, start and memory."""
    from smartwork.bench import edge
    from smartwork.cli.bench_table import edge_rows, table

    with progress_bar() as progress:
        figures = edge.run(edge.QUICK if quick else edge.FULL, progress)
    if as_json:
        print(json.dumps(asdict(figures), indent=2))
    else:
        out.print(table("The edge, measured in one run", edge_rows(figures), figures.seconds, figures.machine))


@bench_app.command("reconcile")
def reconcile_command(*, quick: Quick = False, as_json: AsJson = False) -> None:
    """Measure reconciliation: a month of bookings, how the rate changes with their number, and memory."""
    from smartwork.bench import reconcile
    from smartwork.cli.bench_table import reconcile_rows, table

    with progress_bar() as progress:
        figures = reconcile.run(reconcile.QUICK if quick else reconcile.FULL, progress)
    if as_json:
        print(json.dumps(asdict(figures), indent=2))
    else:
        rows = reconcile_rows(figures)
        out.print(table("Reconciliation, measured in one run", rows, figures.seconds, figures.machine))
