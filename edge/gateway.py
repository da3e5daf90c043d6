"""The centre's gateway: devices in, numbered batches out, on its own when the network is away."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from edge.adapters import COMMANDS
from edge.forward import Forwarder
from edge.homeassistant.announce import Announcer
from edge.homeassistant.link import Link, open_link
from edge.homeassistant.view import Health, Wish
from edge.outbox import Outbox
from edge.translate import Translator
from smartwork.contracts.decode import Decoded, Rejected, decode
from smartwork.contracts.messages import Status
from smartwork.contracts.policy import DeviceEntry, Policy, PolicyApplied, Profile
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import Leaf, Topic
from smartwork.settings import EdgeSettings
from smartwork.transport.mqtt import Client, Delivery, Message

log = logging.getLogger("edge")

NAME = "gateway"
"""What the edge of a centre is called; a second one in the same centre would need another name."""
SESSION_S = 7 * 86_400
AT_ONCE = 500
DEFAULT_ZONE = "Europe/Brussels"


class Gateway:
    """One edge: a client on the centre's broker, a client on the network's, and the outbox between them."""

    def __init__(self, settings: EdgeSettings, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._centre = settings.centre
        self._outbox = Outbox(Path(settings.outbox), DEFAULT_ZONE, limit_bytes=settings.outbox_limit_mb * 1_000_000)
        self._status = str(Topic(self._centre, Leaf.STATUS, NAME))
        self._policy_topic = str(Topic(self._centre, Leaf.POLICY))
        self._version = 0
        self._translator = Translator([])
        self._registry: tuple[DeviceEntry, ...] = ()
        confirmations = str(Topic(self._centre, Leaf.CONFIRMED, NAME))
        self._network = Client(
            settings.broker_url,
            f"edge-{self._centre}",
            subscriptions=[self._policy_topic, confirmations],
            session_s=SESSION_S,
            will=Message(self._status, Status(state="offline").model_dump_json().encode(), retain=True),
            on_connected=self._say_online,
            say=log.warning,
        )
        self._home = Announcer(self._centre, clock)
        self._link: Link | None = open_link(settings, log.warning)
        self._devices = Client(
            settings.centre_broker_url or settings.broker_url,
            f"edge-{self._centre}-devices",
            session_s=3600,
            will=self._home.will,
            on_connected=self._home.anew,
            say=log.warning,
        )
        self._forwarder = Forwarder(self._network, self._outbox, self._centre, NAME, clock)

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Work until `should_stop`. What was taken from a device is on disk before it is acknowledged."""
        if (kept := self._outbox.recall("policy")) is not None:
            self._apply(Policy.model_validate_json(kept))
        self._network.start()
        self._devices.start()
        if self._link:
            self._link.start()
        log.info("edge %s is listening, epoch %s", self._centre, self._outbox.epoch)
        try:
            while not should_stop():
                self._take(self._devices.receive(AT_ONCE, patience_s=0.05))
                self._hear(self._network.receive(AT_ONCE, patience_s=0.0))
                self._ask_home_assistant()
                self._forwarder.push()
                self._home.turn(self._devices, self._health)
        finally:
            if self._link:
                self._link.stop()
            if self._network.connected:
                self._forwarder.report_now()
                self._network.publish(
                    self._status, Status(state="offline").model_dump_json().encode(), retain=True
                ).wait_for_publish(2)
            self._home.leave(self._devices)
            self._devices.stop()
            self._network.stop()
            self._outbox.close()

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        """Number and keep what devices said, then acknowledge it."""
        readings: list[Reading] = []
        for delivery in deliveries:
            ours, wish = self._home.hear(self._devices, delivery)
            if wish:
                self._obey(wish)
            if ours or delivery.retained:  # said before we listened: a memory of the broker, not a new observation
                continue
            readings += self._translated(delivery.topic, delivery.payload)
        self._keep(readings)
        self._devices.acknowledge(deliveries)

    def _ask_home_assistant(self) -> None:
        """Take what only Home Assistant knows, as its entities' states."""
        readings: list[Reading] = []
        for state in self._link.receive() if self._link else ():
            domain, _, name = str(state["entity_id"]).partition(".")
            readings += self._translated(f"homeassistant/{domain}/{name}/state", json.dumps(state).encode())
        self._keep(readings)

    def _translated(self, topic: str, payload: bytes) -> list[Reading]:
        try:
            return self._translator.translate(topic, payload, self._clock())
        except ValueError as why:
            log.warning("not understood on %s: %s", topic[:100], why)
            return []

    def _keep(self, readings: Sequence[Reading]) -> None:
        """Number the readings, and show them in Home Assistant."""
        if readings:
            was_full = self._outbox.full
            self._outbox.append(readings, linger=not self._network.connected)
            if self._outbox.full is not was_full:
                log.error("the outbox is full: only presence is kept" if self._outbox.full else "the outbox has room again")
            self._home.see(self._devices, readings)

    def _obey(self, wish: Wish) -> None:
        """Do what a person wants of a lamp."""
        lamp = next((entry for entry in self._registry if entry.device == wish.device and entry.role == "light"), None)
        if lamp is None:
            log.warning("Home Assistant asks for %s, which is no light of the registry", wish.device[:48])
            return
        level = 1.0 if wish.level is None else wish.level
        self._command(lamp, level)

    def _command(self, lamp: DeviceEntry, level: float, ramp_s: float = 0.0) -> None:
        """Tell a lamp in its own dialect, over the centre's broker or through Home Assistant."""
        if (speak := COMMANDS.get(lamp.profile)) is None:
            log.warning("%s cannot be told anything: a light of profile %s is only heard", lamp.device, lamp.profile)
            return
        for topic, payload in speak(lamp, level > 0, level if level > 0 else None, ramp_s):
            if lamp.profile is not Profile.HOMEASSISTANT:
                self._devices.publish(topic, payload)
            elif self._link:
                self._link.call(topic, payload)
            else:
                log.warning("%s is reached through Home Assistant alone; SMARTWORK_HOMEASSISTANT_URL is not set", lamp.device)

    def _health(self) -> Health:
        return Health(self._network.connected, self._outbox.depth(), self._forwarder.confirmed_at, self._version)

    def _hear(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        self._forwarder.heard(deliveries)
        for delivery in deliveries:
            if delivery.topic == self._policy_topic:
                self._consider(delivery)
        self._network.acknowledge(deliveries)

    def _consider(self, delivery: Delivery) -> None:
        """Put a newer policy in force, or refuse it with its reason and keep the old one."""
        refused = None
        match decode(delivery.topic, delivery.payload):
            case Rejected(_, reason):
                refused = reason
            case Decoded(_, Policy() as policy) if policy.version > self._version:
                self._outbox.remember("policy", policy.model_dump_json())
                self._apply(policy)
            case _:
                return
        applied = PolicyApplied(version=self._version, refused=refused)
        topic = Topic(self._centre, Leaf.POLICY_APPLIED, NAME)
        self._network.publish(str(topic), applied.model_dump_json().encode(), retain=True)
        log.info("policy %d is in force%s", self._version, f"; refused: {refused}" if refused else "")

    def _apply(self, policy: Policy) -> None:
        self._version = policy.version
        self._translator = Translator(policy.devices, policy.timezone)
        self._outbox.set_timezone(policy.timezone)
        self._registry = tuple(policy.devices)
        self._home.apply(policy)
        self._devices.subscribe([*self._translator.topics, *self._home.subscriptions])
        if self._link:
            known = [entry.address for entry in policy.devices if entry.profile is Profile.HOMEASSISTANT]
            self._link.watch([address.replace("/", ".", 1) for address in known])

    def _say_online(self) -> None:
        self._network.publish(self._status, Status(state="online").model_dump_json().encode(), retain=True)
