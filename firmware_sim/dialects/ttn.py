"""The Things Stack v3: uplinks of `v3/<application>/devices/<device>`, with an Elsys EMS Desk at a desk."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import elsys_bytes
from firmware_sim.dialects.said import Said, text, zulu
from smartwork.contracts.metrics import Metric

MODEL = "EMS Desk"
PORT = 1


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """An uplink without a formatter: `frm_payload` alone."""
    told = elsys_bytes(values)
    if not told:
        return []
    received = zulu(at)
    uplink = {"f_port": PORT, "frm_payload": b64encode(told).decode(), "received_at": received}
    message = {"end_device_ids": {"device_id": address.rpartition("/")[2]}, "received_at": received, "uplink_message": uplink}
    return [Said(f"{address}/up", text(message))]
