"""`smartwork bank`: bank statements, and what is decided about their entries."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.bank_tables import describe, entries_table, entry_json, missing_text, statements_table
from smartwork.cli.document_options import decimal, printable
from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import counted
from smartwork.clock import now
from smartwork.errors import InputError

if TYPE_CHECKING:
    from smartwork.jobs.banking.import_statements import ImportReport

bank_app = typer.Typer(help="Bank statements: what was paid, and what has to be decided.", no_args_is_help=True)

EntryId = Annotated[int, typer.Argument(metavar="ENTRY", min=1, help="Number of the entry, from smartwork bank list.")]


@bank_app.command("import")
def import_command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Statements: camt.053 (XML) or CODA, or a zip of them.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Import bank statements, all or none: payments of documents and payouts are recorded, the rest is listed.

    What was imported before changes nothing. For example: smartwork bank import 2026-11.zip
    """
    from smartwork.jobs.banking.import_statements import import_statements

    with progress_bar() as progress, open_database(progress) as connection:
        progress("Importing bank statements", 0, 1)
        report = import_statements(connection, files, now())
    if as_json:
        print(json.dumps(_import_json(report), indent=2, ensure_ascii=False))
    else:
        out.print(_import_tables(report))


@bank_app.command("list")
def list_command(
    *,
    only_open: Annotated[bool, typer.Option("--open", help="Only entries of which something is left to decide.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the entries of bank statements, what each pays, and what has to be decided, with the reason.

    For example: smartwork bank list --open
    """
    from smartwork.jobs.banking.entries import allocated_entries

    with progress_bar() as progress, open_database(progress) as connection:
        entries = allocated_entries(connection, now())
    shown = [each for each in entries if each.reason is not None or not only_open]
    if as_json:
        print(json.dumps([entry_json(each) for each in shown], indent=2, ensure_ascii=False))
    else:
        out.print(entries_table("To decide" if only_open else "Entries of bank statements", shown))


@bank_app.command("match")
def match_command(
    entry: EntryId,
    *,
    invoice: Annotated[str | None, typer.Option("--invoice", help="Number of the document that it pays or refunds.")] = None,
    amount: Annotated[
        str | None, typer.Option("--amount", help="EUR, for example 40.00. Default: what is left, at most what is open.")
    ] = None,
    payout: Annotated[str | None, typer.Option("--payout", help="Reference of the payout that it pays or returns.")] = None,
) -> None:
    """Match an entry, or a part of it, to a document; or to a payout.

    For example: smartwork bank match 17 --invoice INV-2026-00002 --amount 40.00
    """
    from smartwork.jobs.banking import decide

    if (invoice is None) == (payout is None) or (payout is not None and amount is not None):
        raise InputError("Give --invoice, with --amount or without, or --payout.")
    chosen = decimal(amount, "--amount", "40.00")
    with progress_bar() as progress, open_database(progress) as connection:
        if invoice is not None:
            matched = decide.match_to_document(connection, entry, invoice, chosen, now())
        else:
            matched = decide.match_to_payout(connection, entry, payout or "", now())
    out.print(describe(matched))


@bank_app.command("ignore")
def ignore_command(
    entries: Annotated[list[int], typer.Argument(metavar="ENTRY…", min=1, help="Numbers of entries, from bank list.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for example: fees of the bank.")],
) -> None:
    """Set entries aside that other books record, for example fees of the bank and wages.

    For example: smartwork bank ignore 18 19 --reason "fees of the bank"
    """
    from smartwork.jobs.banking import decide

    text = printable(reason, "--reason")
    with progress_bar() as progress, open_database(progress) as connection:
        ignored = decide.ignore(connection, entries, text, now())
    for each in ignored:
        out.print(describe(each))


@bank_app.command("undo")
def undo_command(entry: EntryId) -> None:
    """Take back what an entry was matched to; what it paid is open again, and it has to be decided by hand.

    For example: smartwork bank undo 17
    """
    from smartwork.jobs.banking import decide

    with progress_bar() as progress, open_database(progress) as connection:
        undone = decide.undo(connection, entry, now())
    out.print(describe(undone))


def _import_json(report: "ImportReport") -> dict[str, object]:
    """The statements, the entries that have to be decided, and where statements are missing; amounts in EUR, as text."""
    return {
        "statements": [
            {
                "file": each.file,
                "format": each.statement.format,
                "iban": each.statement.iban,
                "number": each.statement.number,
                "opening": str(each.statement.opening),
                "closing": str(each.statement.closing),
                "closing_on": each.statement.closing_on.isoformat(),
                "entries": len(each.statement.entries),
                "new": each.new_entries,
                "already_imported": each.is_known,
            }
            for each in report.statements
        ],
        "to_decide": [entry_json(each) for each in report.entries if each.reason is not None],
        "missing": [
            {
                "iban": iban,
                "after": gap.before.number,
                "before": gap.after.number,
                "amount": str(gap.missing),
            }
            for iban, gap in report.gaps
        ],
    }


def _import_tables(report: "ImportReport") -> RenderableType:
    new = sum(each.new_entries for each in report.statements)
    undecided = [each for each in report.entries if each.reason is not None]
    parts: list[RenderableType] = [
        statements_table(report.statements),
        *(Text(missing_text(iban, gap), style="yellow") for iban, gap in report.gaps),
        Text(f"{counted(new, 'new entry', 'new entries')}; {counted(len(undecided), 'entry', 'entries')} to decide.\n"),
    ]
    if undecided:
        parts.append(entries_table("To decide", undecided))
    return Group(*parts)
