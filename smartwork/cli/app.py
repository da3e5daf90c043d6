"""The command line: the entry point, and the list of commands."""

import signal
import sys
import traceback
from typing import Annotated

import typer
from rich.text import Text

from smartwork.cli.accounting import accounting_app
from smartwork.cli.agreements import agreements_app
from smartwork.cli.aliases import aliases_app
from smartwork.cli.audit import audit_command
from smartwork.cli.bank import bank_app
from smartwork.cli.bench import bench_app
from smartwork.cli.bill import bill_command
from smartwork.cli.bookings import bookings_app
from smartwork.cli.books import books_app
from smartwork.cli.decode import decode_command
from smartwork.cli.demo import demo_command
from smartwork.cli.device import device_app
from smartwork.cli.devices import alarms_command, devices_command
from smartwork.cli.endpoints import work_folder
from smartwork.cli.invoice import invoice_app
from smartwork.cli.ledger import ledger_command
from smartwork.cli.light import light_app
from smartwork.cli.members import members_app
from smartwork.cli.migrate import migrate_command
from smartwork.cli.payout import payout_app
from smartwork.cli.places import places_app
from smartwork.cli.policy import policy_app
from smartwork.cli.progress_bar import displayable, err
from smartwork.cli.reconcile import reconcile_command
from smartwork.cli.recover import recover_command
from smartwork.cli.renamed import add_renamed
from smartwork.cli.replay import replay_app
from smartwork.cli.retention import retention_app
from smartwork.cli.roles import roles_command
from smartwork.cli.settle import settle_app
from smartwork.cli.simulate import simulate_app
from smartwork.cli.stack import down_command, status_command, up_command
from smartwork.cli.tokens import token_app
from smartwork.cli.verify import verify_command
from smartwork.cli.version import print_version
from smartwork.errors import SmartworkError

_EXIT_FAULT = 70
"""Exit status for a fault of the program, as EX_SOFTWARE in sysexits.h."""

app = typer.Typer(
    help="Smartwork: occupancy, light and occupancy-verified invoices for networks of Smart Work Centers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and the schema that it needs, and exit.",
            callback=print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """The options of `smartwork` itself."""


app.command("up")(up_command)
app.command("down")(down_command)
app.command("status")(status_command)
app.command("roles")(roles_command)
app.command("migrate")(migrate_command)
app.add_typer(policy_app, name="policy")
add_renamed(app, "publish", "policy publish")
app.command("devices")(devices_command)
app.add_typer(device_app, name="device")
app.command("alarms")(alarms_command)
app.add_typer(light_app, name="light")
app.command("decode")(decode_command)

app.command("ledger")(ledger_command)
app.command("recover")(recover_command)
app.add_typer(retention_app, name="retention")
add_renamed(app, "keep", "retention run")

app.add_typer(bookings_app, name="bookings")
app.add_typer(members_app, name="members")
app.add_typer(places_app, name="places")
app.add_typer(aliases_app, name="aliases")
app.add_typer(agreements_app, name="agreements")
app.command("reconcile")(reconcile_command)
app.command("bill")(bill_command)
app.add_typer(settle_app, name="settle")
app.add_typer(payout_app, name="payout")
app.add_typer(bank_app, name="bank")
app.command("audit")(audit_command)
app.add_typer(books_app, name="books")
app.add_typer(accounting_app, name="accounting")
app.add_typer(invoice_app, name="invoice")
app.command("verify")(verify_command)
app.add_typer(token_app, name="token")

app.command("demo")(demo_command)
app.add_typer(simulate_app, name="simulate")
add_renamed(app, "day", "simulate day")
app.add_typer(replay_app, name="replay")
app.add_typer(bench_app, name="bench")


def main() -> None:
    """Run the command line.

    Exit status: 0 on success, 1 for an error that the user can correct, 2 for wrong arguments, 70 for a fault of the program,
    130 after an interrupt.
    """
    for name in (signal.SIGINT, signal.SIGTERM):  # both stop what the command has started
        signal.signal(name, signal.default_int_handler)
    try:
        app()
    except SmartworkError as error:
        err.print(Text.assemble(("Error: ", "bold red"), displayable(str(error))), soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("Stopped.")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the user gets a sentence; the traceback goes into a file
        report = work_folder() / "fault.txt"
        report.write_text(traceback.format_exc())
        err.print(Text.assemble(("This is a fault of smartwork: ", "bold red"), f"{type(error).__name__}: {error}"))
        err.print(f"Please report it with the file {report}.", highlight=False, soft_wrap=True)
        sys.exit(_EXIT_FAULT)


if __name__ == "__main__":
    main()
