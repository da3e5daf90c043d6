"""`smartwork settle list`, `accept`, `refuse` and `take-back`: whether centres accept their self-billed documents."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smartwork.cli.document_options import Note, printable
from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson, OutDir
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.clock import now
from smartwork.domain.settlement.acceptance import AcceptanceEvent

if TYPE_CHECKING:
    from smartwork.domain.settlement.acceptance import Acceptance

SelfBilled = Annotated[str, typer.Argument(help="Number of a self-billed document, for example SB-mons-2026-00001.")]


def list_command(
    *,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only documents that wait for the centre or are refused.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the self-billed documents: whether the centre has accepted each, and from when its silence is acceptance."""
    from smartwork.db.settlement.acceptance import acceptances

    with progress_bar() as progress, open_database(progress) as connection:
        found = acceptances(connection)
    if open_only:
        found = [each for each in found if each.state(now().date()) in ("waiting", "refused")]
    if as_json:
        print(json.dumps([_acceptance_json(each) for each in found], indent=2, ensure_ascii=False))
    else:
        out.print(_acceptances_table(found))


def accept_command(number: SelfBilled, *, note: Note = "") -> None:
    """Record that the centre accepts a document, so that it is paid out; also after it was refused.

    Example: smartwork settle accept SB-mons-2026-00001 --note "mail of 5 November"
    """
    from smartwork.jobs.settlement.acceptance import record_reply

    with progress_bar() as progress, open_database(progress) as connection:
        record_reply(connection, number, AcceptanceEvent("accepted", now().date(), note), now())
    out.print(f"Recorded: {number} is accepted. The next payment file pays it: smartwork payout order")


def refuse_command(
    number: SelfBilled, *, reason: Annotated[str, typer.Option("--reason", help="Why, as the centre states it.")]
) -> None:
    """Record that the centre refuses a document: it is not paid out, and the centre's next document waits.

    Example: smartwork settle refuse SB-mons-2026-00001 --reason "desk 4 was let for the whole month"
    """
    from smartwork.jobs.settlement.acceptance import record_reply

    event = AcceptanceEvent("refused", now().date(), printable(reason, "--reason"))
    with progress_bar() as progress, open_database(progress) as connection:
        record_reply(connection, number, event, now())
    out.print(
        f"Recorded: {number} is refused, and not paid out. Agree with the centre; then smartwork settle take-back {number}, "
        f"or smartwork settle accept {number}."
    )


def take_back_command(number: SelfBilled, *, out_dir: OutDir = Path("out")) -> None:
    """Take a refused document back with a self-billed credit note. The next run for its month settles it again."""
    from smartwork.jobs.settlement.acceptance import take_back

    with progress_bar() as progress, open_database(progress) as connection:
        taken = take_back(connection, number, now(), out_dir, progress)
    again = f"smartwork settle --month {taken.invoice.month:%Y-%m}"
    out.print(
        f"{taken.invoice.number} takes back {number}: {taken.files.pdf}. To settle its month again: {again}",
        soft_wrap=True,
    )


def _acceptances_table(acceptances: "list[Acceptance]") -> FittedTable:
    columns = [
        Column("Number", whole=True), Column("Centre"), Column("Agreement", rank=2), Column("State"), Column("Since"),
        Column("Note", rank=1), Column("Recorded by", rank=3),
    ]  # fmt: skip
    today, rows = now().date(), []
    for each in acceptances:
        last = each.events[-1] if each.events else None
        state = each.state(today)
        since = last.on.isoformat() if last else ""
        note = last.note if last else ""
        if each.is_silent(today):
            since, note = str(each.silent_on), "by silence"
        elif state == "waiting" and each.silent_on:
            note = f"accepted by silence on {each.silent_on}"
        elif state == "cancelled":
            note = f"taken back by {each.cancelled_by}" if each.cancelled_by else f"takes back {each.cancels}"
        by = (last.recorded_by or "") if last else ""
        rows.append((each.number, each.centre, each.version or "", state, since, note, by))
    return FittedTable(
        "Self-billed documents", columns, [rows], empty="There are none. Settle a month with: smartwork settle"
    )


def _acceptance_json(acceptance: "Acceptance") -> dict[str, object]:
    return {
        "number": acceptance.number,
        "centre": acceptance.centre,
        "state": acceptance.state(now().date()),
        "agreement": acceptance.version,
        "silent_on": acceptance.silent_on.isoformat() if acceptance.silent_on else None,
        "cancelled_by": acceptance.cancelled_by,
        "cancels": acceptance.cancels,
        "events": [
            {"reply": event.reply, "on": event.on.isoformat(), "note": event.note, "recorded_by": event.recorded_by}
            for event in acceptance.events
        ],
    }
