"""`smartwork token`: create, list, expire and revoke tokens of the HTTP API."""

import json
import secrets
from datetime import UTC, datetime
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

token_app = typer.Typer(help="Create, list, expire and revoke tokens of the HTTP API.", no_args_is_help=True)

Expires = Annotated[
    datetime | None,
    typer.Option("--expires", formats=["%Y-%m-%d"], help="First day (UTC) on which the token is refused. Default: never."),
]


@token_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Name of the token: lower-case letters, digits, hyphens.")],
    *,
    scope: Annotated[list[str], typer.Option(help=f"What the token allows; may be repeated. One of: {', '.join(SCOPES)}")],
    company: Annotated[
        str | None, typer.Option(help="Slug of a company: the token gives access to its data only. Default: all.")
    ] = None,
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Create a token and print it. It cannot be printed again, because only its hash is stored."""
    if not is_slug(name):
        raise InputError(f"{name!r} cannot be the name of a token. Use at most 48 lower-case letters, digits and hyphens.")
    secret = f"sw_{secrets.token_urlsafe(32)}"
    with progress_bar() as progress, open_database(progress) as connection:
        tokens.put(connection, name, secret, company, scope, now(), _start_of_day(expires))
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
                "revoked_at": _iso(row.revoked_at),
                "expires_at": _iso(row.expires_at),
                "last_used_at": _iso(row.last_used_at),
            }
            for row in rows
        ]
        print(json.dumps(listed, indent=2))
        return
    table = Table("Name", "Company", "Allows", "Created", "Expires", "Last used", "Revoked", box=box.SIMPLE_HEAD)
    for row in rows:
        used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
        dates = [f"{at:%Y-%m-%d}" if at else "" for at in (row.created_at, row.expires_at, row.revoked_at)]
        table.add_row(row.name, row.company or "the network", " ".join(row.scopes), *dates[:2], used, dates[2])
    out.print(table if rows else "There are no tokens yet.")


@token_app.command("expire")
def expire_command(
    name: Annotated[str, typer.Argument(help="Name of the token.")],
    *,
    expires: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="First day (UTC) on which the token is refused.")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="The token does not expire.")] = False,
) -> None:
    """Set the day from which a token is refused."""
    if (expires is None) is not never:
        raise InputError("Give either --on YYYY-MM-DD or --never.")
    with progress_bar() as progress, open_database(progress) as connection:
        if not tokens.set_expiry(connection, name, _start_of_day(expires)):
            raise SmartworkError(
                f"There is no token {name!r}, or it is revoked already. `smartwork token list` shows all tokens."
            )
    out.print(f"Token {name} expires on {expires:%Y-%m-%d}." if expires else f"Token {name} does not expire.")


def _start_of_day(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@token_app.command("revoke")
def revoke_command(name: Annotated[str, typer.Argument(help="Name of the token.")]) -> None:
    """Revoke a token. It is refused from now on."""
    with progress_bar() as progress, open_database(progress) as connection:
        if not tokens.revoke(connection, name, now()):
            raise SmartworkError(
                f"There is no token {name!r}, or it is revoked already. `smartwork token list` shows all tokens."
            )
    out.print(f"Token {name} revoked.")
