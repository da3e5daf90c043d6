"""`smartwork token`: create, list and revoke tokens of the HTTP API."""

import json
import secrets
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.contracts.topics import is_slug
from smartwork.db.access import tokens
from smartwork.domain.access.scopes import SCOPES
from smartwork.errors import InputError, SmartworkError

token_app = typer.Typer(help="Create, list and revoke tokens of the HTTP API.", no_args_is_help=True)


@token_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Name of the token: lower-case letters, digits, hyphens.")],
    *,
    scope: Annotated[list[str], typer.Option(help=f"What the token allows; may be repeated. One of: {', '.join(SCOPES)}")],
    company: Annotated[
        str | None, typer.Option(help="Slug of a company: the token gives access to its data only. Default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a token and print it. It cannot be printed again, because only its hash is stored."""
    if not is_slug(name):
        raise InputError(f"{name!r} cannot be the name of a token. Use at most 48 lower-case letters, digits and hyphens.")
    secret = f"sw_{secrets.token_urlsafe(32)}"
    with progress_bar() as progress, open_database(progress) as connection:
        tokens.put(connection, name, secret, company, scope, now())
    print(json.dumps({"name": name, "token": secret}) if as_json else secret)


@token_app.command("list")
def list_command(*, as_json: AsJson = False) -> None:
    """List all tokens, without their secrets."""
    with progress_bar() as progress, open_database(progress) as connection:
        rows = tokens.listed(connection)
    if as_json:
        listed = [
            {
                "name": row.name,
                "company": row.company,
                "scopes": row.scopes,
                "created_at": row.created_at.isoformat(),
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in rows
        ]
        print(json.dumps(listed, indent=2))
        return
    table = Table("Name", "Company", "Allows", "Created", "Revoked", box=box.SIMPLE_HEAD)
    for row in rows:
        revoked = f"{row.revoked_at:%Y-%m-%d}" if row.revoked_at else ""
        table.add_row(row.name, row.company or "the network", " ".join(row.scopes), f"{row.created_at:%Y-%m-%d}", revoked)
    out.print(table if rows else "There are no tokens yet.")


@token_app.command("revoke")
def revoke_command(name: Annotated[str, typer.Argument(help="Name of the token.")]) -> None:
    """Revoke a token. It is refused from now on."""
    with progress_bar() as progress, open_database(progress) as connection:
        if not tokens.revoke(connection, name, now()):
            raise SmartworkError(
                f"There is no token {name!r}, or it is revoked already. `smartwork token list` shows all tokens."
            )
    out.print(f"Token {name} revoked.")
