"""The bytes of Milesight sensors: a sequence of channels, types and values. `milesight_models.py` says what they mean."""

import re
from collections.abc import Callable

from edge.adapters.message import MessageReadings
from edge.adapters.milesight_models import (
    AMBIGUOUS,
    HISTORY,
    UNKNOWN_MODEL,
    Channel,
    Meaning,
    Rule,
    channel_named,
    has_other_protocol,
    length_of,
    model_named,
)
from smartwork.contracts.metrics import Metric

_UNAVAILABLE: Channel = (0x08, 0xF4)
"""VS321: whether the detection works; its second byte is 1 if not."""


def add_milesight(readings: MessageReadings, data: bytes, model: str | None) -> None:
    """Add the readings in an uplink of a device of that model, up to a channel of unknown length or one that is cut short."""
    if has_other_protocol(model):
        readings.ignore("bytes", data.hex(), "are of a protocol that is not read: set a codec for this model", is_fault=False)
        return
    channels = model_named(model)
    at, works, energy = 0, True, 0.0
    while at + 2 <= len(data):
        channel = (data[at], data[at + 1])
        name, length = f"channel {channel[0]:02x} type {channel[1]:02x}", length_of(channel, model)
        raw = data[at + 2 : at + 2 + (length or 0)]
        if length is None or len(raw) < length:
            reason = "is cut short" if length else "has an unknown length, so the rest is not read"
            readings.ignore(name, data[at:].hex(), reason, is_fault=channel[1] != HISTORY)
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
    if meaning.rule in _OF_REGIONS:
        return _of_region(_OF_REGIONS[meaning.rule](raw), channel_named(model))
    values: dict[Rule, float | None] = {
        Rule.BOOLEAN: {0: 0.0, 1: 1.0}.get(number),
        Rule.ABOVE_ZERO: number > 0,
        Rule.BIT: raw[-1] >> (switch_channel(model) - 1) & 1,
        Rule.SUM: sum(raw),
        Rule.FIRST_BYTE: raw[0],
        Rule.FIRST_TWO: int.from_bytes(raw[:2], "little"),
        Rule.NOT_VACANT: {0: 1.0, 1: 0.0, 2: 1.0, 3: 1.0, 4: 1.0}.get(raw[0]),
        Rule.HIGH_BIT: raw[-1] >> 7,
    }
    value = values.get(meaning.rule, round(number * meaning.factor, 6))
    return None if value is None else float(value)


def _bits(value: int, count: int) -> list[int | None]:
    return [value >> region & 1 for region in range(count)]


_OF_REGIONS: dict[Rule, Callable[[bytes], list[int | None]]] = {
    Rule.WATCHED_REGIONS: lambda raw: [
        occupied if watched else None
        for watched, occupied in zip(
            _bits(int.from_bytes(raw[:2], "little"), 16), _bits(int.from_bytes(raw[2:], "little"), 16), strict=True
        )
    ],
    Rule.COUNTED_REGIONS: lambda raw: _bits(int.from_bytes(raw[1:], "little"), min(raw[0], 32)),
    Rule.COUNTED_REGIONS_LAST: lambda raw: _bits(int.from_bytes(raw[2:], "big"), min(raw[1], 16)),
    Rule.REGION_BYTES: lambda raw: [{0: 1, 1: 0}.get(byte) for byte in raw],
    Rule.REGION_COUNT: list,
}
"""What is said of each region, the first one first; None of one that is not watched."""


def _of_region(regions: list[int | None], wanted: int | None) -> float | None:
    """The value of the registered region, or whether somebody is in any; None if it is not watched, or if none is."""
    if wanted is not None:
        value = regions[wanted - 1] if wanted <= len(regions) else None
        return None if value is None else float(value)
    watched = [region for region in regions if region is not None]
    return float(any(watched)) if watched else None


def switch_channel(model: str | None) -> int:
    """The channel of a switch that the registry's model names, as `ws502:2`; 1 without one."""
    return channel_named(model) or 1


def _add_presence_of_count(readings: MessageReadings, *, works: bool) -> None:
    """Somebody is there if somebody was counted. A sensor that says that its detection does not work has neither."""
    if not works:
        for metric in (Metric.OCCUPANT_COUNT, Metric.PRESENCE):
            if (reading := readings.by_metric.get(metric)) is not None:
                readings.remove(metric)
                readings.ignore(metric.label, reading.value, "the sensor says that its detection does not work")
    elif (count := readings.by_metric.get(Metric.OCCUPANT_COUNT)) is not None:
        readings.remove(Metric.PRESENCE)  # of the regions: somebody may be outside them
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
