"""ESPHome: one topic per component under the device's prefix, bare values, retained by default."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.simulated_message import (
    LampCommand,
    SimulatedMessage,
    json_object,
    lamp_command,
    on_or_off,
    to_json,
    to_level,
)
from smartwork.contracts.metrics import Metric

FULL_BRIGHTNESS = 255
LIGHT = "panel"
_SENSORS = {
    Metric.ILLUMINANCE_LUX: "illuminance",
    Metric.CO2_PPM: "co2",
    Metric.TEMPERATURE_C: "temperature",
    Metric.HUMIDITY_PCT: "humidity",
    Metric.POWER_W: "power",
    Metric.BATTERY_PCT: "battery",
}


def encode(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """One state message per component; none carries a time."""
    states: list[tuple[str, bytes]] = []
    if (presence := values.get(Metric.PRESENCE)) is not None:
        states.append(("binary_sensor/presence/state", b"ON" if presence else b"OFF"))
    for metric, name in _SENSORS.items():
        if metric in values:
            states.append((f"sensor/{name}/state", f"{values[metric]:g}".encode()))
    if (energy := values.get(Metric.ENERGY_WH)) is not None:
        states.append(("sensor/energy/state", f"{energy:.3f}".encode()))
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        state: dict[str, object] = {"state": "ON" if on else "OFF"}
        if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
            state["brightness"] = round(level * FULL_BRIGHTNESS)
        states.append((f"light/{LIGHT}/state", to_json(state)))
    if (online := values.get(Metric.ONLINE)) is not None:
        states.append(("status", b"online" if online else b"offline"))
    return [SimulatedMessage(f"{address}/{topic}", payload, retain=True) for topic, payload in states]


def command_topics(address: str) -> list[str]:
    """The topics that a lamp subscribes to for commands."""
    return [f"{address}/light/{LIGHT}/command"]


def handle_command(address: str, topic: str, payload: bytes) -> LampCommand | None:
    """The lamp command in a message to the lamp at `address`, or None if it has none."""
    if topic != f"{address}/light/{LIGHT}/command":
        return None
    state = json_object(payload)
    return lamp_command(on_or_off(state.get("state")), to_level(state.get("brightness"), FULL_BRIGHTNESS))
