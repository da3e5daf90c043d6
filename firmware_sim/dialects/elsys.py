"""Elsys bytes as a bridge forwards them that knows no codec: hex on a topic of its owner's choice."""

from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import elsys_bytes
from firmware_sim.dialects.said import Said
from smartwork.contracts.metrics import Metric


def speak(address: str, _at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """An uplink, without a time."""
    told = elsys_bytes(values)
    return [Said(address, told.hex().encode())] if told else []
