"""`smartwork publish`: the policies of centres."""

import os

from smartwork.cli.endpoints import endpoints
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.errors import SmartworkError


def publish_command() -> None:
    """Publish every centre's policy (its device registry), retained, so that its edge knows its devices."""
    from smartwork.jobs.network.publish_policies import publish_policies
    from smartwork.transport.mqtt import Client

    with progress_bar() as progress:
        found = endpoints(progress)
        with connect(found.database_url) as connection, Client(found.broker_url, f"publish-{os.getpid()}") as client:
            client.wait_connected(10)
            versions = publish_policies(connection, client, now())
    if not versions:
        raise SmartworkError("There is no centre yet, so there is no policy to publish. Try: make demo ARGS=--once")
    out.print("\n".join(f"{centre}: version {version}" for centre, version in versions.items()))
