"""`smartwork up`, `down` and `status`: the development stack's broker and database."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import ENVIRONMENT, development_endpoints
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.devstack import stack
from smartwork.devstack.stack import Endpoints, ServiceStatus


def up_command() -> None:
    """Start a broker and a TimescaleDB for development, without Docker, on the loopback interface; print their addresses.

    The development database is migrated. A server that the environment names is neither started nor changed.
    """
    with progress_bar() as progress:
        services = development_endpoints(progress)
        if services.owned_database:
            with connect(services.database_url) as connection:
                migrate(connection)
    out.print(endpoints_text(services), soft_wrap=True)


def down_command(*, wipe: Annotated[bool, typer.Option(help="Delete their data too.")] = False) -> None:
    """Stop the broker and the database that `smartwork up` started."""
    stopped = stack.remove() if wipe else stack.down()
    out.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    if wipe:
        out.print("Their data is deleted.")


def status_command() -> None:
    """Show whether the broker and the database run, and at which addresses."""
    out.print(status_table(stack.status()))


def endpoints_text(services: Endpoints) -> RenderableType:
    """What to export in a shell, with the password of the development database.

    An address that the environment names may contain a password of its owner, and is not shown.
    """
    servers = (
        (stack.DATABASE_URL, services.database_url, services.owned_database),
        (stack.BROKER_URL, services.broker_url, services.owned_broker),
    )
    named = [Text(f"{variable} is set already: that server is used as it is.") for variable, _, owned in servers if not owned]
    exports = [Text(f"export {variable}={url}") for variable, url, owned in servers if owned]
    return Group(
        Text("Broker and TimescaleDB are running. For the commands of smartwork to use them:", style="bold"),
        Text(f"export {ENVIRONMENT}=development"),
        *([Text("For services and your own programs:", style="bold"), *exports] if exports else []),
        *named,
    )


def status_table(servers: Sequence[ServiceStatus]) -> RenderableType:
    """One row for each server."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("Service", "State", "Address", "Process", "Data"):
        table.add_column(column)
    for server in servers:
        style = {"running": "green", "stopped": "yellow"}.get(server.state, "cyan")
        size = "" if server.data_bytes is None else f"{server.data_bytes / 1e6:,.0f} MB"
        table.add_row(server.name, f"[{style}]{server.state}[/]", server.address, str(server.pid or ""), size)
    return table
