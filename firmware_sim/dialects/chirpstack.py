"""ChirpStack v4: uplink events of `application/<id>/device/<DevEUI>`, with a Milesight VS341 below a desk."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import milesight_bytes
from firmware_sim.dialects.said import Said, text
from smartwork.contracts.metrics import Metric

MODEL = "VS341"
PORT = 85


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """An uplink event without a codec: `data` alone."""
    told = milesight_bytes(values)
    if not told:
        return []
    event = {
        "time": at.isoformat(timespec="microseconds"),
        "deviceInfo": {"devEui": address.rpartition("/")[2], "tags": {}},
        "fPort": PORT,
        "data": b64encode(told).decode(),
    }
    return [Said(f"{address}/event/up", text(event))]
