"""From device messages to readings: which registered device a topic belongs to, and which messages are repeats."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.adapters import generic
from edge.adapters.discovery import DISCOVERY_FILTERS, Declaration, declaration
from edge.adapters.event_time import MAX_AGE
from edge.adapters.families import ADAPTERS
from edge.adapters.message import DeviceMessage, IgnoredField
from edge.ignored_fields import IgnoredFields
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

REPEAT = timedelta(seconds=1)
"""An equal payload on the same topic within this time of the last one only repeats it."""
REFRESHES_PER_INTERVAL = 2
"""So many repeats in each reporting interval of a device still give readings: far more than its silence timeout needs."""
_CACHED_TOPICS = 5_000
_MOST_ZONES = 64
"""Values of zones that are kept for a device."""


class _LastMessage(NamedTuple):
    """The last message on a topic, when it arrived, and when a message on the topic last gave readings."""

    payload: bytes
    arrived: datetime
    used_at: datetime


class UnknownDevice(ValueError):  # noqa: N818 - the name says what it is
    """The topic belongs to no registered device."""


class Translator:
    """Finds the device of each message by the policy's registry and translates the message. Does no I/O.

    A device time older than `max_age` at arrival is ignored.
    """

    def __init__(
        self,
        devices: Sequence[DeviceEntry],
        timezone: str = "Europe/Brussels",
        max_age: timedelta = MAX_AGE,
        before: "Translator | None" = None,
    ) -> None:
        """With `before`, go on with what devices declared and with what was not understood under the previous registry."""
        self._max_age = max_age
        self._zone = ZoneInfo(timezone)
        self._entries: dict[tuple[Profile, str], list[DeviceEntry]] = {}
        for entry in devices:
            self._entries.setdefault((entry.profile, entry.address), []).append(entry)
        self._generic: dict[str, list[DeviceEntry]] = {}
        for entry in devices:
            for topic in generic.topics(entry):
                self._generic.setdefault(topic, []).append(entry)
        self._families = [profile for profile in Profile if any(entry.profile is profile for entry in devices)]
        self._entries_of_topic: dict[str, list[DeviceEntry]] = {}
        self.declared: dict[str, Declaration] = before.declared if before else {}
        self.zones: dict[str, dict[str, float | None]] = before.zones if before else {}
        self.ignored: IgnoredFields = before.ignored if before else IgnoredFields()
        self.ignored.keep_only(entry.device for entry in devices)
        self._last_message: dict[str, _LastMessage] = {}
        self._last_value: dict[tuple[str, int], tuple[int, float]] = {}

    @property
    def subscriptions(self) -> list[str]:
        """The topic filters of all registered devices, for the centre's broker."""
        filters = [
            topic
            for (profile, address) in self._entries
            if profile is not Profile.GENERIC
            for topic in ADAPTERS[profile].subscriptions(address)
        ] + list(self._generic)
        return filters + (list(DISCOVERY_FILTERS) if Profile.ESPHOME in self._families else [])

    def translate(self, topic: str, payload: bytes, arrived: datetime) -> list[Reading]:
        """The readings in a device's message; none if it only repeats the last one on its topic.

        Several devices may be registered with one address: each is a channel of it. A device that repeats itself without a
        pause still gives readings REFRESHES_PER_INTERVAL times in each of its reporting intervals, so that it does not
        count as silent. What is not understood is counted in `ignored`.

        Raises UnknownDevice, or ValueError with the reason if the message cannot be parsed.
        """
        if self.declare(topic, payload):
            return []
        entries = self._entries_of(topic)
        if not entries:
            raise UnknownDevice("the topic belongs to no registered device")
        if self._is_repeat(entries, topic, payload, arrived):
            return []
        return [reading for entry in entries for reading in self._translate(entry, topic, payload, arrived)]

    def _translate(self, entry: DeviceEntry, topic: str, payload: bytes, arrived: datetime) -> list[Reading]:
        declared = self.declared.get(topic)
        message = DeviceMessage(
            topic, payload, entry.device, entry.address, arrived, entry.model, self._zone, self._max_age,
            declared.device_class if declared else None, declared.unit if declared else None, entry.rules,
            self.zones.get(entry.device, {}),
        )  # fmt: skip
        try:
            translated = ADAPTERS[entry.profile].translate(message)
        except ValueError as error:
            sample = payload[:40].decode(errors="replace")
            self.ignored.add(entry.device, [IgnoredField("message", sample, str(error), is_fault=True)], arrived)
            raise
        self.ignored.add(entry.device, translated.ignored, arrived)
        if translated.zones is not None and len(translated.zones) <= _MOST_ZONES:
            self.zones[entry.device] = translated.zones
        return [reading for reading in translated.readings() if self._is_new(reading)]

    def declare(self, topic: str, payload: bytes) -> bool:
        """Whether a message declares what the values on a topic are; keeps that for the messages that follow."""
        declared = declaration(topic, payload)
        if declared is None:
            return False
        if len(self.declared) < _CACHED_TOPICS or declared.topic in self.declared:
            self.declared[declared.topic] = declared.completed_by(self.declared.get(declared.topic))
        return True

    def _entries_of(self, topic: str) -> list[DeviceEntry]:
        if topic not in self._entries_of_topic:
            if len(self._entries_of_topic) >= _CACHED_TOPICS:
                self._entries_of_topic.clear()
            addresses = ((family, ADAPTERS[family].address_of(topic)) for family in self._families)
            registered = (self._entries.get((family, address)) for family, address in addresses if address is not None)
            # A friendly name may look like a topic of Zigbee2MQTT itself; the registry knows better.
            named = self._entries.get((Profile.ZIGBEE2MQTT, topic))
            own = named or next((entries for entries in registered if entries), [])
            self._entries_of_topic[topic] = self._generic.get(topic) or own
        return self._entries_of_topic[topic]

    def _is_repeat(self, entries: list[DeviceEntry], topic: str, payload: bytes, arrived: datetime) -> bool:
        last = self._last_message.get(topic)
        refresh = timedelta(seconds=min(entry.interval_s for entry in entries) / REFRESHES_PER_INTERVAL)
        is_repeat = (
            last is not None
            and last.payload == payload
            and bool(payload)
            and timedelta(0) <= arrived - last.arrived < REPEAT
            and arrived - last.used_at < refresh
        )
        if last is None and len(self._last_message) >= _CACHED_TOPICS:
            self._last_message.clear()
        self._last_message[topic] = _LastMessage(payload, arrived, last.used_at if last and is_repeat else arrived)
        return is_repeat

    def _is_new(self, reading: Reading) -> bool:
        """Whether value or device time differ from the device's last reading of the metric. Arrival times always differ."""
        key, value = (reading.device, int(reading.metric)), (reading.at_ms, reading.value)
        if not reading.by_arrival and self._last_value.get(key) == value:
            return False
        self._last_value[key] = value
        return True
