"""`smartwork verify`: check a document from its file alone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import displayable, out, progress_bar
from smartwork.cli.tables import counted
from smartwork.errors import SmartworkError

if TYPE_CHECKING:
    from smartwork.documents.verify import Verified

_MAX_FINDINGS = 60
"""Findings listed on the terminal; `--json` lists all."""
_EXIT_COMPARED_IN_PART = 3


class DoesNotHold(SmartworkError):  # noqa: N818 - the outcome of a check, not a fault of the program
    """The parts of a document do not match. The report has shown which."""


def verify_command(
    file: Annotated[Path, typer.Argument(help="An invoice or credit note of smartwork: .pdf or .xml.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Compute a document again from the evidence in it, and compare pages, XML, evidence and digest. Needs no database.

    The exit status is 1 if something does not match, or if the file is no document that every program reads as the same. It
    is 3 if all that was compared matches, but not everything could be compared.
    """
    from smartwork.documents.verify import verify

    with progress_bar() as progress:
        progress("Recomputing every line", 0, 1)
        checked = verify(file)
        progress("Recomputing every line", 1, 1)
    if as_json:
        fields = asdict(checked)
        content = {
            "proofs": fields.pop("visits"), **fields, "file": str(file), "holds": checked.holds, "whole": checked.whole,
        }  # fmt: skip
        print(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        out.print(_head(checked), soft_wrap=True)
        out.print(_result(checked))
    if not checked.holds:
        count = len(checked.findings)
        raise DoesNotHold(f"{file} does not hold: {f'{count} things do' if count > 1 else 'one thing does'} not match.")
    if not checked.whole:
        raise typer.Exit(_EXIT_COMPARED_IN_PART)


def _head(checked: "Verified") -> RenderableType:
    kind = checked.kind.replace("self_billed", "self-billed").replace("_", " ")
    lines, visits = counted(checked.lines, "line"), counted(checked.visits, "visit")
    head = f"{checked.number}, {kind}: {lines} with {visits}, EUR {checked.gross}\nSHA-256 {checked.digest}"
    return Text(displayable(head))


def _result(checked: "Verified") -> RenderableType:
    if not checked.holds:
        return Group(Text("\nSomething does not match.", style="bold red"), *_findings(checked))
    if checked.whole:
        result = Text("\nEverything matches.\n", style="bold green")
    else:
        result = Text("\nWhat was compared matches. Not everything could be compared.\n", style="bold yellow")
    issuer = Text("\nWhether this is the document that was issued: ask its issuer for the SHA-256.")
    return Group(result, _compared(checked), issuer)


def _compared(checked: "Verified") -> Table:
    """A row with a tick for each part of the file that was compared, then one without for what was not."""
    lines = "its line follows" if checked.lines == 1 else f"each of the {checked.lines} lines follows"
    elements = "every element" if checked.words else "every figure and code"
    rows = [
        ("Evidence", f"{lines} from it, and so do VAT and totals"),
        ("XML", f"{elements}, as computed from the evidence"),
        ("SHA-256", "is the one that the document states"),
    ]
    if checked.pages == "all":
        rows.insert(2, ("PDF", "every page and all other content, as computed from the evidence"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for part, text in rows:
        table.add_row(Text("✓", style="green"), Text(part, style="bold"), Text(text))
    for text in checked.not_compared:
        table.add_row(Text("–", style="yellow"), Text("not compared", style="bold yellow"), Text(text))
    return table


def _findings(checked: "Verified") -> list[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("Line", "Where", "What", "Stated", "Computed from the evidence"):
        table.add_column(title)
    for finding in checked.findings[:_MAX_FINDINGS]:
        line = str(finding.line) if finding.line else "–"
        texts = (line, finding.where, finding.what, finding.stated, finding.computed)
        table.add_row(*(Text(displayable(text)) for text in texts))
    left = len(checked.findings) - _MAX_FINDINGS
    return [table, *([Text(f"… and {left} more; --json lists all.")] if left > 0 else [])]
