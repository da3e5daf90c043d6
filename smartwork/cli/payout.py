"""`smartwork payout`: the payouts to centres, and what the bank did with them."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smartwork.cli.document_options import printable
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro, figure
from smartwork.cli.options import AsJson, OutDir
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable, counted
from smartwork.clock import now
from smartwork.domain.settlement.payouts import PayoutEvent

if TYPE_CHECKING:
    from smartwork.db.settlement.payouts import Payout

payout_app = typer.Typer(
    help="Payouts to centres: list and order them, and record what the bank did with them.", no_args_is_help=True
)

Reference = Annotated[
    str, typer.Argument(help="Reference of a payout, for example namur-2026-10; or a payment file, for all of its payouts.")
]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="The bank's day, for example 2026-11-03. Default: today."),
]
Source = Annotated[str, typer.Option("--source", help="Where it stands, for example: statement 2026-211.")]


@payout_app.command("list")
def list_command(
    *,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only payouts that are ordered, and neither paid nor refused.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List all payouts: reference, amount, the documents that each pays, and its state."""
    from smartwork.db.settlement import payouts

    with progress_bar() as progress, open_database(progress) as connection:
        found = [each for each in payouts.payouts(connection) if not open_only or each.state == "ordered"]
    if as_json:
        print(json.dumps([_payout_json(payout) for payout in found], indent=2, ensure_ascii=False))
    else:
        out.print(_payouts_table(found))


@payout_app.command("order")
def order_command(*, out_dir: OutDir = Path("out")) -> None:
    """Order what each centre is owed by documents that it has accepted, in a SEPA file."""
    from smartwork.jobs.settlement.payouts import order_now

    with progress_bar() as progress, open_database(progress) as connection:
        orders = order_now(connection, now(), out_dir)
    for order, path in orders:
        out.print(f"{counted(order.payments, 'payment')} of {euro(order.total)} ordered: {path}", soft_wrap=True)
    if not orders:
        out.print("Nothing is owed by documents that centres have accepted. To see which wait: smartwork settle list")


@payout_app.command("paid")
def paid_command(reference: Reference, *, on: On = None, source: Source) -> None:
    """Record that the bank has paid a payout, or all that are ordered in a payment file.

    Example: smartwork payout paid namur-2026-10 --on 2026-11-03 --source "statement 2026-211"
    """
    from smartwork.jobs.settlement.payouts import mark_payout

    event = PayoutEvent("paid", _day(on), printable(source, "--source"))
    with progress_bar() as progress, open_database(progress) as connection:
        marked = mark_payout(connection, reference, event, now())
    out.print(f"Recorded: {_marked(marked)} paid by the bank on {event.on}.")


@payout_app.command("refused")
def refused_command(
    reference: Reference,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, as the bank states it, for example: AC04 account closed.")],
    on: On = None,
    source: Source,
) -> None:
    """Record that the bank has refused a payout, or that the payment came back. What it paid is owed again.

    The next payment file pays it: to another account, if the agreements name another one then.
    """
    from smartwork.jobs.settlement.payouts import mark_payout

    event = PayoutEvent("refused", _day(on), printable(source, "--source"), printable(reason, "--reason"))
    with progress_bar() as progress, open_database(progress) as connection:
        marked = mark_payout(connection, reference, event, now())
    out.print(f"Recorded: {_marked(marked)} refused by the bank on {event.on}. What it paid is owed again.")


def _day(on: datetime | None) -> date:
    return on.date() if on else now().date()


def _marked(marked: "list[Payout]") -> str:
    total = euro(sum((payout.amount for payout in marked), Decimal(0)))
    return f"{counted(len(marked), 'payout')} of {total} ({', '.join(payout.reference for payout in marked)})"


def _payouts_table(payouts: "list[Payout]") -> FittedTable:
    columns = [
        Column("Reference", whole=True), Column("Ordered", rank=2), Column("Pays", rank=1), Column("Amount, €", figures=True),
        Column("State"), Column("Since", rank=1), Column("Reason", rank=3), Column("Recorded by", rank=4),
    ]  # fmt: skip
    rows = []
    for payout in payouts:
        last = payout.events[-1] if payout.events else None
        rows.append(
            (
                payout.reference, payout.ordered_on.isoformat(), ", ".join(payout.documents), figure(payout.amount),
                payout.state, (last.on if last else payout.ordered_on).isoformat(), (last.reason or "") if last else "",
                (last.recorded_by or "") if last else "",
            )
        )  # fmt: skip
    return FittedTable("Payouts", columns, [rows], empty="There are no payouts. Settle a month with: smartwork settle")


def _payout_json(payout: "Payout") -> dict[str, object]:
    return {
        "reference": payout.reference,
        "centre": payout.centre,
        "order": payout.order,
        "ordered_on": payout.ordered_on.isoformat(),
        "amount": str(payout.amount),
        "iban": payout.iban,
        "documents": list(payout.documents),
        "state": payout.state,
        "events": [
            {
                "state": event.state,
                "on": event.on.isoformat(),
                "source": event.source,
                "reason": event.reason,
                "recorded_by": event.recorded_by,
            }
            for event in payout.events
        ],
    }
