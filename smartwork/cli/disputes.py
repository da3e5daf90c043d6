"""`smartwork invoice dispute`, `uphold` and `credit`: open a dispute on a line, and end it."""

from pathlib import Path
from typing import Annotated

import typer

from smartwork.cli.document import evidence
from smartwork.cli.document_options import LineNumber, Note, Number, Reason, decimal
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro
from smartwork.cli.options import OutDir
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now


def dispute_command(number: Number, *, line: LineNumber, note: Note = "") -> None:
    """Open a dispute on a line, and show the line with its evidence."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        disputed = lifecycle.dispute(connection, number, line, now(), note)
    out.print(evidence(disputed))
    out.print(f"Line {line} of {number} is in dispute. End it with smartwork invoice credit or smartwork invoice uphold.")


def uphold_command(number: Number, *, line: LineNumber, note: Note = "") -> None:
    """End a dispute and leave the line unchanged."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        lifecycle.uphold(connection, number, line, now(), note)
    out.print(f"The dispute on line {line} of {number} has ended; the line is unchanged.")


def credit_command(
    number: Number,
    *,
    line: LineNumber,
    reason: Reason,
    hours: Annotated[str | None, typer.Option(help="Number of hours to credit. Default: the whole line.")] = None,
    out_dir: OutDir = Path("out"),
) -> None:
    """End a dispute with a credit note for the line, or for some of its hours."""
    from smartwork.jobs.billing import lifecycle

    credited = decimal(hours, "--hours", "1.5")
    with progress_bar() as progress, open_database(progress) as connection:
        note = lifecycle.credit(connection, lifecycle.DisputedLine(number, line, credited), reason, now(), out_dir, progress)
    out.print(f"{note.invoice.number} credits {euro(note.invoice.gross)}: {note.files.pdf}", soft_wrap=True)
