"""The states that Home Assistant shows: occupancy of places, lights, and the gateway's health. Does no I/O."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.homeassistant.discovery import BRIGHTEST, CentreTopics, WatchedPlace, lights, watched_places
from smartwork.contracts.edge_reports import FieldsNotUnderstood
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading
from smartwork.domain.presence.combination import SensorVote, combined_state
from smartwork.domain.presence.live_sensor import SensorState, after_reading
from smartwork.domain.presence.sensor_limits import silence_timeout

UNKNOWN = b"None"
"""Home Assistant's MQTT integration shows this as an unknown state of a binary sensor."""
_SHOWN_FIELDS = 50
"""Home Assistant does not record more than 16 KB of attributes."""
_SHOWN = frozenset({Metric.PRESENCE, Metric.LIGHT_ON, Metric.LIGHT_LEVEL, Metric.ONLINE})


@dataclass(frozen=True, slots=True)
class GatewayHealth:
    """Whether the network is connected, readings in the outbox, time of the last confirmation, policy version."""

    network: bool
    outbox: int
    confirmed: datetime | None
    policy: int

    def payload(self) -> bytes:
        """The JSON that is published on the gateway's topic."""
        confirmed = self.confirmed.isoformat(timespec="seconds") if self.confirmed else None
        values = {"network": self.network, "outbox": self.outbox, "confirmed": confirmed, "policy": self.policy}
        return json.dumps(values).encode()


def not_understood_payload(report: FieldsNotUnderstood | None) -> bytes:
    """The JSON of the entity *Not understood*: the number of fields, and how often each came, by device and field."""
    devices: dict[str, dict[str, int]] = {}
    fields = report.fields if report else []
    for field in fields[:_SHOWN_FIELDS]:
        devices.setdefault(field.device, {})[field.field] = field.count
    return json.dumps({"fields": len(fields), "devices": devices}).encode()


class EntityStates:
    """The last values of a centre's devices, and the entity states that follow. The newest by event time counts."""

    def __init__(self, centre: str, devices: Iterable[DeviceEntry] = (), before: "EntityStates | None" = None) -> None:
        """With `before`, go on with the values known under the previous registry."""
        registered = list(devices)
        topics = CentreTopics(centre)
        self._places = {topics.place(place): place for place in watched_places(registered)}
        self._lights = {topics.light(light.device): light for light in lights(registered)}
        self._topics: dict[str, str] = {s.device: topic for topic, place in self._places.items() for s in place.sensors}
        self._timeouts = {s.device: silence_timeout(s.interval_s) for place in self._places.values() for s in place.sensors}
        self._topics |= {light.device: topic for topic, light in self._lights.items()}
        self.last_values: dict[tuple[str, Metric], tuple[int, float]] = {}
        self.sensors: dict[str, SensorState] = {}
        if before is not None:
            self.sensors = {device: sensor for device, sensor in before.sensors.items() if device in self._timeouts}
            self.last_values = {key: value for key, value in before.last_values.items() if key[0] in self._topics}

    def update(self, readings: Iterable[Reading]) -> set[str]:
        """Update the values; returns the topics whose state may have changed."""
        touched = set()
        for reading in readings:
            topic = self._topics.get(reading.device)
            if topic is None or reading.metric not in _SHOWN:
                continue
            key = (reading.device, reading.metric)
            known = self.last_values.get(key)
            if known is None or reading.at_ms >= known[0]:
                self.last_values[key] = (reading.at_ms, reading.value)
                if reading.metric is Metric.PRESENCE and reading.device in self._timeouts:
                    self.sensors[reading.device] = after_reading(
                        self.sensors.get(reading.device),
                        bool(reading.value),
                        datetime.fromtimestamp(reading.at_ms / 1000, UTC),
                        self._timeouts[reading.device],
                    )
                touched.add(topic)
        return touched

    def payloads(self, now: datetime, topics: Iterable[str] | None = None) -> dict[str, bytes]:
        """State topic to payload, for the given topics or for all."""
        wanted = (*self._places, *self._lights) if topics is None else topics
        now_ms = now.timestamp() * 1000
        return {
            topic: self._occupancy(self._places[topic], now_ms)
            if topic in self._places
            else self._light(self._lights[topic], now_ms)
            for topic in wanted
        }

    def _occupancy(self, place: WatchedPlace, now_ms: float) -> bytes:
        """The state of a desk or room by its sensors that are not silent (`presence.combination`).

        Sensors of a zone each watch another part of it: it is vacant only if all report absence.
        """
        votes = [self._vote(sensor, now_ms) for sensor in place.sensors]
        state = combined_state(votes).state
        if place.kind == "zone" and state == "vacant" and any(vote.state == "unknown" for vote in votes):
            return UNKNOWN
        return {"occupied": b"ON", "vacant": b"OFF", "unknown": UNKNOWN}[state]

    def _vote(self, sensor: DeviceEntry, now_ms: float) -> SensorVote:
        value = self._value(sensor, Metric.PRESENCE, now_ms)
        known = self.sensors.get(sensor.device)
        if value is None or known is None:
            return SensorVote("unknown")
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        return SensorVote("occupied", known.is_stuck(self._timeouts[sensor.device], now)) if value else SensorVote("vacant")

    def _light(self, light: DeviceEntry, now_ms: float) -> bytes:
        is_on, level = (self._value(light, metric, now_ms) for metric in (Metric.LIGHT_ON, Metric.LIGHT_LEVEL))
        if is_on is None and level is not None:
            is_on = float(level > 0)
        if is_on is None:
            return json.dumps({"state": None}).encode()
        state: dict[str, object] = {"state": "ON" if is_on else "OFF"}
        if is_on:
            state["color_mode"] = "brightness"
            state["brightness"] = BRIGHTEST if level is None else max(1, round(level * BRIGHTEST))
        return json.dumps(state).encode()

    def _value(self, entry: DeviceEntry, metric: Metric, now_ms: float) -> float | None:
        """The last value; None if there is none, the silence timeout has passed, or the device went offline since."""
        last = self.last_values.get((entry.device, metric))
        if last is None or now_ms - last[0] > silence_timeout(entry.interval_s) / timedelta(milliseconds=1):
            return None
        online = self.last_values.get((entry.device, Metric.ONLINE))
        return None if online and not online[1] and online[0] >= last[0] else last[1]
