"""A Milesight gateway with its embedded server: a topic that its owner chose, the older ChirpStack shape."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import milesight_bytes
from firmware_sim.dialects.said import Said, text, zulu
from smartwork.contracts.metrics import Metric

MODEL = "VS341"
PORT = 85


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """An uplink with its bytes in `data`."""
    told = milesight_bytes(values)
    if not told:
        return []
    uplink = {
        "applicationID": "1",
        "data": b64encode(told).decode(),
        "devEUI": address.rpartition("/")[2],
        "fPort": PORT,
        "time": zulu(at, "microseconds"),
    }
    return [Said(address, text(uplink))]
