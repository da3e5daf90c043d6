"""Puts the made-up demo network into the registry and publishes the policies of its edges; repeating it is harmless.

Until a centre's edge has heard its policy it knows no device. A real network fills its registry instead of this.
"""

# ruff: noqa: INP001 - scripts that images carry, not a package

import os
import sys

from firmware_sim.demo_network import demo_network
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.network_setup import install
from smartwork.errors import SmartworkError
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.settings import BrokerSettings, DatabaseSettings
from smartwork.transport.mqtt import Client

SEED = 1
PATIENCE_S = 30.0


def main() -> int:
    """Exit status: 0 when each centre's policy is with the broker, 1 with a sentence on stderr otherwise."""
    try:
        database_url = DatabaseSettings.from_env(os.environ).database_url
        broker_url = BrokerSettings.from_env(os.environ).broker_url
        with connect(database_url) as connection, Client(broker_url, "demo-registry") as client:
            install(connection, demo_network(SEED))
            client.wait_connected(PATIENCE_S)
            versions = publish_policies(connection, client, now())
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"{centre}: policy {version}" for centre, version in versions.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
