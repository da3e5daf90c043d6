"""The centre as Home Assistant is told of it: what is occupied, which lamp is lit, how the gateway is. Does no I/O."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from edge.homeassistant.discovery import BRIGHTEST, Topics, lamps, places
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading
from smartwork.domain.presence.sensor_limits import silence_timeout

UNKNOWN = b"None"
"""What Home Assistant's MQTT integration shows as unknown, for a binary sensor."""
_TOLD = frozenset({Metric.PRESENCE, Metric.LIGHT_ON, Metric.LIGHT_LEVEL, Metric.ONLINE})


@dataclass(frozen=True, slots=True)
class Health:
    """How the gateway is: `outbox` counts readings; `confirmed` is when the network last confirmed some."""

    network: bool
    outbox: int
    confirmed: datetime | None
    policy: int

    def payload(self) -> bytes:
        """As it is said on the gateway's topic."""
        confirmed = self.confirmed.isoformat(timespec="seconds") if self.confirmed else None
        said = {"network": self.network, "outbox": self.outbox, "confirmed": confirmed, "policy": self.policy}
        return json.dumps(said).encode()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a lamp: `level` 0 to 1, or None for "on", as bright as the policy has it."""

    device: str
    level: float | None

    @classmethod
    def parse(cls, device: str, payload: bytes) -> Self:
        """The wish in a command of Home Assistant's JSON light; raises ValueError where it is none."""
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None
        match said:
            case {"state": "OFF"}:
                return cls(device, 0.0)
            case {"state": "ON", "brightness": int(brightness)} if 0 <= brightness <= BRIGHTEST:
                return cls(device, brightness / BRIGHTEST)
            case {"state": "ON"} if "brightness" not in said:
                return cls(device, None)
            case _:
                raise ValueError("expected state ON or OFF, and brightness 0 to 255")


class View:
    """What the devices of one centre said last; the newest by event time counts, whenever it came."""

    def __init__(self, centre: str, devices: Iterable[DeviceEntry] = ()) -> None:
        registered = list(devices)
        topics = Topics(centre)
        self._places = {topics.place(place): place.sensors for place in places(registered)}
        self._lamps = {topics.light(lamp.device): lamp for lamp in lamps(registered)}
        self._topics: dict[str, str] = {s.device: topic for topic, sensors in self._places.items() for s in sensors}
        self._topics |= {lamp.device: topic for topic, lamp in self._lamps.items()}
        self._said: dict[tuple[str, Metric], tuple[int, float]] = {}

    def inherit(self, before: "View") -> None:
        """Go on with what was known before the registry changed."""
        self._said = {key: said for key, said in before._said.items() if key[0] in self._topics}  # noqa: SLF001 - of the same class

    def hear(self, readings: Iterable[Reading]) -> set[str]:
        """Take readings in; returns the topics whose state they may have changed."""
        touched = set()
        for reading in readings:
            topic = self._topics.get(reading.device)
            if topic is None or reading.metric not in _TOLD:
                continue
            key = (reading.device, reading.metric)
            known = self._said.get(key)
            if known is None or reading.at_ms >= known[0]:
                self._said[key] = (reading.at_ms, reading.value)
                touched.add(topic)
        return touched

    def states(self, now: datetime, topics: Iterable[str] | None = None) -> dict[str, bytes]:
        """State topic to payload, of `topics` or of all."""
        wanted = (*self._places, *self._lamps) if topics is None else topics
        now_ms = now.timestamp() * 1000
        return {
            topic: self._occupancy(self._places[topic], now_ms)
            if topic in self._places
            else self._light(self._lamps[topic], now_ms)
            for topic in wanted
        }

    def _occupancy(self, sensors: Iterable[DeviceEntry], now_ms: float) -> bytes:
        """Occupied where one sensor says so; vacant only where all say so; else unknown."""
        said = [self._known(sensor, Metric.PRESENCE, now_ms) for sensor in sensors]
        if any(said):
            return b"ON"
        return UNKNOWN if None in said else b"OFF"

    def _light(self, lamp: DeviceEntry, now_ms: float) -> bytes:
        is_on, level = (self._known(lamp, metric, now_ms) for metric in (Metric.LIGHT_ON, Metric.LIGHT_LEVEL))
        if is_on is None and level is not None:
            is_on = float(level > 0)
        if is_on is None:
            return json.dumps({"state": None}).encode()
        state: dict[str, object] = {"state": "ON" if is_on else "OFF"}
        if is_on:
            state["color_mode"] = "brightness"
            state["brightness"] = BRIGHTEST if level is None else max(1, round(level * BRIGHTEST))
        return json.dumps(state).encode()

    def _known(self, entry: DeviceEntry, metric: Metric, now_ms: float) -> float | None:
        """The last value; None where nothing is known, or the device is silent for too long or said to be away."""
        said = self._said.get((entry.device, metric))
        if said is None or now_ms - said[0] > silence_timeout(entry.interval_s) / timedelta(milliseconds=1):
            return None
        online = self._said.get((entry.device, Metric.ONLINE))
        return None if online and not online[1] and online[0] >= said[0] else said[1]
