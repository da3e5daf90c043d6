"""The shell around discovery: keeps Home Assistant told, over the centre's own broker."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from edge.homeassistant import discovery
from edge.homeassistant.entity_states import Health, View, Wish
from smartwork.contracts.policy import Policy
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Client, Delivery, Message

log = logging.getLogger("edge")

EVERY_S = 1.0
"""How often is looked whether something fell silent, or the gateway's health changed."""


class Announcer:
    """Says configurations and states, and takes a person's wishes. One loop calls it; only `anew` may come from others."""

    def __init__(self, centre: str, clock: Callable[[], datetime]) -> None:
        self._centre = centre
        self._clock = clock
        self._topics = discovery.Topics(centre)
        self._version = _version()
        self._configs: dict[str, bytes] | None = None
        self._view = View(centre)
        self._retained: dict[str, bytes] = {}
        self._anew = True
        self._looked_at: datetime | None = None
        self.subscriptions = [discovery.STATUS, discovery.CONFIGS, self._topics.commands]
        self.will = Message(self._topics.availability, discovery.OFFLINE, retain=True)

    def apply(self, policy: Policy) -> None:
        """From now on this registry is shown."""
        view = View(self._centre, policy.devices)
        view.inherit(self._view)
        self._view = view
        self._configs = discovery.configs(self._centre, policy.devices, self._version)
        self._anew = True

    def anew(self) -> None:
        """Say everything again at the next turn: the broker was away, or Home Assistant was."""
        self._anew = True

    def hear(self, client: Client, delivery: Delivery) -> tuple[bool, Wish | None]:
        """Whether a message is Home Assistant's, so nobody else's; and what a person wants by it."""
        topic = delivery.topic
        if topic == discovery.STATUS:
            if delivery.payload == discovery.ONLINE:
                self.anew()
            return True, None
        if topic.startswith("homeassistant/device/"):
            self._forget(client, topic, delivery.payload)
            return True, None
        device = self._topics.commanded(topic)
        if device is None:
            return False, None
        if delivery.retained:  # somebody's wish of long ago
            return True, None
        try:
            return True, Wish.parse(device, delivery.payload)
        except ValueError as why:
            log.warning("not understood on %s: %s", topic[:100], why)
            return True, None

    def _forget(self, client: Client, topic: str, payload: bytes) -> None:
        """Remove what this centre announced once and has no longer."""
        announced = payload and topic.startswith(discovery.config_prefix(self._centre))
        if announced and self._configs is not None and topic not in self._configs:
            client.publish(topic, b"", retain=True)

    def see(self, client: Client, readings: Sequence[Reading]) -> None:
        """Show what changed by these readings."""
        touched = self._view.hear(readings)
        if touched and client.connected and not self._anew:
            self._say(client, self._view.states(self._clock(), touched))

    def turn(self, client: Client, health: Callable[[], Health]) -> None:
        """Say what is due: everything where it must be said anew, else what fell silent and how the gateway is."""
        now = self._clock()
        if not client.connected:
            return
        if self._anew:
            self._anew = False
            self._retained.clear()
            self._say(client, (self._configs or {}) | {self._topics.availability: discovery.ONLINE})
        elif self._looked_at and (now - self._looked_at).total_seconds() < EVERY_S:
            return
        self._looked_at = now
        self._say(client, self._view.states(now) | {self._topics.gateway: health().payload()})

    def leave(self, client: Client) -> None:
        """Say that the gateway ends, in order."""
        if client.connected:
            client.publish(self._topics.availability, discovery.OFFLINE, retain=True).wait_for_publish(2)

    def _say(self, client: Client, messages: dict[str, bytes]) -> None:
        for topic, payload in messages.items():
            if self._retained.get(topic) != payload:
                self._retained[topic] = payload
                client.publish(topic, payload, retain=True)


def _version() -> str:
    """The version of this software; a checkout that is not installed has none."""
    try:
        return version("smartwork")
    except PackageNotFoundError:
        return "unreleased"
