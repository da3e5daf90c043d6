"""Home Assistant's statestream: one retained topic per entity, with the state as a bare word."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork.contracts.metrics import Metric


def encode(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """The state of the entity `<domain>/<object id>`; it carries no time."""
    presence = values.get(Metric.PRESENCE)
    if presence is None:
        return []
    return [SimulatedMessage(f"homeassistant/{address}/state", b"on" if presence else b"off", retain=True)]
