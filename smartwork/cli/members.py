"""`smartwork members`: list the members of companies, import them, and remove one."""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.places import ApiUrl, checked_url
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.clock import now
from smartwork.errors import InputError, SmartworkError

members_app = typer.Typer(help="List, import and remove members; let their phones check in.", no_args_is_help=True)

_MAX_ROWS = 40


class MembersRefused(SmartworkError):  # noqa: N818
    """Rows of the file were refused; the report, which is printed before, lists them."""


@members_app.command("list")
def list_command(
    *,
    company: Annotated[str | None, typer.Option(help="Slug of a company. Default: all companies.")] = None,
    with_removed: Annotated[bool, typer.Option("--removed", help="List removed members, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List members with their company and the number of their bookings to come."""
    from smartwork.db.bookings.members import MemberFilter, companies, find_members

    with progress_bar() as progress, open_database(progress) as connection:
        if company is not None and company not in (known := companies(connection)):
            raise InputError(f"There is no company {company!r}. Companies: {', '.join(sorted(known)[:20]) or 'none'}.")
        found = find_members(connection, MemberFilter(company=company, with_closed=with_removed), now())
    if as_json:
        listed = [
            {
                "pseudonym": member.pseudonym,
                "company": member.company,
                "removed_at": _iso(member.closed_at),
                "bookings_to_come": member.bookings,
            }
            for member in found
        ]
        print(json.dumps(listed, indent=2))
        return
    columns = [
        Column("Member", whole=True), Column("Company"), Column("Bookings to come", figures=True), Column("Removed (UTC)")
    ]  # fmt: skip
    rows: list[Row] = [
        (member.pseudonym, member.company, str(member.bookings), f"{member.closed_at:%Y-%m-%d}" if member.closed_at else "")
        for member in found
    ]
    out.print(FittedTable("Members", columns, [rows], "none; register them with: smartwork members import FILE"))


@members_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns pseudonym and company (slug).")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register the members of a file. Members that it does not name stay; importing it again changes nothing.

    The exit status is 1 if a row was refused; the others are registered.
    """
    from smartwork.jobs.bookings.members import import_members

    with progress_bar() as progress, open_database(progress) as connection:
        plan = import_members(connection, file, dry_run=dry_run)
    if as_json:
        refused = [{"line": row.line, "field": row.field, "reason": row.reason} for row in plan.refused]
        counts = {"created": len(plan.created), "unchanged": len(plan.unchanged)}
        print(json.dumps({"file": file.name, **counts, "refused": refused}, indent=2))
    else:
        out.print(
            f"{file.name}{' (dry run)' if dry_run else ''}: {len(plan.created)} new, {len(plan.unchanged)} unchanged, "
            f"{len(plan.refused)} refused.",
            highlight=False,
        )
        if plan.refused:
            table = Table("Line", "Field", "Reason", box=box.SIMPLE_HEAD)
            for row in plan.refused[:_MAX_ROWS]:
                table.add_row(str(row.line), row.field, Text(row.reason))
            out.print(table)
    if hidden := len(plan.refused):
        raise MembersRefused(f"{hidden} row{'s were' if hidden > 1 else ' was'} refused.")


@members_app.command("remove")
def remove_command(
    pseudonym: Annotated[str, typer.Argument(help="Pseudonym of the member.")],
    *,
    cancel_bookings: Annotated[
        bool, typer.Option("--cancel-bookings", help="Cancel the member's bookings that have not begun.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a member: from now on it books nothing and checks in nowhere. Bookings, visits and documents keep the pseudonym.

    Bookings that have not begun are listed, and nothing changes, unless --cancel-bookings is given.
    """
    from smartwork.domain.bookings.changes import Author
    from smartwork.jobs.bookings.members import HasBookings, describe, remove_member

    with progress_bar() as progress, open_database(progress) as connection:
        try:
            removal = remove_member(
                connection, pseudonym, now, Author("members remove", "network"), cancel_bookings=cancel_bookings
            )
        except HasBookings as error:
            raise SmartworkError(f"{error} To cancel them: smartwork members remove {pseudonym} --cancel-bookings") from error
    if as_json:
        cancelled = [each.booking.external_id for each in removal.cancelled]
        print(json.dumps({"pseudonym": pseudonym, "removed_at": _iso(removal.closed_at), "cancelled": cancelled}, indent=2))
        return
    for each in removal.cancelled:
        out.print(f"Cancelled {describe(each)}", highlight=False)
    out.print(f"{pseudonym} is removed since {removal.closed_at:%Y-%m-%d %H:%M} UTC.", highlight=False)


@members_app.command("link")
def link_command(
    pseudonym: Annotated[str, typer.Argument(help="Pseudonym of the member.")],
    *,
    url: ApiUrl,
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="How long the link can be used.")] = 72,
) -> None:
    """Print a personal link. Opened on the member's phone, it lets the phone check in by the QR codes of places.

    The link can be used once and cannot be printed again, because only its hash is stored.
    """
    from smartwork.db.bookings.place_codes import add_link

    base, secret, at = checked_url(url), secrets.token_urlsafe(32), now()
    with progress_bar() as progress, open_database(progress) as connection:
        if not add_link(connection, pseudonym, secret, at, at + timedelta(hours=hours)):
            raise InputError(f"There is no member {pseudonym!r}, or it was removed.")
    print(f"{base}/sign-in/{secret}")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
