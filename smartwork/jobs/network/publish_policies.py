"""Publish each centre's policy, with which its gateway runs on its own."""

from datetime import datetime

from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.lighting.policy import policy
from smartwork.db.network.centres import centre_slugs
from smartwork.transport.mqtt import MqttClient


def publish_policies(connection: Connection, client: MqttClient, at: datetime) -> dict[str, int]:
    """Publish the policy in force of every centre as a retained message; returns its version by centre.

    `client` must be connected. `at` dates a policy version that is new. Raises PublicationRefused, or ServiceUnavailable, if
    the broker does not accept one.
    """
    versions: dict[str, int] = {}
    with wrap_database_errors():
        for centre in centre_slugs(connection):
            in_force = policy(connection, centre, at)
            topic = str(Topic(centre, MessageType.POLICY))
            client.deliver(topic, in_force.model_dump_json().encode(), retain=True)
            versions[centre] = in_force.version
    return versions
