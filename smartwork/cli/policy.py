"""`smartwork policy`: the policies of centres."""

import os

import typer

from smartwork.cli.endpoints import endpoints
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import SmartworkError

policy_app = typer.Typer(help="Publish what the gateways of centres need to run alone.", no_args_is_help=True)


@policy_app.callback()
def _group() -> None:
    """Keeps `publish` a subcommand: typer runs the only command of a group without its name."""


@policy_app.command("publish")
def publish_command() -> None:
    """Publish every centre's policy as a retained message: its devices, opening hours and light settings."""
    from smartwork.jobs.network.publish_policies import publish_policies
    from smartwork.transport.mqtt import MqttClient

    with progress_bar() as progress:
        services = endpoints(progress)
        with (
            connect(services.database_url) as connection,
            MqttClient(services.broker_url, f"publish-{os.getpid()}") as client,
        ):
            require_current_schema(connection)
            client.wait_connected(10)
            versions = publish_policies(connection, client, now())
    if not versions:
        raise SmartworkError("The database has no centre, so there is no policy to publish. Register a centre first.")
    out.print("\n".join(f"{centre}: version {version}" for centre, version in versions.items()))
