"""The bytes of Milesight sensors: a sequence of channels, types and values. `milesight_models.py` says what they mean."""

import re

from edge.adapters.message import MessageReadings
from edge.adapters.milesight_models import AMBIGUOUS, UNKNOWN_MODEL, Channel, Meaning, Rule, length_of, model_named
from smartwork.contracts.metrics import Metric

_UNAVAILABLE: Channel = (0x08, 0xF4)
"""VS321: whether the detection works; its second byte is 1 if not."""


def add_milesight(readings: MessageReadings, data: bytes, model: str | None) -> None:
    """Add the readings in an uplink of a device of that model, up to a channel of unknown length or one that is cut short."""
    channels = model_named(model)
    at, works, energy = 0, True, 0.0
    while at + 2 <= len(data):
        channel = (data[at], data[at + 1])
        name, length = f"channel {channel[0]:02x} type {channel[1]:02x}", length_of(channel, model)
        raw = data[at + 2 : at + 2 + (length or 0)]
        if length is None or len(raw) < length:
            readings.ignore(
                name, data[at:].hex(), "is cut short" if length else "has an unknown length, so the rest is not read"
            )
            break
        at += 2 + length
        meaning = (UNKNOWN_MODEL if channels is None else channels).get(channel)
        if channel == _UNAVAILABLE and len(raw) > 1 and raw[1] == 1:
            works = False
        elif meaning is None:
            is_fault = channels is None and channel in AMBIGUOUS
            reason = "depends on the model: register it" if is_fault else "is none of the metrics"
            readings.ignore(name, raw.hex(), reason, is_fault=is_fault)
        elif meaning.metric is Metric.ENERGY_WH:
            energy += int.from_bytes(raw, "little") * meaning.factor
            readings.remove(Metric.ENERGY_WH)
            readings.add(Metric.ENERGY_WH, energy, name, raw.hex())
        else:
            _add(readings, name, raw, meaning, model)
    _add_presence_of_count(readings, works=works)


def _add(readings: MessageReadings, name: str, raw: bytes, meaning: Meaning, model: str | None) -> None:
    value = int.from_bytes(raw, "little")
    if meaning.invalid is not None and value == meaning.invalid:
        readings.ignore(name, raw.hex(), "says that there is no measurement")
        return
    readings.add(meaning.metric, _value(raw, meaning, model), name, raw.hex())


def _value(raw: bytes, meaning: Meaning, model: str | None) -> float | None:
    number = int.from_bytes(raw, "little", signed=meaning.rule is Rule.SIGNED)
    if meaning.rule is Rule.BOOLEAN:
        return {0: 0.0, 1: 1.0}.get(number)
    values = {
        Rule.ABOVE_ZERO: number > 0,
        Rule.BIT: raw[-1] >> (switch_channel(model) - 1) & 1,
        Rule.SUM: sum(raw),
        Rule.FIRST_BYTE: raw[0],
        Rule.FIRST_TWO: int.from_bytes(raw[:2], "little"),
        Rule.NOT_VACANT: raw[0] != 1,
    }
    return float(values.get(meaning.rule, round(number * meaning.factor, 6)))


def switch_channel(model: str | None) -> int:
    """The channel of a switch that the registry's model names, as `ws502:2`; 1 without one."""
    match = re.fullmatch(r".*:(\d)", model or "")
    return max(1, int(match[1])) if match else 1


def _add_presence_of_count(readings: MessageReadings, *, works: bool) -> None:
    """Somebody is there if somebody was counted. A sensor that says that its detection does not work has neither."""
    if not works:
        for metric in (Metric.OCCUPANT_COUNT, Metric.PRESENCE):
            if (reading := readings.by_metric.get(metric)) is not None:
                readings.remove(metric)
                readings.ignore(metric.label, reading.value, "the sensor says that its detection does not work")
    elif Metric.PRESENCE not in readings.by_metric and (count := readings.by_metric.get(Metric.OCCUPANT_COUNT)) is not None:
        readings.add(Metric.PRESENCE, float(count.value > 0), "people counted", count.value)


def switch_command(model: str | None, *, on: bool) -> bytes | None:
    """The bytes that switch a device of that model; None if the model cannot be switched.

    Wall switches (WS501 to WS503) take a mask and a state for each channel, sockets (WS513 to WS525) one state.
    """
    name = (model or "").lower().partition(":")[0]
    if re.fullmatch(r"ws50[123].*", name):
        bit = 1 << (switch_channel(model) - 1)
        return bytes((0x08, (bit << 4) | (bit if on else 0), 0xFF))
    if re.fullmatch(r"ws5(?:13|15|23|25).*", name):
        return bytes((0x08, int(on), 0xFF, 0xFF))
    return None
