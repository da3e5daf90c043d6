"""ESPHome: one topic a component under the device's prefix, bare values, retained unless told otherwise."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.said import Order, Said, fields, share, switched, text
from smartwork.contracts.metrics import Metric

BRIGHTEST = 255
LIGHT = "panel"
_SENSORS = {
    Metric.ILLUMINANCE_LUX: "illuminance",
    Metric.CO2_PPM: "co2",
    Metric.TEMPERATURE_C: "temperature",
    Metric.HUMIDITY_PCT: "humidity",
    Metric.POWER_W: "power",
    Metric.BATTERY_PCT: "battery",
}


def speak(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """A state a component; there is no time in any of them."""
    said: list[Said] = []
    if (presence := values.get(Metric.PRESENCE)) is not None:
        said.append(Said(f"{address}/binary_sensor/presence/state", b"ON" if presence else b"OFF", retain=True))
    for metric, name in _SENSORS.items():
        if metric in values:
            said.append(Said(f"{address}/sensor/{name}/state", f"{values[metric]:g}".encode(), retain=True))
    if (energy := values.get(Metric.ENERGY_WH)) is not None:
        said.append(Said(f"{address}/sensor/energy/state", f"{energy / 1000:.6f}".encode(), retain=True))
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        state: dict[str, object] = {"state": "ON" if on else "OFF"}
        if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
            state["brightness"] = round(level * BRIGHTEST)
        said.append(Said(f"{address}/light/{LIGHT}/state", text(state), retain=True))
    if (online := values.get(Metric.ONLINE)) is not None:
        said.append(Said(f"{address}/status", b"online" if online else b"offline", retain=True))
    return said


def ears(address: str) -> list[str]:
    """Where a lamp listens."""
    return [f"{address}/light/{LIGHT}/command"]


def obey(address: str, topic: str, payload: bytes) -> Order | None:
    """What the command means; None where it is none."""
    said = fields(payload)
    level = share(said.get("brightness"), BRIGHTEST)
    on = switched(said.get("state"))
    if topic != f"{address}/light/{LIGHT}/command" or (on is None and level is None):
        return None
    return Order(on if on is not None else bool(level), level)
