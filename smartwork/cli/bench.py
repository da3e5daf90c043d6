"""`smartwork bench`: measure this machine, and print the figures with their goals, or as JSON."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from smartwork.bench import edge, ingest, reconcile
from smartwork.cli.bench_table import edge_rows, ingest_rows, reconcile_rows, table
from smartwork.progress import Progress

Quick = Annotated[bool, typer.Option("--quick", help="Under a minute: one round of each figure.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def bench_app(bar: Callable[[], AbstractContextManager[Progress]], out: Console) -> typer.Typer:
    """The commands under `smartwork bench`: `bar` opens a progress bar, results are printed on `out`."""
    benches = typer.Typer(help="Measure the software on this machine.", no_args_is_help=True)

    @benches.callback()
    def _group() -> None: ...

    @benches.command("ingest")
    def ingest_bench(*, quick: Quick = False, as_json: AsJson = False) -> None:
        """From edge to database: rate compared with a bare COPY, latency, memory, growth, and the replay of a lost day."""
        with bar() as progress:
            figures = ingest.run(ingest.QUICK if quick else ingest.FULL, progress)
        if as_json:
            print(json.dumps(asdict(figures), indent=2))
        else:
            out.print(table("Ingest, measured in one run", ingest_rows(figures), figures.seconds, figures.machine))

    @benches.command("edge")
    def edge_bench(*, quick: Quick = False, as_json: AsJson = False) -> None:
        """The gateway: rate into its outbox, disk space without the network, start time and memory."""
        with bar() as progress:
            figures = edge.run(edge.QUICK if quick else edge.FULL, progress)
        if as_json:
            print(json.dumps(asdict(figures), indent=2))
        else:
            out.print(table("The edge, measured in one run", edge_rows(figures), figures.seconds, figures.machine))

    @benches.command("reconcile")
    def reconcile_bench(*, quick: Quick = False, as_json: AsJson = False) -> None:
        """Reconciliation: rate of first verdicts in a month, growth with the number of bookings, and memory."""
        with bar() as progress:
            figures = reconcile.run(reconcile.QUICK if quick else reconcile.FULL, progress)
        if as_json:
            print(json.dumps(asdict(figures), indent=2))
        else:
            rows = reconcile_rows(figures)
            out.print(table("Reconciliation, measured in one run", rows, figures.seconds, figures.machine))

    return benches
