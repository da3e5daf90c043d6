"""A message of a device, the readings in it, and the fields that gave none, with the reason."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.adapters.event_time import MAX_AGE, EventTime, arrival_time, choose_event_time, parse_time
from edge.adapters.values import Convert, child, text_of, truth
from smartwork.contracts.generic_rules import GenericRules
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

NOT_UNDERSTOOD = "is not understood"
_SHOWN = 40
"""A value is shown with at most so many characters."""


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message of a registered device, when it arrived, and what the registry says about the device.

    A device time older than `max_age` at arrival is ignored; None accepts any. `device_class` and `unit` are what the device
    declared of the topic when it announced itself (MQTT discovery), None if it did not. `rules` say how a device of the
    family generic is read. `zones` are the last values of a device that reports changes of single zones, by name.
    """

    topic: str
    payload: bytes
    device: str
    address: str
    arrived: datetime
    model: str | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    max_age: timedelta | None = MAX_AGE
    device_class: str | None = None
    unit: str | None = None
    rules: GenericRules | None = None
    zones: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UsedField:
    """A field that gave a reading."""

    name: str
    metric: Metric
    value: float


@dataclass(frozen=True, slots=True)
class IgnoredField:
    """A field that gave no reading, its value as text, and why.

    `is_fault` is true if the field should have given one: its name is known and its value is not understood. A field that
    is none of ours, such as a setting, is no fault.
    """

    name: str
    value: str
    reason: str
    is_fault: bool


@dataclass(slots=True)
class MessageReadings:
    """The readings of one message: one for each metric, the first one found counts.

    A field whose value is not understood is ignored; the others count. `zones` are the values of all zones after the message,
    for the next one; None if it says nothing of zones.
    """

    message: DeviceMessage
    event_time: EventTime
    by_metric: dict[Metric, Reading] = field(default_factory=dict)
    used: list[UsedField] = field(default_factory=list)
    ignored: list[IgnoredField] = field(default_factory=list)
    zones: dict[str, float | None] | None = None

    @classmethod
    def at_arrival(cls, message: DeviceMessage) -> "MessageReadings":
        """No readings yet; their time is the message's arrival, because the message carries none."""
        return cls(message, arrival_time(message.arrived))

    @classmethod
    def at(cls, message: DeviceMessage, raw: object, name: str, zone: ZoneInfo | None = None) -> "MessageReadings":
        """No readings yet; their time is `raw`, the field `name`, if it is a plausible time, else the arrival.

        A text without an offset is local time in `zone`. A time that is not used is an ignored field.
        """
        try:
            claimed = parse_time(raw, name, zone, message.arrived)
        except ValueError:
            readings = cls.at_arrival(message)
            readings.ignore(name, raw, "is no time with an offset from UTC: the time of arrival counts")
            return readings
        is_local = zone is not None and isinstance(raw, str) and claimed is not None and _has_no_offset(raw)
        event_time, reason = choose_event_time(claimed, message.arrived, message.max_age, is_local=is_local)
        readings = cls(message, event_time)
        if reason is not None:
            readings.ignore(name, raw, reason)
        return readings

    def add_field(self, source: dict[str, object], name: str, metric: Metric, convert: Convert) -> None:
        """Add `source[name]` as `metric` if the field is present and not null; ignore it if `convert` returns None for it."""
        raw = source.get(name)
        if raw is not None:
            self.add(metric, convert(raw), name, raw)

    def add(self, metric: Metric, value: float | None, name: str, raw: object) -> None:
        """Add one value, the field `name` with the content `raw`; the field is ignored if the value is no finite number."""
        if value is None or not math.isfinite(value):
            self.ignore(name, raw, NOT_UNDERSTOOD)
        elif metric in self.by_metric:
            self.ignore(name, raw, f"{metric.label} is already known from another field", is_fault=False)
        else:
            self.by_metric[metric] = Reading(
                self.event_time.ms, self.message.device, metric, value, by_arrival=self.event_time.is_arrival
            )
            self.used.append(UsedField(name, metric, value))

    def add_presence_of_zones(self, zones: Mapping[str, object]) -> None:
        """Add presence in any of the zones, by the names of their fields, unless it is known as a whole.

        A zone that is not understood may be occupied: nobody is there only if all zones say so.
        """
        if zones and Metric.PRESENCE not in self.by_metric:
            values = {truth(value) for value in zones.values()}
            any_zone = 1.0 if 1.0 in values else None if None in values else 0.0
            self.add(Metric.PRESENCE, any_zone, " + ".join(zones), list(zones.values()))

    def ignore(self, name: str, raw: object, reason: str, *, is_fault: bool = True) -> None:
        """Note that the field `name` with the content `raw` gave no reading."""
        self.ignored.append(IgnoredField(_as_text(name), _as_text(raw)[:_SHOWN], reason, is_fault))

    def remove(self, metric: Metric) -> None:
        """Take back the reading of a metric, if there is one."""
        self.by_metric.pop(metric, None)
        self.used = [used for used in self.used if used.metric is not metric]

    def object_in(self, parent: dict[str, object], name: str) -> dict[str, object]:
        """The object in `parent[name]`; empty, and the field ignored, if it is something else."""
        try:
            return child(parent, name)
        except ValueError:
            self.ignore(name, parent[name], "is no object")
            return {}

    def readings(self) -> list[Reading]:
        """The readings, in the order in which they were added."""
        return list(self.by_metric.values())


def no_readings(message: DeviceMessage, name: str, reason: str, *, is_fault: bool = False) -> MessageReadings:
    """A message that gives no reading, for `reason`."""
    readings = MessageReadings.at_arrival(message)
    readings.ignore(name, text_of(message.payload), reason, is_fault=is_fault)
    return readings


def word_reading(message: DeviceMessage, metric: Metric, values: dict[str, float], name: str) -> MessageReadings:
    """The reading of a payload that is a single word, such as `online`, at arrival time. `values` has lower-case words."""
    word = text_of(message.payload)
    readings = MessageReadings.at_arrival(message)
    readings.add(metric, values.get(word.lower()), name, word)
    return readings


def _as_text(value: object) -> str:
    """`value` as text that can be sent and shown: JSON may hold half a surrogate pair, or controls of a terminal."""
    return "".join(character if character.isprintable() else "�" for character in str(value))


def _has_no_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
