"""Publishes the centre to Home Assistant over the centre's broker: discovery configurations, states and availability."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from edge.homeassistant import discovery
from edge.homeassistant.commands import LightEntityCommand
from edge.homeassistant.entity_states import EntityStates, GatewayHealth, not_understood_payload
from smartwork.contracts.edge_reports import FieldsNotUnderstood
from smartwork.contracts.policy import Policy
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Delivery, Message, MqttClient

log = logging.getLogger("edge")

CHECK_EVERY_S = 1.0
"""How often states are checked for sensors that became silent and for a change of the gateway's health."""
OFFLINE_TIMEOUT_S = 2


class EntityPublisher:
    """Publishes entities and receives commands for them. Call it from one loop; only `republish` is thread-safe."""

    def __init__(self, centre: str, clock: Callable[[], datetime]) -> None:
        self._centre = centre
        self._clock = clock
        self._topics = discovery.CentreTopics(centre)
        self._version = _version()
        self._configs: dict[str, bytes] | None = None
        self._states = EntityStates(centre)
        self._not_understood = not_understood_payload(None)
        self._published: dict[str, bytes] = {}
        self._must_republish = True
        self._checked_at: datetime | None = None
        self.subscriptions = [discovery.STATUS_TOPIC, discovery.CONFIG_FILTER, self._topics.commands]
        self.will = Message(self._topics.availability, discovery.OFFLINE, retain=True)

    def apply(self, policy: Policy) -> None:
        """Show the devices of this policy from now on."""
        self._states = EntityStates(self._centre, policy.devices, self._states)
        self._configs = discovery.configs(self._centre, policy.devices, self._version)
        self._must_republish = True

    def show_not_understood(self, report: FieldsNotUnderstood) -> None:
        """Show what is not understood from now on."""
        self._not_understood = not_understood_payload(report)

    def republish(self) -> None:
        """Publish everything again on the next call of `publish_pending`, because the broker or Home Assistant was away."""
        self._must_republish = True

    def handle(self, client: MqttClient, delivery: Delivery) -> tuple[bool, LightEntityCommand | None]:
        """Whether a message is Home Assistant's and not a device's, and the command in it, if any."""
        topic = delivery.topic
        if topic == discovery.STATUS_TOPIC:
            if delivery.payload == discovery.ONLINE:
                self.republish()
            return True, None
        if topic.startswith("homeassistant/device/"):
            self._remove_stale(client, topic, delivery.payload)
            return True, None
        device = self._topics.commanded_device(topic)
        if device is None:
            return False, None
        if delivery.retained:  # an old command
            return True, None
        try:
            return True, LightEntityCommand.parse(device, delivery.payload)
        except ValueError as error:
            log.warning("message on %s ignored: %s", topic[:100], error)
            return True, None

    def _remove_stale(self, client: MqttClient, topic: str, payload: bytes) -> None:
        """Remove a retained configuration of this centre whose device is no longer registered."""
        is_ours = payload and topic.startswith(discovery.config_prefix(self._centre))
        if is_ours and self._configs is not None and topic not in self._configs:
            client.publish(topic, b"", retain=True)

    def publish_readings(self, client: MqttClient, readings: Sequence[Reading]) -> None:
        """Publish the states that these readings changed."""
        touched = self._states.update(readings)
        if touched and client.connected and not self._must_republish:
            self._publish_changed(client, self._states.payloads(self._clock(), touched))

    def publish_pending(self, client: MqttClient, health: Callable[[], GatewayHealth]) -> None:
        """Publish everything if it must be republished, else every CHECK_EVERY_S the states and the health that changed."""
        now = self._clock()
        if not client.connected:
            return
        if self._must_republish:
            self._must_republish = False
            self._published.clear()
            self._publish_changed(client, (self._configs or {}) | {self._topics.availability: discovery.ONLINE})
        elif self._checked_at and (now - self._checked_at).total_seconds() < CHECK_EVERY_S:
            return
        self._checked_at = now
        own = {self._topics.gateway: health().payload(), self._topics.not_understood: self._not_understood}
        self._publish_changed(client, self._states.payloads(now) | own)

    def publish_offline(self, client: MqttClient) -> None:
        """Publish that the gateway stops."""
        if client.connected:
            client.publish(self._topics.availability, discovery.OFFLINE, retain=True).wait_for_publish(OFFLINE_TIMEOUT_S)

    def _publish_changed(self, client: MqttClient, messages: dict[str, bytes]) -> None:
        for topic, payload in messages.items():
            if self._published.get(topic) != payload:
                self._published[topic] = payload
                client.publish(topic, payload, retain=True)


def _version() -> str:
    """The version of this software, `unreleased` for a source tree that is not installed."""
    try:
        return version("smartwork")
    except PackageNotFoundError:
        return "unreleased"
