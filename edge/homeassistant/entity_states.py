"""The states that Home Assistant shows: occupancy of places, lights, and the gateway's health. Does no I/O."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.homeassistant.discovery import BRIGHTEST, CentreTopics, lights, watched_places
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading
from smartwork.domain.presence.sensor_limits import silence_timeout

UNKNOWN = b"None"
"""Home Assistant's MQTT integration shows this as an unknown state of a binary sensor."""
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


class EntityStates:
    """The last values of a centre's devices, and the entity states that follow. The newest by event time counts."""

    def __init__(self, centre: str, devices: Iterable[DeviceEntry] = (), before: "EntityStates | None" = None) -> None:
        """With `before`, go on with the values known under the previous registry."""
        registered = list(devices)
        topics = CentreTopics(centre)
        self._places = {topics.place(place): place.sensors for place in watched_places(registered)}
        self._lights = {topics.light(light.device): light for light in lights(registered)}
        self._topics: dict[str, str] = {s.device: topic for topic, sensors in self._places.items() for s in sensors}
        self._topics |= {light.device: topic for topic, light in self._lights.items()}
        self.last_values: dict[tuple[str, Metric], tuple[int, float]] = {}
        if before is not None:
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

    def _occupancy(self, sensors: Iterable[DeviceEntry], now_ms: float) -> bytes:
        """Occupied if any sensor reports presence, vacant if all report absence, else unknown."""
        values = [self._value(sensor, Metric.PRESENCE, now_ms) for sensor in sensors]
        if any(values):
            return b"ON"
        return UNKNOWN if None in values else b"OFF"

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
