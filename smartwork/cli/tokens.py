"""`smartwork token`: who may speak to the API."""

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from smartwork.clock import now
from smartwork.contracts.topics import is_slug
from smartwork.db.access import tokens
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.domain.access.scopes import SCOPES
from smartwork.errors import InputError, SmartworkError
from smartwork.progress import Progress

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def token_app(
    bar: Callable[[], AbstractContextManager[Progress]], out: Console, database_url: Callable[[Progress], str]
) -> typer.Typer:
    """The commands under `smartwork token`."""
    commands = typer.Typer(help="Tokens of the HTTP API.", no_args_is_help=True)

    @commands.command("new")
    def new(
        name: Annotated[str, typer.Argument(help="Whose token it is: lower case, digits, hyphens.")],
        *,
        scope: Annotated[list[str], typer.Option(help=f"What it allows; repeat it. One of: {', '.join(SCOPES)}")],
        company: Annotated[str | None, typer.Option(help="Slug of a company: it sees only its own.")] = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a token and show it, once: only its hash is kept."""
        if not is_slug(name):
            raise InputError(f"{name!r} is no name for a token: lower case letters, digits and hyphens, at most 48.")
        secret = f"sw_{secrets.token_urlsafe(32)}"
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            tokens.put(connection, name, secret, company, scope, now())
        print(json.dumps({"name": name, "token": secret}) if as_json else secret)

    @commands.command("list")
    def list_(*, as_json: AsJson = False) -> None:
        """Show all tokens, without their secrets."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            rows = tokens.listed(connection)
        if as_json:
            found = [
                {
                    "name": row.name,
                    "company": row.company,
                    "scopes": row.scopes,
                    "created_at": row.created_at.isoformat(),
                    "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
                }
                for row in rows
            ]
            print(json.dumps(found, indent=2))
            return
        table = Table("Name", "Company", "Allows", "Made", "Revoked", box=box.SIMPLE_HEAD)
        for row in rows:
            gone = f"{row.revoked_at:%Y-%m-%d}" if row.revoked_at else ""
            table.add_row(row.name, row.company or "the network", " ".join(row.scopes), f"{row.created_at:%Y-%m-%d}", gone)
        out.print(table if rows else "There is no token yet.")

    @commands.command("revoke")
    def revoke(name: Annotated[str, typer.Argument(help="Name of the token.")]) -> None:
        """End a token's use at once."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            if not tokens.revoke(connection, name, now()):
                raise SmartworkError(f"No token {name!r} is in use. `smartwork token list` shows them.")
        out.print(f"The token {name} is revoked.")

    return commands
