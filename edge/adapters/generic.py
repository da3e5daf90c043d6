"""Devices of no known family, by rules of the registry: a topic, a JSON path or the plain value, quantity, unit, words.

Worked examples are in docs/devices.md.
"""

import json
from string import Template

from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.quantity import in_own_unit
from edge.adapters.values import number_or_text, text_of, truth
from smartwork.contracts.generic_rules import GenericField
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

_TRUTH = (Metric.PRESENCE, Metric.LIGHT_ON, Metric.ONLINE)
_METRICS = {metric.label: metric for metric in Metric}
_ABSENT = object()


def subscriptions(address: str) -> list[str]:
    """All topics of the device: the address and what is below it."""
    return [f"{address}/#"]


def address_of(topic: str) -> str | None:
    """The topic itself; the rules of a registered device say which other topics are its own."""
    return topic


def topics(entry: DeviceEntry) -> list[str]:
    """The topics that the rules of a device name."""
    fields = entry.rules.fields if entry.rules else []
    return list(dict.fromkeys(_topic(entry.address, field.topic) for field in fields))


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message, by the rules for its topic."""
    rules = message.rules
    if rules is None:
        raise ValueError("no rules are given. A device of the family generic is read by rules; see docs/devices.md")
    fields = [field for field in rules.fields if _topic(message.address, field.topic) == message.topic]
    body = _json_of(message.payload) if any(field.path for field in fields) or rules.time else None
    claimed = _at(body, rules.time) if rules.time else None
    readings = MessageReadings.at(message, None if claimed is _ABSENT else claimed, rules.time, message.timezone)
    for field in fields:
        raw = _at(body, field.path) if field.path else text_of(message.payload)
        if raw is not None and raw is not _ABSENT:
            readings.add(_METRICS[field.metric], _value(field, raw), field.path or field.topic or "payload", raw)
    return readings


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds; none without a command rule."""
    rule = entry.rules.command if entry.rules else None
    if rule is None:
        return []
    values = {
        "state": rule.on if level > 0 else rule.off,
        "level": f"{level:g}",
        "percent": str(percent(level)),
        "level254": str(round(level * 254)),
        "level255": str(round(level * 255)),
        "ramp_s": f"{ramp_s:g}",
        "ramp_ms": str(round(ramp_s * 1000)),
    }
    return [(_topic(entry.address, rule.topic), Template(rule.payload).substitute(values).encode())]


def _topic(address: str, sub_topic: str) -> str:
    return f"{address}/{sub_topic}" if sub_topic else address


def _json_of(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {str(error)[:80]}") from None


def _at(body: object, path: str) -> object:
    """The value at a path such as `a.b.0`, or _ABSENT."""
    for step in path.split("."):
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return _ABSENT
    return body


def _value(field: GenericField, raw: object) -> float | None:
    metric = _METRICS[field.metric]
    if metric in _TRUTH:
        if not field.on and not field.off:
            return truth(raw)
        word = str(raw).strip().lower()
        on, off = ({text.lower() for text in words} for words in (field.on, field.off))
        return 1.0 if word in on else 0.0 if word in off else None
    parsed = number_or_text(raw)
    return None if parsed is None else in_own_unit(metric, parsed * field.scale, field.unit)
