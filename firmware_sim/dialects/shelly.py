"""Shelly Gen2 and newer: status deltas on `<id>/events/rpc`, commands as JSON-RPC on `<id>/rpc`."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.simulated_message import (
    LampCommand,
    SimulatedMessage,
    json_object,
    lamp_command,
    to_json,
    to_level,
)
from smartwork.contracts.metrics import Metric


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """A NotifyStatus with the given values only (a delta), and a retained message for ONLINE."""
    params = _components(values)
    messages: list[SimulatedMessage] = []
    if params:
        notification = {"src": address, "dst": f"{address}/events", "method": "NotifyStatus"}
        payload = to_json({**notification, "params": {"ts": round(at.timestamp(), 2), **params}})
        messages.append(SimulatedMessage(f"{address}/events/rpc", payload))
    if (online := values.get(Metric.ONLINE)) is not None:
        messages.append(SimulatedMessage(f"{address}/online", b"true" if online else b"false", retain=True))
    return messages


def _components(values: Mapping[Metric, float]) -> dict[str, object]:
    light: dict[str, object] = {}
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        light["output"] = bool(on)
    if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
        light["brightness"] = round(level * 100)
    if (power := values.get(Metric.POWER_W)) is not None:
        light["apower"] = power
    if (energy := values.get(Metric.ENERGY_WH)) is not None:
        light["aenergy"] = {"total": energy}
    components: dict[str, object] = {"light:0": {"id": 0, **light}} if light else {}
    if (temperature := values.get(Metric.TEMPERATURE_C)) is not None:
        components["temperature:0"] = {"id": 0, "tC": temperature, "tF": round(temperature * 1.8 + 32, 1)}
    if (humidity := values.get(Metric.HUMIDITY_PCT)) is not None:
        components["humidity:0"] = {"id": 0, "rh": humidity}
    return components


def command_topics(address: str) -> list[str]:
    """The topics that a lamp subscribes to for commands."""
    return [f"{address}/rpc"]


def handle_command(address: str, topic: str, payload: bytes) -> LampCommand | None:
    """The lamp command in a call of Light.Set or Switch.Set (`on`, and `brightness` in percent), or None if it has none."""
    call = json_object(payload)
    params = call.get("params")
    if topic != f"{address}/rpc" or call.get("method") not in {"Light.Set", "Switch.Set"} or not isinstance(params, dict):
        return None
    on = params.get("on")
    return lamp_command(on if isinstance(on, bool) else None, to_level(params.get("brightness"), 100))
