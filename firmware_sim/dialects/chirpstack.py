"""ChirpStack v4: uplink events of `application/<id>/device/<DevEUI>`, from a Milesight VS341 desk sensor."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import milesight_bytes
from firmware_sim.dialects.simulated_message import SimulatedMessage, to_json
from smartwork.contracts.metrics import Metric

MODEL = "VS341"
PORT = 85


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """An uplink event without a codec: the bytes in `data`, nothing decoded."""
    data = milesight_bytes(values)
    if not data:
        return []
    event = {
        "time": at.isoformat(timespec="microseconds"),
        "deviceInfo": {"devEui": address.rpartition("/")[2], "tags": {}},
        "fPort": PORT,
        "data": b64encode(data).decode(),
    }
    return [SimulatedMessage(f"{address}/event/up", to_json(event))]
