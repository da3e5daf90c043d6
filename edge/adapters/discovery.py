"""MQTT discovery as Home Assistant defines it: what devices declare of their topics.

ESPHome and others publish `homeassistant/<component>/<node>/<object>/config`, retained: a JSON object with the topic of the
state (`state_topic` or `stat_t`), its device class (`device_class`, `dev_cla`) and unit (`unit_of_measurement`,
`unit_of_meas`). `~` in a topic stands for the field `~`.

Home Assistant's statestream publishes attributes of a state on topics beside it, as JSON texts:
`homeassistant/sensor/power/unit_of_measurement` says `"kW"` of `homeassistant/sensor/power/state`.
"""

import json
import re
from dataclasses import dataclass, replace

from edge.adapters.values import json_object, text_of

DISCOVERY_FILTERS = ("homeassistant/sensor/+/+/config", "homeassistant/binary_sensor/+/+/config")
_TOPIC = re.compile(r"homeassistant/(?:binary_)?sensor/(?:[^/]+/)?[^/]+/config")

_ATTRIBUTE = re.compile(r"(?P<entity>.+/(?:binary_)?sensor/[^/]+)/(?P<name>device_class|unit_of_measurement)")


@dataclass(frozen=True, slots=True)
class Declaration:
    """The device class and the unit of the values on a topic."""

    topic: str
    device_class: str | None
    unit: str | None
    is_attribute: bool = False

    def completed_by(self, earlier: "Declaration | None") -> "Declaration":
        """The declaration with what only an earlier one of the topic says: each attribute has a message of its own."""
        if earlier is None or not self.is_attribute:
            return self
        return replace(self, device_class=self.device_class or earlier.device_class, unit=self.unit or earlier.unit)


def declaration(topic: str, payload: bytes) -> Declaration | None:
    """What a discovery message declares, or None if `topic` is none of discovery or nothing of use is declared."""
    if attribute := _ATTRIBUTE.fullmatch(topic):
        text = _attribute_text(payload)
        is_unit = attribute["name"] == "unit_of_measurement"
        return Declaration(
            f"{attribute['entity']}/state", None if is_unit else text, text if is_unit else None, is_attribute=True
        )
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


def _attribute_text(payload: bytes) -> str | None:
    r"""The text of an attribute, which is published as JSON (`"\\u00b0F"`) or plain; None if it is empty or no text."""
    plain = text_of(payload)
    try:
        parsed = json.loads(plain)
    except (ValueError, RecursionError):
        parsed = plain
    return parsed.strip() or None if isinstance(parsed, str) else None
