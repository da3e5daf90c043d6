"""A Milesight gateway with its embedded server: a topic that the operator chose, the JSON of older ChirpStack versions."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import milesight_bytes
from firmware_sim.dialects.simulated_message import SimulatedMessage, to_iso_utc, to_json
from smartwork.contracts.metrics import Metric

MODEL = "VS341"
PORT = 85


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """An uplink with its bytes in `data`."""
    data = milesight_bytes(values)
    if not data:
        return []
    uplink = {
        "applicationID": "1",
        "data": b64encode(data).decode(),
        "devEUI": address.rpartition("/")[2],
        "fPort": PORT,
        "time": to_iso_utc(at, "microseconds"),
    }
    return [SimulatedMessage(address, to_json(uplink))]
