"""Shelly Gen2 and newer: deltas on `<id>/events/rpc`, commands as JSON-RPC on `<id>/rpc`."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.said import Order, Said, fields, share, text
from smartwork.contracts.metrics import Metric


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """One NotifyStatus with what is told, and nothing of what is not: a delta."""
    light: dict[str, object] = {}
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        light["output"] = bool(on)
    if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
        light["brightness"] = round(level * 100)
    if (power := values.get(Metric.POWER_W)) is not None:
        light["apower"] = power
    if (energy := values.get(Metric.ENERGY_WH)) is not None:
        light["aenergy"] = {"total": energy}
    params: dict[str, object] = {"light:0": {"id": 0, **light}} if light else {}
    if (temperature := values.get(Metric.TEMPERATURE_C)) is not None:
        params["temperature:0"] = {"id": 0, "tC": temperature, "tF": round(temperature * 1.8 + 32, 1)}
    if (humidity := values.get(Metric.HUMIDITY_PCT)) is not None:
        params["humidity:0"] = {"id": 0, "rh": humidity}
    said: list[Said] = []
    if params:
        told = {"src": address, "dst": f"{address}/events", "method": "NotifyStatus"}
        said.append(Said(f"{address}/events/rpc", text({**told, "params": {"ts": round(at.timestamp(), 2), **params}})))
    if (online := values.get(Metric.ONLINE)) is not None:
        said.append(Said(f"{address}/online", b"true" if online else b"false", retain=True))
    return said


def ears(address: str) -> list[str]:
    """Where a lamp listens."""
    return [f"{address}/rpc"]


def obey(address: str, topic: str, payload: bytes) -> Order | None:
    """What the call means: Light.Set or Switch.Set with `on`, and `brightness` in percent. None where it is none."""
    call = fields(payload)
    params = call.get("params")
    if topic != f"{address}/rpc" or call.get("method") not in {"Light.Set", "Switch.Set"} or not isinstance(params, dict):
        return None
    level, on = share(params.get("brightness"), 100), params.get("on")
    if not isinstance(on, bool) and level is None:
        return None
    return Order(on if isinstance(on, bool) else bool(level), level)
