"""The centre's gateway: devices in, numbered batches out, on its own when the network is away."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from edge.adapters.families import COMMANDS
from edge.adapters.guess import LISTEN
from edge.forwarder import Forwarder
from edge.homeassistant.connection import Link, open_link
from edge.homeassistant.entity_states import Health, Wish
from edge.homeassistant.publisher import Announcer
from edge.light_devices import Message as LampMessage
from edge.outbox import Outbox
from edge.reports import AlarmReport, SeenReport
from edge.translator import Translator, UnknownDevice
from edge.zone_lights import Lights
from smartwork.contracts.decode import Decoded, Rejected, decode
from smartwork.contracts.edge_reports import Alarm, LightCommand
from smartwork.contracts.messages import Status, WireModel
from smartwork.contracts.policy import DeviceEntry, Policy, PolicyApplied, Profile
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import MessageType, Topic
from smartwork.settings import EdgeSettings
from smartwork.transport.mqtt import Client, Delivery, Message

log = logging.getLogger("edge")

NAME = "gateway"
"""What the edge of a centre is called; a second one in the same centre would need another name."""
SESSION_S = 7 * 86_400
AT_ONCE = 500
DEFAULT_ZONE = "Europe/Brussels"
TICK = timedelta(milliseconds=200)
KEEP_LIGHTS = timedelta(seconds=30)
OLD_NEWS = timedelta(minutes=5)
"""What a device saw longer ago, and only tells now, is history: it is stored, and switches no light."""


class Gateway:
    """One edge: a client on the centre's broker, a client on the network's, and the outbox between them."""

    def __init__(
        self,
        settings: EdgeSettings,
        clock: Callable[[], datetime],
        network_clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`network_clock` measures patience with the network; a simulated day has one of its own in the house."""
        self._clock = clock
        self._centre = settings.centre
        self._outbox = Outbox(Path(settings.outbox), DEFAULT_ZONE, limit_bytes=settings.outbox_limit_mb * 1_000_000)
        self._status = str(Topic(self._centre, MessageType.STATUS, NAME))
        self._policy_topic = str(Topic(self._centre, MessageType.POLICY))
        self._version = 0
        self._translator = Translator([])
        self._registry: tuple[DeviceEntry, ...] = ()
        self._lights = Lights()
        self._alarms = AlarmReport()
        self._seen = SeenReport()
        self._has_own_broker = settings.centre_broker_url is not None
        self._ticked_at = self._kept_at = clock()
        confirmations = str(Topic(self._centre, MessageType.CONFIRMED, NAME))
        self._network = Client(
            settings.broker_url,
            f"edge-{self._centre}",
            subscriptions=[self._policy_topic, confirmations, str(Topic(self._centre, MessageType.COMMAND, "+"))],
            session_s=SESSION_S,
            will=Message(self._status, Status(state="offline").model_dump_json().encode(), retain=True),
            on_connected=self._say_online,
            report=log.warning,
        )
        self._home = Announcer(self._centre, clock)
        self._link: Link | None = open_link(settings, log.warning)
        self._devices = Client(
            settings.centre_broker_url or settings.broker_url,
            f"edge-{self._centre}-devices",
            session_s=3600,
            will=self._home.will,
            on_connected=self._home.anew,
            report=log.warning,
        )
        self._forwarder = Forwarder(self._network, self._outbox, self._centre, NAME, network_clock or clock)

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Work until `should_stop`. What was taken from a device is on disk before it is acknowledged."""
        self._apply_kept()
        self._network.start()
        self._devices.start()
        if self._link:
            self._link.start()
        log.info("edge %s is listening, epoch %s", self._centre, self._outbox.epoch)
        try:
            while not should_stop():
                self._take(self._devices.receive(AT_ONCE, timeout_s=0.05))
                self._hear(self._network.receive(AT_ONCE, timeout_s=0.0))
                self._ask_home_assistant()
                self._forwarder.publish_batches()
                self._home.turn(self._devices, self._health)
                self._tick()
        finally:
            self._keep_lights()
            if self._link:
                self._link.stop()
            if self._network.connected:
                self._forwarder.publish_ledger()
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
                self._wish(wish)
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
        """The readings in a device's message, after the lights have had them: a person should not wait for a disk."""
        now = self._clock()
        try:
            found = self._translator.translate(topic, payload, now)
        except UnknownDevice:
            self._seen.note(topic, now)
            return []
        except ValueError as why:
            log.warning("not understood on %s: %s", topic[:100], why)
            return []
        self._light(self._lights.heard([reading for reading in found if _is_news(reading, now)], now))
        return found

    def _keep(self, readings: Sequence[Reading]) -> None:
        """Number the readings, and show them in Home Assistant."""
        if readings:
            self._outbox.append(readings, unsealed=not self._network.connected)
            self._home.see(self._devices, readings)

    def _wish(self, wish: Wish) -> None:
        """Do what a person wants of a lamp in Home Assistant: an override of its zone, where the zone is lit by us."""
        lamp = next((entry for entry in self._registry if entry.device == wish.device and entry.role == "light"), None)
        if lamp is None:
            log.warning("Home Assistant asks for %s, which is no light of the registry", wish.device[:48])
            return
        level = self._lights.level(lamp.device) if wish.level is None else wish.level
        if self._lights.lights(lamp.device):
            self._light(self._lights.ordered(lamp.device, LightCommand(level=level), self._clock()))
            self._keep_lights()
        elif (speak := COMMANDS.get(lamp.profile)) is not None:
            orders = speak(lamp, level, 0.0)
            self._light([LampMessage(topic, payload, lamp.profile) for topic, payload in orders])
        else:
            log.warning("%s cannot be told anything: a light of profile %s is only heard", lamp.device, lamp.profile)

    def _health(self) -> Health:
        return Health(self._network.connected, self._outbox.depth(), self._forwarder.confirmed_at, self._version)

    def _hear(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        self._forwarder.handle_confirmations(deliveries)
        for delivery in deliveries:
            if delivery.topic == self._policy_topic:
                self._consider(delivery)
            elif not delivery.retained:
                self._obey(delivery)
        self._network.acknowledge(deliveries)

    def _consider(self, delivery: Delivery) -> None:
        """Put a newer policy in force, or refuse it with its reason and keep the old one."""
        refused = None
        match decode(delivery.topic, delivery.payload):
            case Rejected(_, reason):
                refused = reason
            case Decoded(_, Policy() as policy) if policy.version > self._version:
                self._outbox.save("policy", policy.model_dump_json())
                self._apply(policy)
            case _:
                return
        applied = PolicyApplied(version=self._version, refused=refused)
        topic = Topic(self._centre, MessageType.POLICY_APPLIED, NAME)
        self._network.publish(str(topic), applied.model_dump_json().encode(), retain=True)
        log.info("policy %d is in force%s", self._version, f"; refused: {refused}" if refused else "")

    def _obey(self, delivery: Delivery) -> None:
        """A person wants another light, from afar."""
        match decode(delivery.topic, delivery.payload):
            case Decoded(Topic(name=str(light)), LightCommand() as order):
                self._light(self._lights.ordered(light, order, self._clock()))
                self._keep_lights()
            case Rejected(topic, reason):
                log.warning("not understood on %s: %s", topic[:100], reason)

    def _apply_kept(self) -> None:
        """The policy that was in force last; one that this version refuses is left for the network to send anew."""
        kept = self._outbox.load("policy")
        if kept is None:
            return
        try:
            self._apply(Policy.model_validate_json(kept))
        except ValidationError as why:
            log.warning("the policy kept on disk is not understood; waiting for a new one: %s", why.errors()[0]["msg"])

    def _apply(self, policy: Policy) -> None:
        self._version = policy.version
        self._lights = Lights.of(policy, self._clock(), self._lights, self._outbox.load("lights"))
        self._seen.forget()
        self._translator = Translator(policy.devices, policy.timezone)
        self._outbox.set_timezone(policy.timezone)
        self._registry = tuple(policy.devices)
        self._home.apply(policy)
        everything = LISTEN if self._has_own_broker else ()
        self._devices.subscribe([*self._translator.topics, *self._home.subscriptions, *everything])
        if self._link:
            known = [entry.address for entry in policy.devices if entry.profile is Profile.HOMEASSISTANT]
            self._link.watch([address.replace("/", ".", 1) for address in known])

    def _tick(self) -> None:
        """What time alone brings: light that ends, lamps told again, news of the house, and what must outlive a restart."""
        now = self._clock()
        if timedelta(0) <= now - self._ticked_at < TICK:
            return
        self._ticked_at = now
        self._light(self._lights.tick(now))
        alarms = self._lights.alarms(now)
        if self._outbox.full:
            says = "the outbox has no room left: only presence is kept, what is dropped shows as missing in the ledger"
            alarms.insert(0, Alarm(kind="outbox_full", since_ms=round(now.timestamp() * 1000), says=says))
        if self._network.connected:
            if (news := self._alarms.news(alarms, now)) is not None:
                self._say(MessageType.ALARMS, news)
                for alarm in news.alarms:
                    log.warning("%s", alarm.says)
            if (seen := self._seen.news(now)) is not None:
                self._say(MessageType.DISCOVERED_DEVICES, seen)
        if now - self._kept_at >= KEEP_LIGHTS:
            self._keep_lights()

    def _say(self, message_type: MessageType, message: WireModel) -> None:
        self._network.publish(str(Topic(self._centre, message_type, NAME)), message.model_dump_json().encode(), retain=True)

    def _light(self, messages: Sequence[LampMessage]) -> None:
        """Tell lamps, over the centre's broker or through Home Assistant."""
        for message in messages:
            if message.profile is not Profile.HOMEASSISTANT:
                self._devices.publish(message.topic, message.payload)
            elif self._link:
                self._link.call(message.topic, message.payload)
            else:
                log.warning("a light is reached through Home Assistant alone; SMARTWORK_HOMEASSISTANT_URL is not set")

    def _keep_lights(self) -> None:
        self._kept_at = self._clock()
        if self._lights.zones:
            self._outbox.save("lights", json.dumps(self._lights.remembered()))

    def _say_online(self) -> None:
        self._network.publish(self._status, Status(state="online").model_dump_json().encode(), retain=True)


def _is_news(reading: Reading, now: datetime) -> bool:
    return now.timestamp() * 1000 - reading.at_ms < OLD_NEWS.total_seconds() * 1000
