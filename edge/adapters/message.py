"""A message of a device, and the readings found in it."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.adapters.event_time import MAX_AGE, EventTime, arrival_time, choose_event_time
from edge.adapters.values import Convert, text_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message of a registered device, when it arrived, and what the registry says about the device.

    A device time older than `max_age` at arrival is ignored.
    """

    topic: str
    payload: bytes
    device: str
    address: str
    arrived: datetime
    model: str | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    max_age: timedelta = MAX_AGE


@dataclass(slots=True)
class MessageReadings:
    """The readings of one message: one for each metric, the first one found counts."""

    message: DeviceMessage
    event_time: EventTime
    by_metric: dict[Metric, Reading] = field(default_factory=dict)

    @classmethod
    def at_arrival(cls, message: DeviceMessage) -> "MessageReadings":
        """No readings yet; their time is the message's arrival, because the message carries none."""
        return cls(message, arrival_time(message.arrived))

    @classmethod
    def at(cls, message: DeviceMessage, claimed: datetime | None) -> "MessageReadings":
        """No readings yet; their time is the device's own where it is plausible, else the arrival.

        Raises ValueError if the device's clock was never set.
        """
        return cls(message, choose_event_time(claimed, message.arrived, message.max_age))

    def add_field(self, source: dict[str, object], name: str, metric: Metric, convert: Convert) -> None:
        """Add `source[name]` as `metric` if the field is present and not null.

        Raises ValueError naming the field if `convert` returns None for it.
        """
        raw = source.get(name)
        if raw is not None:
            self.add(metric, convert(raw), name, raw)

    def add(self, metric: Metric, value: float | None, name: str, raw: object) -> None:
        """Add one value; `name` and `raw` are shown in the ValueError that is raised if it is no finite number."""
        if value is None or not math.isfinite(value):
            raise ValueError(f"{name} is {str(raw)[:40]!r}")
        self.by_metric.setdefault(
            metric,
            Reading(self.event_time.ms, self.message.device, metric, value, by_arrival=self.event_time.is_arrival),
        )

    def readings(self) -> list[Reading]:
        """The readings, in the order in which they were added."""
        return list(self.by_metric.values())


def word_reading(message: DeviceMessage, metric: Metric, values: dict[str, float], name: str) -> list[Reading]:
    """The reading of a payload that is a single word, such as `online`, at arrival time.

    `values` has lower-case words. Raises ValueError, naming `name`, for any other word.
    """
    word = text_of(message.payload)
    readings = MessageReadings.at_arrival(message)
    readings.add(metric, values.get(word.lower()), name, word)
    return readings.readings()
