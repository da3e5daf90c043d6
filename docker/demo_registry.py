"""Installs the made-up demo network and publishes the policies of its centres; running it again changes nothing.

A gateway knows no device until it receives its centre's policy. Where the database holds real centres, nothing is installed,
and their policies are published.
"""

# ruff: noqa: INP001 - scripts that images carry, not a package

import os
import sys

from firmware_sim.demo_network import demo_network
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import SmartworkError
from smartwork.jobs.network.made_up_network import RealRecords, install_made_up
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.settings import BrokerSettings, DatabaseSettings
from smartwork.transport.mqtt import MqttClient

SEED = 1
CONNECT_TIMEOUT_S = 30.0


def main() -> int:
    """Returns the exit status: 0 when all policies are published, 1 after an error, which is on stderr."""
    try:
        database_url = DatabaseSettings.from_env(os.environ).database_url
        broker_url = BrokerSettings.from_env(os.environ).broker_url
        with connect(database_url) as connection, MqttClient(broker_url, "demo-registry") as client:
            require_current_schema(connection)
            try:
                install_made_up(connection, demo_network(SEED))
            except RealRecords as found:
                print(f"The demo network is not installed. {found}")
            client.wait_connected(CONNECT_TIMEOUT_S)
            versions = publish_policies(connection, client, now())
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"{centre}: policy {version}" for centre, version in versions.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
