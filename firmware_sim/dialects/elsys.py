"""Elsys payloads as a bridge without a codec forwards them: hex on a topic that the operator chose."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import elsys_bytes
from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork.contracts.metrics import Metric


def encode(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """An uplink; it carries no time."""
    data = elsys_bytes(values)
    return [SimulatedMessage(address, data.hex().encode())] if data else []
