"""Home Assistant's statestream: one retained topic an entity, a bare word."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.said import Said
from smartwork.contracts.metrics import Metric


def speak(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """The state of the entity `<domain>/<object id>`; there is no time in it."""
    presence = values.get(Metric.PRESENCE)
    if presence is None:
        return []
    return [Said(f"homeassistant/{address}/state", b"on" if presence else b"off", retain=True)]
