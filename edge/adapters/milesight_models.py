"""What the channels of Milesight's models mean: occupancy, ambience, metering and switch models.

Source: the maker's public decoders (Milesight-IoT/SensorDecoders), one for each model. A channel is a number, its type and
a value, little-endian. The same channel means another thing in another model: channel 3 of type 0 is the occupancy of a
VS341, the magnet of a WS301 and the leak of a WS303.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.adapters.milesight_settings import setting_length
from smartwork.contracts.metrics import Metric


class Rule(Enum):
    """How the value of a channel becomes one of a metric."""

    NUMBER = "a number"
    SIGNED = "a signed number"
    BOOLEAN = "0 or 1"
    ABOVE_ZERO = "whether a count is above 0"
    BIT = "one bit for each channel of a switch, in the last byte"
    SUM = "the sum of its bytes"
    FIRST_BYTE = "its first byte"
    FIRST_TWO = "its first two bytes"
    NOT_VACANT = "its first byte, in which 1 is vacant and 0, 2, 3 and 4 are somebody"
    HIGH_BIT = "its highest bit"
    WATCHED_REGIONS = "a bit for each region that is watched, then a bit for each in which somebody is"
    COUNTED_REGIONS = "the number of regions, then a bit for each in which somebody is"
    COUNTED_REGIONS_LAST = "the number of regions in the second byte, then a bit for each in which somebody is, big-endian"
    REGION_BYTES = "one byte for each region, 1 if it is vacant"
    REGION_COUNT = "one byte for each region, the people in it"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a channel says: metric, rule, factor to the metric's unit, and the value that means *no measurement*."""

    metric: Metric
    rule: Rule = Rule.NUMBER
    factor: float = 1
    invalid: int | None = None


Channel = tuple[int, int]
Model = Mapping[Channel, Meaning]

_BATTERY: Model = {(0x01, 0x75): Meaning(Metric.BATTERY_PCT)}
_TEMPERATURE = Meaning(Metric.TEMPERATURE_C, Rule.SIGNED, 0.1, 0xFFFF)
_HUMIDITY = Meaning(Metric.HUMIDITY_PCT, Rule.NUMBER, 0.5, 0xFF)
_CO2 = Meaning(Metric.CO2_PPM, Rule.NUMBER, 1, 0xFFFF)
_PRESENCE = Meaning(Metric.PRESENCE, Rule.BOOLEAN)
_NOT_VACANT = Meaning(Metric.PRESENCE, Rule.NOT_VACANT)
_REGIONS = Meaning(Metric.PRESENCE, Rule.WATCHED_REGIONS)
_BED_REGIONS: Model = {
    (0x0A, 0xB3): Meaning(Metric.PRESENCE, Rule.COUNTED_REGIONS),
    (0x04, 0xF9): Meaning(Metric.PRESENCE, Rule.REGION_BYTES),
}
_CLIMATE: Model = {**_BATTERY, (0x03, 0x67): _TEMPERATURE, (0x04, 0x68): _HUMIDITY}
_METER: Model = {(0x04, 0x80): Meaning(Metric.POWER_W), (0x06, 0x83): Meaning(Metric.ENERGY_WH)}
_SWITCH = Meaning(Metric.LIGHT_ON, Rule.BIT)
_AMBIENCE: Model = {**_CLIMATE, (0x07, 0x7D): _CO2, (0x05, 0x00): _PRESENCE}
_ACTIVITY: Model = {
    **_CLIMATE,
    (0x05, 0x6A): Meaning(Metric.PRESENCE, Rule.ABOVE_ZERO),
    (0x06, 0x65): Meaning(Metric.ILLUMINANCE_LUX, Rule.FIRST_TWO),
    (0x07, 0x7D): _CO2,
}
_KWH = Meaning(Metric.ENERGY_WH, Rule.NUMBER, 10)
"""Meters in hundredths of a kWh; those with three phases have a channel for each, which are added."""

MODELS: tuple[tuple[str, Model], ...] = (
    ("vs330", {**_BATTERY, (0x03, 0x8E): _PRESENCE}),
    ("vs34[01]|vs370|ws202", {**_BATTERY, (0x03, 0x00): _PRESENCE}),
    ("vs321", {**_CLIMATE, (0x05, 0xFD): Meaning(Metric.OCCUPANT_COUNT), (0x06, 0xFE): _REGIONS}),
    (
        "vs373",
        {(0x03, 0xF8): _NOT_VACANT, (0x07, 0xB0): _NOT_VACANT, **_BED_REGIONS},
    ),
    ("vs121", {(0x04, 0xC9): Meaning(Metric.OCCUPANT_COUNT, Rule.FIRST_BYTE)}),
    ("vs13[35]", {(0x0F, 0xE3): Meaning(Metric.OCCUPANT_COUNT, Rule.SUM)}),
    ("vs35[01]|vs132", _BATTERY),
    ("ws203", {**_CLIMATE, (0x05, 0x00): _PRESENCE}),
    ("am10[2347]l?", _ACTIVITY),
    (
        "am30[45]l",
        {
            **_CLIMATE,
            (0x05, 0x9F): Meaning(Metric.PRESENCE, Rule.HIGH_BIT),
            (0x05, 0x00): _PRESENCE,
            (0x06, 0x9D): Meaning(Metric.ILLUMINANCE_LUX),
            (0x07, 0x7D): _CO2,
        },
    ),
    ("am3[01].*", _AMBIENCE),
    (
        "em320-th-v2",
        {**_CLIMATE, (0x04, 0x9A): Meaning(Metric.HUMIDITY_PCT, Rule.NUMBER, 0.1, 0xFFFF)},
    ),
    ("em320-th|em300-(?:th|mcs|mld|sld|zld|di.*)", _CLIMATE),
    ("em500-co2", {**_CLIMATE, (0x05, 0x7D): _CO2}),
    ("em500-lgt", {**_BATTERY, (0x03, 0x94): Meaning(Metric.ILLUMINANCE_LUX)}),
    ("ws50[123].*", {**_METER, (0xFF, 0x29): _SWITCH, (0x08, 0x29): _SWITCH}),
    ("ws51[35]-v3", {**_METER, (0x06, 0x83): Meaning(Metric.ENERGY_WH, Rule.NUMBER, 0.01), (0x08, 0x70): _SWITCH}),
    ("ws5(?:13|15|23|25).*", {**_METER, (0x08, 0x70): _SWITCH}),
    ("ws558.*", {**_METER, (0x08, 0x31): _SWITCH}),
    ("ct(?:10[135]|303|305|310)-v2", {(0x10, 0x63): _KWH, (0x11, 0x63): _KWH, (0x12, 0x63): _KWH}),
    ("wt101", {**_BATTERY, (0x03, 0x67): _TEMPERATURE}),
    ("wt201.*|wt211", {(0x03, 0x67): _TEMPERATURE, (0x09, 0x68): _HUMIDITY}),
    ("(?:ws|ts|gs|em|ct|vs|wt|am|uc|at|ft|wts)[0-9].*", _BATTERY),
)
"""Patterns of models with their channels, the first that matches counts. Any other model of the maker has only a battery."""

REGIONS: tuple[tuple[str, Model], ...] = (
    ("vs121", {(0x04, 0xC9): Meaning(Metric.PRESENCE, Rule.COUNTED_REGIONS_LAST)}),
    ("vs13[35]", {(0x0F, 0xE3): Meaning(Metric.OCCUPANT_COUNT, Rule.REGION_COUNT)}),
    ("vs321", {**_CLIMATE, (0x06, 0xFE): _REGIONS}),
    ("vs373", _BED_REGIONS),
)
"""Channels of a device of which one region is registered, as `VS121:2`: what is said of all regions together is left out."""
OTHER_PROTOCOL = re.compile(r"cth01.*|ds3604|gs524n|gs601|ts60[12]|wt102|wt30[1-4]|wt401")
"""Models whose bytes are no channels and types: their commands have numbers that would be mistaken for channels."""

UNKNOWN_MODEL: Model = {
    **_BATTERY,
    (0x03, 0x8E): _PRESENCE,
    (0x03, 0x67): _TEMPERATURE,
    (0x04, 0x68): _HUMIDITY,
    (0x07, 0x7D): _CO2,
}
"""What the channels of a device mean whose model is not registered: only those that mean the same in all models."""
AMBIGUOUS: frozenset[Channel] = frozenset(
    {(0x03, 0x00), (0x05, 0x00), (0x04, 0x80), (0x06, 0x83), (0xFF, 0x29), (0x08, 0x29), (0x08, 0x70)}
)
"""Channels that may be a presence, a meter or a switch, depending on the model."""

_BY_TYPE = {
    0x00: 1, 0x01: 1, 0x29: 1, 0x31: 2, 0x5B: 7, 0x63: 4, 0x65: 6, 0x67: 2, 0x68: 1, 0x6A: 2, 0x6B: 1, 0x6E: 1, 0x70: 1,
    0x73: 2, 0x74: 2, 0x75: 1, 0x77: 2, 0x7B: 2, 0x7D: 2, 0x7F: 2, 0x80: 4, 0x81: 1, 0x82: 2, 0x83: 4, 0x85: 4, 0x8E: 1,
    0x90: 2, 0x92: 1, 0x94: 4, 0x97: 4, 0x98: 2, 0x9A: 2, 0x9C: 1, 0xA0: 9, 0xB0: 8, 0xB1: 3, 0xB2: 6, 0xB3: 5, 0xB4: 9,
    0xBC: 1, 0xC7: 2, 0xC8: 4, 0xC9: 2, 0xCA: 2, 0xCB: 1, 0xCC: 4, 0xCD: 1, 0xCF: 7, 0xD2: 4, 0xD4: 6, 0xD5: 8, 0xD6: 1,
    0xDA: 8, 0xDF: 1, 0xE1: 8, 0xE3: 4, 0xE4: 5, 0xE5: 1, 0xE6: 2, 0xE7: 1, 0xE8: 1, 0xE9: 1, 0xEA: 5, 0xED: 1, 0xEE: 1,
    0xEF: 4, 0xF4: 2, 0xF7: 4, 0xF8: 6, 0xF9: 4, 0xFA: 8, 0xFB: 5, 0xFC: 3, 0xFD: 2, 0xFE: 4, 0xFF: 1,
}  # fmt: skip
"""Bytes that follow a type."""
_BY_CHANNEL: Mapping[Channel, int] = {
    (0x04, 0xC9): 4, (0x08, 0x90): 4, (0x83, 0x67): 3, (0x84, 0x67): 3, (0x89, 0x67): 3, (0x93, 0x67): 5, (0x94, 0x67): 5,
    (0x99, 0x67): 5, (0xB4, 0x67): 1, (0x84, 0x68): 2, (0x94, 0x68): 3, (0xB3, 0x74): 1, (0xB4, 0x80): 1, (0xB5, 0x81): 1,
    (0xB6, 0x83): 1, (0xB7, 0xC9): 1, (0x87, 0xC9): 3, (0x84, 0x82): 3, (0xB4, 0x82): 3, (0x94, 0x82): 5, (0x84, 0x98): 7,
    (0x83, 0x9A): 3, (0x84, 0x9A): 3, (0x93, 0x9A): 5, (0x94, 0x9A): 5, (0xB3, 0x9A): 1, (0x84, 0xCC): 5, (0x85, 0xCC): 5,
    (0x83, 0xD7): 5, (0x93, 0xD7): 5, (0x94, 0xD7): 5, (0x85, 0xE1): 9, (0x83, 0xE9): 5, (0x87, 0xE9): 2, (0x83, 0xED): 2,
    (0x85, 0x00): 2, (0x06, 0x01): 1, (0x07, 0x01): 1, (0x81, 0xEE): 1, (0x88, 0x29): 1, (0x89, 0xDF): 1, (0xB3, 0x67): 1,
    (0xB4, 0x68): 1, (0xB9, 0x68): 1, (0xB4, 0x9A): 1, (0xFD, 0x6B): 4, (0xFD, 0x6C): 8, (0xFD, 0x6D): 1, (0x05, 0x9F): 2,
    (0x06, 0x9D): 2, (0x86, 0x9D): 3, (0xB6, 0x9D): 1, (0xB6, 0xCB): 1, (0x04, 0x99): 2, (0x06, 0x99): 2, (0x08, 0x99): 2,
    (0x84, 0x99): 7, (0x86, 0x99): 7, (0x88, 0x99): 7, (0x08, 0xEC): 5, (0x05, 0x84): 2, (0x86, 0x73): 3, (0x87, 0x92): 3,
    (0x88, 0xEC): 6,
}  # fmt: skip
"""Bytes that follow a channel of a type whose length differs by channel, such as alarms (0x80 and above)."""
_OF_MODELS: tuple[tuple[str, Mapping[Channel, int]], ...] = (
    ("em320-th-v2", {(0xB3, 0x67): 2, (0xB4, 0x68): 2, (0xB4, 0x9A): 2}), ("wt201", {(0x83, 0x67): 2}),
    ("wts506", {(0x07, 0x92): 2, (0x08, 0x77): 3}),
)  # fmt: skip
"""Models in which a channel has other bytes."""


def model_named(model: str | None) -> Model | None:
    """The channels of a model; None if it is not named, or no model of the maker."""
    name = _plain(model)
    tables = (*REGIONS, *MODELS) if channel_named(model) is not None else MODELS
    return next((channels for pattern, channels in tables if re.fullmatch(pattern, name)), None) if name else None


HISTORY = 0xCE
"""The type of a stored measurement."""
_HISTORY: tuple[tuple[str, int], ...] = (
    ("em500-(?:pp|pt100|swl|udl)|ts101", 6), ("am102l?|em320-th|ts201", 7),
    ("em300-(?:mcs|mld|sld|th|zld|cl)|em500-lgt|wt201", 8),
    ("am103l?|em320-th-v2|ts201-v2|ws203|ts30[12](?:-v2)?|vs121|vs373", 9), ("em500-smtc", 10),
    ("em41[01]-rdl|em500-co2", 11), ("em300-di|wt201-v2|wt211", 13), ("am304l", 15), ("am307l?", 16), ("am305l", 18),
    ("am308l?|am319-hcho-well", 20), ("am319.*", 22),
)  # fmt: skip
"""Bytes of one stored measurement (channels 0x20 to 0x23, type 0xCE) by model. They are not read, but what follows is."""


def length_of(channel: Channel, model: str | None) -> int | None:
    """The number of bytes that follow a channel and its type; None if unknown."""
    name = _plain(model)
    if channel[1] == HISTORY and channel[0] < 0x80:
        return next((length for pattern, length in _HISTORY if re.fullmatch(pattern, name)), None)
    own = next(
        (lengths[channel] for pattern, lengths in _OF_MODELS if channel in lengths and re.fullmatch(pattern, name)), None
    )
    known = _BY_CHANNEL.get(channel) if own is None else own
    if known is None:
        known = setting_length(*channel, name)
    return known if known is not None or channel[0] >= 0x80 else _BY_TYPE.get(channel[1])


def channel_named(model: str | None) -> int | None:
    """The channel of a switch or the region that the registry's model names, as `ws502:2`; None without one."""
    match = re.fullmatch(r".*:(\d{1,2})", model or "")
    return max(1, int(match[1])) if match else None


def has_other_protocol(model: str | None) -> bool:
    """Whether the bytes of a model are no channels and types."""
    return OTHER_PROTOCOL.fullmatch(_plain(model)) is not None


def _plain(model: str | None) -> str:
    """A model's name as the tables have it: without the maker and without a channel."""
    return (model or "").lower().removeprefix("milesight").strip("-_ ").partition(":")[0]
