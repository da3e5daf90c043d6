"""Payloads of light commands that several families share."""

import json


def json_light(level: float, ramp_s: float, brightest: int) -> bytes:
    """`state`, `brightness` up to `brightest` and `transition` in seconds, as Zigbee2MQTT and ESPHome read them.

    `level` is 0 to 1; 0 switches off and sends no brightness.
    """
    payload: dict[str, object] = {"state": "ON" if level > 0 else "OFF"}
    if level > 0:
        payload["brightness"] = max(1, round(level * brightest))
    if ramp_s:
        payload["transition"] = ramp_s
    return json.dumps(payload).encode()


def percent(level: float) -> int:
    """A level from 0 to 1 in whole percent; 0 only when the light is off."""
    return max(1, round(level * 100)) if level > 0 else 0
