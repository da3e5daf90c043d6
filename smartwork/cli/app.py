"""The command line: each command reads its settings, calls one job, and prints what came of it."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from firmware_sim.recordings import read_robod, read_uci
from smartwork.cli import screens
from smartwork.cli.agreements import agreements_app
from smartwork.cli.bench import bench_app
from smartwork.cli.bookings import bookings_app
from smartwork.cli.decode import add_decode
from smartwork.cli.devices import add_house
from smartwork.cli.invoice import invoice_app
from smartwork.cli.light import light_app
from smartwork.cli.retention import keep_command
from smartwork.cli.settle import add_settling
from smartwork.cli.simulate import add_day
from smartwork.cli.tokens import token_app
from smartwork.cli.verify import add_verify
from smartwork.clock import now
from smartwork.db.core.connection import connect, wait_for_database
from smartwork.db.core.migrations import migrate
from smartwork.db.ledger.ledger import gaps, ledger, overlaps
from smartwork.devstack import stack
from smartwork.devstack.instance import named
from smartwork.errors import InputError, SmartworkError
from smartwork.jobs.billing.bill_month import bill_month, draft_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.jobs.presence.daily_figures import summarise_month
from smartwork.progress import Progress as Steps
from smartwork.scenarios import demo as demos
from smartwork.scenarios.outbox_replay import wait_for_broker
from smartwork.scenarios.replay import Replayed, play
from smartwork.settings import BrokerSettings, DatabaseSettings
from smartwork.transport.mqtt import Client

app = typer.Typer(
    help="Smartwork: occupancy, light and occupancy-verified invoices for networks of Smart Work Centers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
replays = typer.Typer(
    help="Play a recorded room through edge, broker and ingest, and print its figures.", no_args_is_help=True
)
app.add_typer(replays, name="replay")

out = Console()
err = Console(stderr=True)

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_PATIENCE_S = 15.0
"""Seconds a command waits for a broker or database that is away; services wait for ever."""

Month = Annotated[str | None, typer.Option(help="Local month, for example 2026-10. Default: the last full month.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def main() -> None:
    """Run the command line; errors are sentences, the exit status is 1 for ours and 2 for a wrong call."""
    for name in (signal.SIGINT, signal.SIGTERM):  # both end in order: what was started is stopped
        signal.signal(name, signal.default_int_handler)
    try:
        app()
    except SmartworkError as error:
        err.print(f"[bold red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("Stopped.")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last line of defence between a fault of ours and a user
        report = _work_dir() / "fault.txt"
        report.write_text(traceback.format_exc())
        err.print(f"[bold red]This is a fault of smartwork:[/] {type(error).__name__}: {error}", highlight=False)
        err.print(f"Please report it with the file {report}.", highlight=False, soft_wrap=True)
        sys.exit(70)


@contextmanager
def bar() -> Iterator["_Bar"]:
    """A progress bar on standard error that goes away when the work is done; in a log, one line a step."""
    if not err.is_terminal:
        yield _Bar(None)
        return
    with Progress(
        TextColumn("[cyan]{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
        console=err, transient=True,
    ) as progress:  # fmt: skip
        yield _Bar(progress)


class _Bar:
    """Told of each step as jobs and devstack tell it; one line at a time."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._said = ""

    def __call__(self, step: str, done: int, total: int, /) -> None:
        if self._progress is None:
            if step != self._said:
                self._said = step
                err.print(f"{step} …", highlight=False)
            return
        if self._task is None:
            self._task = self._progress.add_task(step)
        self._progress.update(self._task, description=step, completed=done, total=total or None)


app.add_typer(bench_app(bar, out), name="bench")
add_decode(app, out)
add_day(app, bar, out)
add_verify(app, bar, out)


def _month(text: str | None) -> date:
    if text is None:
        return demos.last_full_month(now().date())
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InputError(f"--month is {text!r}; expected a year and a month such as 2026-10") from None
    if not _FIRST_YEAR <= month.year <= _LAST_YEAR:
        raise InputError(f"--month is {text!r}; expected one of the years {_FIRST_YEAR} to {_LAST_YEAR}, such as 2026-10")
    return month


def _endpoints(progress: Steps) -> stack.Endpoints:
    """Where broker and database are: those of the environment, else the development stack, started where it is not."""
    found = stack.up(os.environ, progress=progress)
    named_so = {**os.environ, "SMARTWORK_DATABASE_URL": found.database_url, "SMARTWORK_BROKER_URL": found.broker_url}
    DatabaseSettings.from_env(named_so)
    BrokerSettings.from_env(named_so)
    wait_for_broker(found.broker_url, _say, _PATIENCE_S)
    wait_for_database(found.database_url, _say, _PATIENCE_S)
    return found


def _say(text: str) -> None:
    err.print(f"[yellow]{text}[/]", highlight=False, soft_wrap=True)


def _database_url(progress: Steps) -> str:
    """As `_endpoints`, for commands that need no broker."""
    if os.environ.get(stack.DATABASE_URL):
        url = DatabaseSettings.from_env(os.environ).database_url
        wait_for_database(url, _say, _PATIENCE_S)
        return url
    return _endpoints(progress).database_url


app.add_typer(bookings_app(bar, out, _database_url), name="bookings")
app.add_typer(agreements_app(bar, out, _database_url, now), name="agreements")
app.add_typer(token_app(bar, out, _database_url), name="token")
app.add_typer(light_app(bar, out, _database_url, now), name="light")
add_house(app, bar, out, _database_url)


@app.command()
def up() -> None:
    """Start broker and TimescaleDB for development (without Docker, on loopback) and say where they are."""
    with bar() as progress:
        endpoints = _endpoints(progress)
        with connect(endpoints.database_url) as connection:
            migrate(connection)
    out.print(screens.endpoints(endpoints), soft_wrap=True)


@app.command()
def down(*, wipe: Annotated[bool, typer.Option(help="Delete their data too.")] = False) -> None:
    """Stop the broker and database that `smartwork up` started."""
    stopped = stack.remove() if wipe else stack.down()
    out.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    if wipe:
        out.print("Their data is deleted.")


@app.command()
def status() -> None:
    """Show whether broker and database run, and where."""
    out.print(screens.services(stack.status()))


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's schema."""
    with bar() as progress, connect(_database_url(progress)) as connection:
        done = migrate(connection)
    out.print("\n".join(f"Applied {name}" for name in done) or "The database is up to date.")


@app.command()
def publish() -> None:
    """Publish every centre's policy (its device registry), retained, so that its edge knows its devices."""
    with bar() as progress:
        endpoints = _endpoints(progress)
        with connect(endpoints.database_url) as connection, Client(endpoints.broker_url, f"publish-{os.getpid()}") as client:
            client.wait_connected(10)
            versions = publish_policies(connection, client, now())
    if not versions:
        raise SmartworkError("There is no centre yet, so there is no policy to publish. Try: make demo ARGS=--once")
    out.print("\n".join(f"{centre}: version {version}" for centre, version in versions.items()))


@app.command("ledger")
def ledger_command(*, as_json: AsJson = False) -> None:
    """Prove that nothing was lost: numbered at the edge, stored, duplicates, rejected, in the outbox, missing."""
    with bar() as progress, connect(_database_url(progress)) as connection:
        migrate(connection)
        rows, missing, twice = ledger(connection), gaps(connection), overlaps(connection)
    if as_json:
        print(json.dumps(screens.ledger_json(rows, missing, twice), indent=2))
    else:
        out.print(screens.ledger(rows, missing, twice))


app.command("keep")(keep_command(bar, out, _database_url))


@app.command("reconcile")
def reconcile_command(*, month: Month = None, as_json: AsJson = False) -> None:
    """Give every booking and walk-in of a month its verdict, and derive the month's daily figures."""
    chosen = _month(month)
    with bar() as progress, connect(url := _database_url(progress)) as connection:
        migrate(connection)
        verdicts = reconcile_month(connection, chosen, progress, database_url=url)
        summarise_month(connection, chosen, progress)
    if as_json:
        print(json.dumps(screens.verdicts_json(chosen, verdicts), indent=2))
    else:
        out.print(screens.verdicts(verdicts))


@app.command("bill")
def bill_command(
    *,
    month: Month = None,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the documents.")] = Path("out"),
    draft: Annotated[bool, typer.Option("--draft", help="Issue nothing: show what would be issued now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Issue the month's invoices, one PDF and one UBL file per company; what is issued already never changes."""
    chosen = _month(month)
    with bar() as progress, connect(_database_url(progress)) as connection:
        migrate(connection)
        if draft:
            drafts = draft_month(connection, chosen, now(), progress)
            print(json.dumps(screens.drafts_json(chosen, drafts), indent=2)) if as_json else out.print(screens.drafts(drafts))
            return
        report = bill_month(connection, chosen, now(), out_dir, progress)
    if as_json:
        print(json.dumps(screens.bill_json(chosen, report), indent=2))
    else:
        out.print(screens.bill(report))


add_settling(app, bar, out, _database_url, _month)
app.add_typer(invoice_app(bar, out, _database_url, _month), name="invoice")


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option(help="End after the invoices: no live part, no dashboard.")] = False,
    month: Month = None,
    seed: Annotated[int, typer.Option(help="Same seed and month, same life.")] = 1,
    port: Annotated[int, typer.Option(help="Port of the dashboard on 127.0.0.1.")] = 8501,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the documents.")] = Path("out"),
) -> None:
    """The main job from end to end: a made-up network, a month of its life, its invoices, and the live dashboard."""
    if not once:
        demos.require_free_port(port)
    plan = demos.Plan(_month(month), seed, out_dir, _work_dir(), port)
    with bar() as progress:
        endpoints = _endpoints(progress)
        summary = demos.run_main_job(plan, endpoints, progress)
    out.print(screens.summary(summary))
    if once:
        return
    centres = [centre.slug for centre in summary.network.centres]
    with suppress(KeyboardInterrupt), ExitStack() as running:
        with bar() as progress:
            supervisor = running.enter_context(demos.live(plan, endpoints, centres, progress))
        out.print(screens.open_dashboard(port))
        demos.watch(supervisor)
    out.print("The live part has stopped. Broker and database go on: `smartwork down` stops them.")


@replays.command("uci")
def replay_uci(
    file: Annotated[Path, typer.Argument(help="A file of the UCI Occupancy Detection data set.")],
    *,
    centre: Annotated[str, typer.Option(help="Slug of the centre whose sensors it plays.")] = "mons",
    hold: Annotated[float, typer.Option(min=0, help="Hold time in seconds after the last detection.")] = 0,
    as_json: AsJson = False,
) -> None:
    """An office in Mons (UMONS 2015): presence, light, CO2, temperature and humidity, a row a minute."""
    _replay("uci", file, centre, hold, as_json=as_json)


@replays.command("robod")
def replay_robod(
    file: Annotated[Path, typer.Argument(help="A room file of the ROBOD data set.")],
    *,
    centre: Annotated[str, typer.Option(help="Slug of the centre whose sensors it plays.")] = "mons",
    hold: Annotated[float, typer.Option(min=0, help="Hold time in seconds after the last detection.")] = 0,
    as_json: AsJson = False,
) -> None:
    """A room in Singapore (NUS 2021): occupants, light, lighting energy, a row every five minutes."""
    _replay("robod", file, centre, hold, as_json=as_json)


def _replay(kind: str, file: Path, centre: str, hold: float, *, as_json: bool) -> None:
    recording = {"uci": read_uci, "robod": read_robod}[kind](file)
    with bar() as progress:
        replayed: Replayed = play(recording, centre, hold, _endpoints(progress), _work_dir(), progress)
    if as_json:
        print(json.dumps(screens.replay_json(kind, replayed), indent=2))
    else:
        out.print(screens.replay(kind, file.name, recording, replayed))


def _work_dir() -> Path:
    """Where outboxes and logs of this checkout's runs lie."""
    folder = named(None, os.environ).folder / "work"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
