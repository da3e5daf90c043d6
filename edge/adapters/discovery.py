"""MQTT discovery as Home Assistant defines it: what devices declare of their topics.

ESPHome and others publish `homeassistant/<component>/<node>/<object>/config`, retained: a JSON object with the topic of the
state (`state_topic` or `stat_t`), its device class (`device_class`, `dev_cla`) and unit (`unit_of_measurement`,
`unit_of_meas`). `~` in a topic stands for the field `~`.
"""

import re
from dataclasses import dataclass

from edge.adapters.values import json_object

DISCOVERY_FILTERS = ("homeassistant/sensor/+/+/config", "homeassistant/binary_sensor/+/+/config")
_TOPIC = re.compile(r"homeassistant/(?:binary_)?sensor/(?:[^/]+/)?[^/]+/config")


@dataclass(frozen=True, slots=True)
class Declaration:
    """The device class and the unit of the values on a topic."""

    topic: str
    device_class: str | None
    unit: str | None


def declaration(topic: str, payload: bytes) -> Declaration | None:
    """What a discovery message declares, or None if `topic` is none of discovery or nothing of use is declared."""
    if not _TOPIC.fullmatch(topic):
        return None
    try:
        config = json_object(payload)
    except ValueError:
        return Declaration("", None, None)
    state_topic = str(config.get("state_topic") or config.get("stat_t") or "")
    base = config.get("~")
    if isinstance(base, str):
        state_topic = re.sub(r"^~|~$", lambda _: base, state_topic)
    device_class = config.get("device_class") or config.get("dev_cla")
    unit = config.get("unit_of_measurement") or config.get("unit_of_meas")
    return Declaration(state_topic, str(device_class) if device_class else None, str(unit) if unit else None)
