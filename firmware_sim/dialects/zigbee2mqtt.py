"""Zigbee2MQTT: base topic `zigbee2mqtt/<friendly name>`, commands on `<base topic>/set`.

Properties as in the project's public documentation (Exposes); `people` is the property of its people counters (CSM-300ZB).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from firmware_sim.dialects.simulated_message import (
    LampCommand,
    SimulatedMessage,
    json_object,
    lamp_command,
    on_or_off,
    to_iso_utc,
    to_json,
    to_level,
)
from smartwork.contracts.metrics import Metric

FULL_BRIGHTNESS = 254

_PROPERTIES: dict[Metric, tuple[str, Callable[[float], object]]] = {
    Metric.PRESENCE: ("occupancy", bool),
    Metric.OCCUPANT_COUNT: ("people", round),
    Metric.ILLUMINANCE_LUX: ("illuminance", lambda value: value),
    Metric.CO2_PPM: ("co2", lambda value: value),
    Metric.TEMPERATURE_C: ("temperature", lambda value: value),
    Metric.HUMIDITY_PCT: ("humidity", lambda value: value),
    Metric.LIGHT_ON: ("state", lambda value: "ON" if value else "OFF"),
    Metric.LIGHT_LEVEL: ("brightness", lambda value: round(value * FULL_BRIGHTNESS)),
    Metric.POWER_W: ("power", lambda value: value),
    Metric.ENERGY_WH: ("energy", lambda value: round(value / 1000, 9)),  # kWh
    Metric.BATTERY_PCT: ("battery", round),
    Metric.LINK_QUALITY: ("linkquality", round),
}


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """A state message for all values but ONLINE, and a retained availability message for ONLINE."""
    state = dict(values)
    online = state.pop(Metric.ONLINE, None)
    messages = [encode_state(address, at, state)] if state else []
    if online is not None:
        availability = to_json({"state": "online" if online else "offline"})
        messages.append(SimulatedMessage(f"{address}/availability", availability, retain=True))
    return messages


def encode_state(address: str, at: datetime, values: Mapping[Metric, float]) -> SimulatedMessage:
    """The state message of the device at base topic `address`; `last_seen` is `at`, the time of the event.

    Raises KeyError for ONLINE, which has a topic of its own.
    """
    state: dict[str, object] = {}
    for metric, value in values.items():
        name, convert = _PROPERTIES[metric]
        state[name] = convert(value)
    state["last_seen"] = to_iso_utc(at)
    return SimulatedMessage(address, to_json(state))


def command_topics(address: str) -> list[str]:
    """The topics that a lamp subscribes to for commands."""
    return [f"{address}/set"]


def handle_command(address: str, topic: str, payload: bytes) -> LampCommand | None:
    """The lamp command in a message to the lamp at `address`, or None if it has none."""
    if topic != f"{address}/set":
        return None
    state = json_object(payload)
    return lamp_command(on_or_off(state.get("state")), to_level(state.get("brightness"), FULL_BRIGHTNESS))
