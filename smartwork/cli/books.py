"""`smartwork books`: the head of the books, and proofs against a head or a document that is kept elsewhere."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import displayable, out, progress_bar
from smartwork.clock import now
from smartwork.domain.billing.book_head import BookHead
from smartwork.errors import InputError, SmartworkError

if TYPE_CHECKING:
    from smartwork.jobs.audit.books import Proof

_EXIT_STATES_NO_HEAD = 3
_DIGITS = 8
"""Of a hash, between two blanks on paper."""

Head = Annotated[
    str | None,
    typer.Option("--head", help="A head that was kept elsewhere, as number:hash; smartwork books head prints it."),
]


class NotProven(SmartworkError):  # noqa: N818 - the outcome of a proof, not a fault of the program
    """The books do not contain what was kept elsewhere, or their chain is broken. The report has shown where."""


books_app = typer.Typer(
    help="The hash chain over documents, events, postings, agreements and settlements.", no_args_is_help=True
)


@books_app.command("head")
def head_command(*, as_json: AsJson = False) -> None:
    """Print the head of the books, to be kept elsewhere: on paper, in a mail, with a notary.

    It stands for every entry up to now. Later, `smartwork books prove --head` shows that none of them was changed.
    """
    from smartwork.jobs.audit.books import head_now

    with progress_bar() as progress, open_database(progress) as connection:
        head, recorded_at = head_now(connection)
    if as_json:
        recorded = recorded_at.isoformat() if recorded_at else None
        print(json.dumps({**asdict(head), "recorded_at": recorded, "printed_at": now().isoformat()}, indent=2))
        return
    digits = " ".join(head.head[at : at + _DIGITS] for at in range(0, len(head.head), _DIGITS))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = [("Entry", str(head.entry)), ("SHA-256", digits)]
    if recorded_at is not None:
        rows.append(("Recorded", f"{recorded_at:%Y-%m-%d %H:%M:%S} UTC"))
    rows.append(("Printed", f"{now():%Y-%m-%d %H:%M:%S} UTC"))
    for name, text in rows:
        table.add_row(Text(name, style="bold"), Text(text))
    out.print(table)
    out.print(Text(f"\nTo prove the books later:\nsmartwork books prove --head {head}"), soft_wrap=True)


@books_app.command("prove")
def prove_command(
    *,
    head: Head = None,
    document: Annotated[
        Path | None, typer.Option("--document", help="An invoice or credit note of smartwork in hand: .pdf or .xml.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show that the books still contain a head or a document that was kept elsewhere, and everything before it unchanged.

    The exit status is 1 if they do not. It is 3 if the document is in the books, but was issued before documents stated a
    head. Example: smartwork books prove --document INV-2026-00001.pdf
    """
    from smartwork.jobs.audit.books import prove

    if head is None and document is None:
        raise InputError("Name what was kept elsewhere: --head NUMBER:HASH, --document FILE, or both.")
    known = known_heads(head)
    with progress_bar() as progress, open_database(progress) as connection:
        proof = prove(connection, known, document, progress)
    if as_json:
        print(json.dumps({**asdict(proof), "proven": proof.holds}, indent=2))
    else:
        out.print(_report(proof))
    if not proof.holds:
        raise NotProven("The books are not as they were.")
    if proof.states_no_head:
        raise typer.Exit(_EXIT_STATES_NO_HEAD)


def known_heads(head: str | None) -> tuple[BookHead, ...]:
    """The heads that `--head` gives. Raises InputError."""
    if head is None:
        return ()
    try:
        return (BookHead.parse(head),)
    except ValueError as error:
        raise InputError(f"--head {error}. smartwork books head prints one.") from None


def _report(proof: "Proof") -> RenderableType:
    if not proof.holds:
        faults = [Text(displayable(f"✗ {fault}"), style="red") for fault in proof.faults]
        return Group(Text("Not proven.", style="bold red"), *faults, Text(f"The books end at entry {proof.head.entry}."))
    lines = [f"✓ The chain is unbroken from entry 1 to entry {proof.head.entry}."]
    lines += [f"✓ It contains the head of entry {known.entry}: no entry up to there was changed." for known in proof.proven]
    if proof.number is not None:
        lines.append(f"✓ {proof.number} is in the books as it is in hand, recorded by entry {proof.entry}.")
    if proof.states_no_head:
        lines.append(f"– {proof.number} was issued before documents stated a head: it proves nothing that came before it.")
    title = "Proven in part." if proof.states_no_head else "Proven."
    return Group(Text(title, style="bold yellow" if proof.states_no_head else "bold green"), *(Text(line) for line in lines))
