"""`smartwork verify`: check an invoice from its file alone."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smartwork.cli.tables import counted
from smartwork.documents.verify import Verified, verify
from smartwork.errors import SmartworkError

Bar = Callable[[], AbstractContextManager[Callable[[str, int, int], None]]]
_SHOWN = 60
_IN_PART = 3


class DoesNotHold(SmartworkError):  # noqa: N818 - what was found
    """A document's parts do not match; the report has said which."""


def add_verify(app: typer.Typer, bar: Bar, out: Console) -> None:
    """Add the command to `app`; progress goes to `bar`, the report to `out`."""

    @app.command("verify")
    def verify_command(
        file: Annotated[Path, typer.Argument(help="An invoice or credit note of smartwork, .pdf or .xml.")],
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Recompute an invoice from its own evidence and compare: pages, XML, evidence and digest. Needs no database.

        The exit status is 1 where something does not match, and 3 where all that was compared matches, but the PDF says that
        another version drew it, so that only the figures of its first page could be compared.
        """
        with bar() as progress:
            progress("Recomputing every line", 0, 1)
            checked = verify(file)
            progress("Recomputing every line", 1, 1)
        if as_json:
            said = {**asdict(checked), "file": str(file), "holds": checked.holds, "whole": checked.whole}
            print(json.dumps(said, indent=2, ensure_ascii=False))
        else:
            _show(checked, out)
        if not checked.holds:
            count = len(checked.findings)
            raise DoesNotHold(f"{file} does not hold: {f'{count} things do' if count > 1 else 'one thing does'} not match.")
        if not checked.whole:
            raise typer.Exit(_IN_PART)


def _compared(checked: Verified) -> Table:
    """What was compared, and what was not."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    lines = "its line follows" if checked.lines == 1 else f"each of the {checked.lines} lines follows"
    words = "every element, as the evidence gives"
    if not checked.words:
        words = "every figure and code, as the evidence gives; names and notes not, as an older version had others"
    rows = [
        ("Evidence", f"{lines} from it, and so do VAT and totals", True),
        ("XML", words, checked.words),
        ("SHA-256", "is the one that the document states", True),
    ]
    first = "parties, amounts, account, reference and due date of the first page; nothing else, as another version drew it"
    pages = {"all": "every page and all else that it holds, as the evidence gives", "figures of the first": first}
    if said := pages.get(checked.pages):
        rows.insert(2, ("PDF", said, checked.whole))
    for what, said, whole in rows:
        table.add_row(Text("✓", style="green" if whole else "yellow"), Text(what, style="bold"), Text(said))
    return table


def _show(checked: Verified, out: Console) -> None:
    what = checked.kind.replace("self_billed", "self-billed").replace("_", " ")
    lines, proofs = counted(checked.lines, "line"), counted(checked.proofs, "proof")
    out.print(Text(f"{checked.number}, {what}: {lines} with {proofs}, EUR {checked.gross}"))
    out.print(Text(f"SHA-256 {checked.digest}"), soft_wrap=True)
    if checked.holds:
        if checked.whole:
            out.print(Text("\nEverything matches.\n", style="bold green"))
        else:
            out.print(Text("\nWhat was compared matches; not all of the pages was.\n", style="bold yellow"))
        out.print(_compared(checked))
        out.print(Text("\nWhether it is the document that was issued, its issuer tells by the SHA-256."))
        return
    out.print(Text("\nSomething does not match.", style="bold red"))
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("Line", "Where", "What", "Stated", "Follows from the evidence"):
        table.add_column(head)
    for one in checked.findings[:_SHOWN]:
        row = (str(one.line) if one.line else "–", one.where, one.what, one.stated, one.computed)
        table.add_row(*map(Text, row))
    out.print(table)
    if len(checked.findings) > _SHOWN:
        out.print(f"… and {len(checked.findings) - _SHOWN} more; --json shows all.")
