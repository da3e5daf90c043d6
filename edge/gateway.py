"""The gateway of a centre: receives device messages, numbers and forwards readings, controls lights, applies policies."""

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from edge.alarms import AlarmReport, SensorHistory, light_alarms, outbox_alarm
from edge.discovered_devices import DeviceDiscovery, topic_filters
from edge.forwarder import Forwarder
from edge.handshake import Handshake
from edge.homeassistant.connection import open_connection
from edge.homeassistant.entity_states import GatewayHealth
from edge.homeassistant.publisher import EntityPublisher
from edge.light_control import LightControl
from edge.network import NetworkConnection
from edge.outbox import Outbox
from edge.outbox_file import OutboxFile
from edge.saved_policy import SavedPolicy
from edge.translator import Translator, UnknownDevice
from smartwork.contracts.base_topics import parse_base_topics
from smartwork.contracts.decode import Decoded, Rejected, decode
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.policy import Policy, PolicyApplied, Profile
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import GATEWAY, MessageType, Topic
from smartwork.health_server import Health
from smartwork.settings import EdgeSettings
from smartwork.transport.client_ids import private_client_id
from smartwork.transport.mqtt import Delivery, MqttClient

log = logging.getLogger("edge")

NAME = GATEWAY
"""The edge's name in topics. A second edge in the same centre would need another one."""
RECEIVED_AT_ONCE = 500
DEFAULT_TIMEZONE = "Europe/Brussels"
"""For local days until the first policy names the centre's time zone."""
TICK = timedelta(milliseconds=200)
LIGHT_MAX_AGE = timedelta(minutes=5)
"""Older readings, which a device sends late, are stored but switch no light."""


class Gateway:
    """Two MQTT clients, one on the centre's broker and one on the network's, and the outbox between them."""

    def __init__(
        self,
        settings: EdgeSettings,
        clock: Callable[[], datetime],
        network_clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`network_clock` times confirmations and resends; a simulated day runs only `clock` faster."""
        self._clock = clock
        self._centre = settings.centre
        # The network's broker carries the devices of other centres too; they are not discovered there.
        bases = parse_base_topics(settings.base_topics)
        self._discovery_filters = topic_filters(bases) if settings.centre_broker_url is not None else ()
        path, limit_bytes = Path(settings.outbox), settings.outbox_limit_mb * 1_000_000
        self._saved_policy = SavedPolicy(path, self._centre, clock)
        self._outbox_file = OutboxFile(path, self._centre, DEFAULT_TIMEZONE, limit_bytes, clock)
        self._outbox = self._outbox_file.open()
        self._network = NetworkConnection(settings.broker_url, self._centre, NAME, log.warning)
        topic = (self._centre, NAME)
        self._handshake = Handshake(
            self._network.client,
            self._outbox,
            topic,
            network_clock or clock,
            is_salvaging=lambda: self._outbox_file.is_salvaging,
        )
        self._forwarder = Forwarder(
            self._network.client, self._outbox, topic, network_clock or clock, handshake=self._handshake
        )
        self._entities = EntityPublisher(self._centre, clock)
        devices_url = settings.centre_broker_url or settings.broker_url
        self._devices = MqttClient(
            devices_url,
            private_client_id(f"edge-{self._centre}-devices", devices_url),
            session_s=3600,
            will=self._entities.will,
            on_connected=self._entities.republish,
            report=log.warning,
        )
        self._home_assistant = open_connection(settings, log.warning)
        self._lights = LightControl(self._devices, self._home_assistant, self._outbox, clock())
        self._translator = Translator([])
        self._sensor_history = SensorHistory()
        self._alarm_report = AlarmReport()
        self._discovered = DeviceDiscovery(bases)
        self._policy_version = 0
        self._timezone = DEFAULT_TIMEZONE
        self._ticked_at = clock()
        self.health = Health(
            {"network broker": lambda: self._network.connected, "centre's broker": lambda: self._devices.connected}
        )

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Work until `should_stop` returns True. A device's message is acknowledged when its readings are on disk."""
        self._devices.subscribe(self._discovery_filters)
        self._apply_saved_policy()
        self._network.client.start()
        self._devices.start()
        if self._home_assistant:
            self._home_assistant.start()
        log.info("edge %s is listening, epoch %s", self._centre, self._outbox.epoch)
        try:
            while not should_stop():
                try:
                    self._work()
                except sqlite3.DatabaseError as error:
                    self._replace_outbox(error)
        finally:
            self._stop()

    def _work(self) -> None:
        """One round of the main loop. Raises sqlite3.DatabaseError if the outbox fails."""
        self.health.heartbeat()
        self._tick()
        self._handle_device_messages(self._devices.receive(RECEIVED_AT_ONCE, timeout_s=0.05))
        self._handle_network_messages(self._network.client.receive(RECEIVED_AT_ONCE, timeout_s=0.0))
        self._read_home_assistant()
        self._network.stay_away(self._handshake.should_be_absent)
        self._forwarder.publish_batches()
        self._entities.publish_pending(self._devices, self._health)
        self._use(self._outbox_file.work(self._outbox))

    def _replace_outbox(self, error: sqlite3.DatabaseError) -> None:
        self._use(self._outbox_file.replace(self._outbox, error))

    def _use(self, outbox: Outbox) -> None:
        """Number and forward readings with this outbox from now on."""
        if outbox is not self._outbox:
            self._outbox = outbox
            outbox.set_timezone(self._timezone)
            self._handshake.use(outbox)
            self._forwarder.use(outbox)
            self._lights.use(outbox, self._clock())

    def _stop(self) -> None:
        self._lights.save(self._clock())
        if self._home_assistant:
            self._home_assistant.stop()
        if self._network.connected:
            with suppress(sqlite3.DatabaseError):
                self._forwarder.publish_ledger()
            self._network.publish_offline(timeout_s=2)
        self._entities.publish_offline(self._devices)
        self._devices.stop()
        self._network.client.stop()
        self._outbox_file.close(self._outbox)

    def _handle_device_messages(self, deliveries: Sequence[Delivery]) -> None:
        """Store the readings in messages on the centre's broker, then acknowledge these."""
        readings: list[Reading] = []
        recorded: list[Delivery] = []
        for delivery in deliveries:
            is_home_assistants, command = self._entities.handle(self._devices, delivery)
            if command:
                self._lights.handle_entity_command(command, self._clock())
            if is_home_assistants:
                continue
            if delivery.retained:  # an old state, not a new observation; but what a device declares of itself is retained
                self._translator.declare(delivery.topic, delivery.payload)
                continue
            found = self._handle_device_message(delivery.topic, delivery.payload)
            # A message that is delivered again may not have switched a light yet, but its readings count once.
            if not self._outbox.recorded.has(delivery) and found:
                readings += found
                recorded.append(delivery)
        self._store(readings, recorded)
        self._devices.acknowledge(deliveries)

    def _read_home_assistant(self) -> None:
        """Store the readings in states that Home Assistant's API sent, as if statestream had published them."""
        readings: list[Reading] = []
        for state in self._home_assistant.receive() if self._home_assistant else ():
            domain, _, object_id = str(state["entity_id"]).partition(".")
            readings += self._handle_device_message(f"homeassistant/{domain}/{object_id}/state", json.dumps(state).encode())
        self._store(readings)

    def _handle_device_message(self, topic: str, payload: bytes) -> list[Reading]:
        """The readings in a device's message. Lights are switched first: a person should not wait for the disk."""
        now = self._clock()
        try:
            readings = self._translator.translate(topic, payload, now)
        except UnknownDevice:
            self._discovered.add(topic, now)
            return []
        except ValueError as error:
            log.warning("message on %s ignored: %s", topic[:100], error)
            return []
        recent = [reading for reading in readings if _is_recent(reading, now)]
        self._lights.handle_readings(recent, now)
        self._sensor_history.add(recent, now)
        return readings

    def _store(self, readings: Sequence[Reading], messages: Sequence[Delivery] = ()) -> None:
        """Append readings, and the messages that they come from, to the outbox; then show them in Home Assistant."""
        if readings:
            try:
                self._outbox.append(readings, unsealed=not self._forwarder.is_open, messages=messages)
            except sqlite3.DatabaseError as error:
                self._replace_outbox(error)
                self._outbox.append(readings, unsealed=not self._forwarder.is_open, messages=messages)
            self._entities.publish_readings(self._devices, readings)

    def _handle_network_messages(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        self._handshake.handle_answers(deliveries)
        self._forwarder.handle_confirmations(deliveries)
        for delivery in deliveries:
            if delivery.topic == self._network.policy_topic:
                self._handle_policy(delivery)
            elif not delivery.retained:
                self._handle_command(delivery)
        self._network.client.acknowledge(deliveries)

    def _handle_policy(self, delivery: Delivery) -> None:
        """Apply a newer policy, or refuse an invalid one; the answer names the version in force and the reason."""
        refused = None
        match decode(delivery.topic, delivery.payload):
            case Rejected(_, reason):
                refused = reason
            case Decoded(_, Policy() as policy) if policy.version > self._policy_version:
                self._apply(policy)
                self._save_policy(policy)
            case _:
                return
        self._network.publish(MessageType.POLICY_APPLIED, PolicyApplied(version=self._policy_version, refused=refused))
        log.info("policy %d is in force%s", self._policy_version, f"; refused: {refused}" if refused else "")

    def _handle_command(self, delivery: Delivery) -> None:
        """Carry out a person's light command from the network."""
        match decode(delivery.topic, delivery.payload):
            case Decoded(Topic(name=str(target)), LightCommand() as command):
                self._lights.handle_command(target, command, self._clock())
            case Rejected(topic, reason):
                log.warning("message on %s ignored: %s", topic[:100], reason)

    def _apply_saved_policy(self) -> None:
        """Apply the policy that was in force last, without waiting for the network; else wait for the network's."""
        in_outbox = None
        with suppress(sqlite3.DatabaseError):
            in_outbox = self._outbox.load("policy")
        if (policy := self._saved_policy.load(in_outbox)) is not None:
            self._apply(policy)
            self._save_policy(policy)

    def _save_policy(self, policy: Policy) -> None:
        """Save the policy in a file, and a copy of it in the outbox."""
        self._saved_policy.save(policy)
        with suppress(sqlite3.DatabaseError):
            self._outbox.save("policy", policy.model_dump_json())

    def _apply(self, policy: Policy) -> None:
        self._policy_version = policy.version
        self._lights.apply(policy, self._clock())
        self._sensor_history.apply(policy, self._lights.zones.values(), self._clock())
        self._discovered.clear()
        self._translator = Translator(policy.devices, policy.timezone, before=self._translator)
        self._timezone = policy.timezone
        self._outbox.set_timezone(policy.timezone)
        self._entities.apply(policy)
        self._devices.subscribe([*self._translator.subscriptions, *self._entities.subscriptions, *self._discovery_filters])
        if self._home_assistant:
            entities = (entry.address for entry in policy.devices if entry.profile is Profile.HOMEASSISTANT)
            self._home_assistant.watch([address.replace("/", ".", 1) for address in entities])

    def _tick(self) -> None:
        """Every TICK: run the lights' timers, and publish alarms and discovered devices if these reports are due."""
        now = self._clock()
        if timedelta(0) <= now - self._ticked_at < TICK:
            return
        self._ticked_at = now
        self._lights.tick(now)
        if self._network.connected:
            self._network.repeat_status()
            self._publish_reports(now)

    def _publish_reports(self, now: datetime) -> None:
        alarms = [*light_alarms(self._lights.zones), *self._sensor_history.alarms(now), *self._translator.ignored.alarms(now)]
        alarms += [*self._outbox_file.alarms(), *self._saved_policy.alarms()]
        if self._outbox.full:
            alarms.insert(0, outbox_alarm(now))
        if (report := self._alarm_report.pending_report(alarms, now)) is not None:
            self._network.publish(MessageType.ALARMS, report)
        began, ended = self._alarm_report.changes(alarms)
        for alarm in began:
            log.warning("alarm: %s", alarm.says)
        for alarm in ended:
            log.info("alarm ended: %s", alarm.says)
        if (discovered := self._discovered.pending_report(now)) is not None:
            self._network.publish(MessageType.DISCOVERED_DEVICES, discovered)
        if (not_understood := self._translator.ignored.pending_report(now)) is not None:
            self._network.publish(MessageType.NOT_UNDERSTOOD, not_understood)
            self._entities.show_not_understood(not_understood)

    def _health(self) -> GatewayHealth:
        return GatewayHealth(
            self._network.connected, self._outbox.depth(), self._forwarder.confirmed_at, self._policy_version
        )


def _is_recent(reading: Reading, now: datetime) -> bool:
    return now.timestamp() * 1000 - reading.at_ms < LIGHT_MAX_AGE.total_seconds() * 1000
