"""Zigbee2MQTT: base topic `zigbee2mqtt/<friendly name>`, commands on its `/set`."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim import zigbee2mqtt
from firmware_sim.dialects.said import Order, Said, fields, share, switched, text
from smartwork.contracts.metrics import Metric


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """State with the time of the event; availability on its own retained topic."""
    told = dict(values)
    online = told.pop(Metric.ONLINE, None)
    said = [Said(*zigbee2mqtt.speak(address, at, told))] if told else []
    if online is not None:
        said.append(Said(f"{address}/availability", text({"state": "online" if online else "offline"}), retain=True))
    return said


def ears(address: str) -> list[str]:
    """Where a lamp listens."""
    return [f"{address}/set"]


def obey(address: str, topic: str, payload: bytes) -> Order | None:
    """What the command means; None where it is none."""
    if topic != f"{address}/set":
        return None
    said = fields(payload)
    level = share(said.get("brightness"), zigbee2mqtt.BRIGHTEST)
    on = switched(said.get("state"))
    if on is None and level is None:
        return None
    return Order(on if on is not None else bool(level), level)
