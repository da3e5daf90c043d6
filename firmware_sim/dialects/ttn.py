"""The Things Stack v3: uplinks of `v3/<application>/devices/<device>`, from an Elsys EMS Desk."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from firmware_sim.dialects.lorawan import elsys_bytes
from firmware_sim.dialects.simulated_message import SimulatedMessage, to_iso_utc, to_json
from smartwork.contracts.metrics import Metric

MODEL = "EMS Desk"
PORT = 1


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """An uplink without a payload formatter: the bytes in `frm_payload`, nothing decoded."""
    data = elsys_bytes(values)
    if not data:
        return []
    received = to_iso_utc(at)
    uplink = {"f_port": PORT, "frm_payload": b64encode(data).decode(), "received_at": received}
    message = {"end_device_ids": {"device_id": address.rpartition("/")[2]}, "received_at": received, "uplink_message": uplink}
    return [SimulatedMessage(f"{address}/up", to_json(message))]
