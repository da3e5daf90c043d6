"""`smartwork aliases`: other names of centres, places and members."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.errors import InputError, SmartworkError

aliases_app = typer.Typer(
    help="Other names of centres, places and members, as booking systems write them.", no_args_is_help=True
)

Source = Annotated[
    str, typer.Option(help="Booking system that uses the name, for example nexudus. Default: any.", show_default=False)
]


@aliases_app.command("list")
def list_command(
    *,
    source: Annotated[str | None, typer.Option(help="Only names that this booking system uses.")] = None,
    as_json: AsJson = False,
) -> None:
    """List all aliases. Names of members are not stored in readable form, so only their pseudonyms are listed."""
    from smartwork.db.bookings.aliases import list_aliases

    with progress_bar() as progress, open_database(progress) as connection:
        aliases = list_aliases(connection, source)
    if as_json:
        print(json.dumps([asdict(alias) for alias in aliases], indent=2))
        return
    columns = [Column("Target", whole=True), Column("Kind"), Column("Name"), Column("Source")]
    rows = [(alias.target, alias.kind, alias.name or "(not readable)", alias.source or "any") for alias in aliases]
    out.print(FittedTable("Aliases", columns, [rows]))


@aliases_app.command("set")
def set_command(
    name: Annotated[str, typer.Argument(help="The name that the booking system writes.")],
    target: Annotated[str, typer.Argument(help="CENTRE, CENTRE/PLACE, or the pseudonym of a member.")],
    *,
    source: Source = "",
    kind: Annotated[str | None, typer.Option(help="centre, place or member; needed if the target may be several.")] = None,
) -> None:
    """Set an alias. A name stands for one thing: set to another target it is refused; remove it first."""
    from smartwork.jobs.bookings.aliases import set_alias

    with progress_bar() as progress, open_database(progress) as connection:
        alias, new = set_alias(connection, name, target, source, kind)
    out.print(f"{'Set' if new else 'Already set'}: an alias of the {alias.kind} {alias.target}.", highlight=False)


@aliases_app.command("remove")
def remove_command(
    name: Annotated[str | None, typer.Argument(help="The name, as it was set.")] = None,
    *,
    source: Source = "",
    target: Annotated[
        str | None, typer.Option("--of", help="Remove all names of this centre, place or member, of any source.")
    ] = None,
) -> None:
    """Remove an alias, or all aliases of a target: `--of m-12` forgets every name and address of that member."""
    from smartwork.db.bookings.aliases import remove_alias, remove_aliases_of

    if (name is None) is (target is None):
        raise InputError("Give either a name, or --of with a centre, a place or a pseudonym.")
    with progress_bar() as progress, open_database(progress) as connection:
        removed = (
            remove_aliases_of(connection, target) if target is not None else len(remove_alias(connection, name or "", source))
        )
    if not removed:
        raise SmartworkError("There is no such alias. `smartwork aliases list` shows all; a name belongs to its --source.")
    out.print(f"Removed: {removed} alias{'es' if removed > 1 else ''}.", highlight=False)


@aliases_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV with the columns name, target, and optionally source and kind.")],
    *,
    source: Source = "",
) -> None:
    """Set the aliases of a file, all or none. What is set already stays."""
    from smartwork.jobs.bookings.aliases import import_aliases

    with progress_bar() as progress, open_database(progress) as connection:
        new, total = import_aliases(connection, file, source)
    out.print(f"{file.name}: {total} aliases, {new} of them new.", highlight=False)
