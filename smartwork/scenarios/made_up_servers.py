"""The database, broker and folder of a scenario: it migrates, publishes and writes only where everything is made up."""

import os
from pathlib import Path

from smartwork.contracts.topics import MessageType, all_centres_filter
from smartwork.db.core.connection import Connection
from smartwork.db.core.migrations import has_schema, is_empty, migrate, require_current_schema
from smartwork.devstack.stack import Endpoints
from smartwork.domain.network_setup import Network
from smartwork.errors import SmartworkError
from smartwork.jobs.network.made_up_network import RealRecords, require_made_up_broker
from smartwork.transport.mqtt import MqttClient

_TIMEOUT_S = 10.0


def prepare_schema(connection: Connection, endpoints: Endpoints) -> None:
    """Migrate the development stack's database or an empty one.

    Another database must have this version's schema, else SchemaMismatch is raised; SmartworkError if its tables are those
    of another program.
    """
    if endpoints.owned_database or is_empty(connection):
        migrate(connection)
    elif has_schema(connection):
        require_current_schema(connection)
    else:
        raise SmartworkError(
            "The database holds tables of another program. Name an empty database in SMARTWORK_DATABASE_URL, or unset it to "
            "use the development stack."
        )


def require_made_up_policies(broker_url: str, network: Network) -> None:
    """Return if the broker retains policies of centres of `network` only; raises RealRecords otherwise."""
    name, topics = f"made-up-{os.getpid()}", [all_centres_filter(MessageType.POLICY)]
    with MqttClient(broker_url, name, subscriptions=topics) as client:
        client.wait_connected(_TIMEOUT_S)
        require_made_up_broker(client, network)


def require_made_up_documents(folder: Path, network: Network) -> None:
    """Return if each document in `folder` names the seller of `network`; raises RealRecords otherwise.

    Made-up documents have the numbers of real ones, and would replace their files.
    """
    seller = network.seller.identity[1].encode()
    for file in sorted(folder.glob("*-*-*.xml")):
        if not file.name.startswith("payout-") and seller not in file.read_bytes():
            raise RealRecords(
                f"{file} is a document that this made-up network did not issue. A made-up document may have its number and "
                "would replace it, so nothing was written. Name another folder: --out FOLDER"
            )
