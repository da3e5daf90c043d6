"""Tasmota: the prefixes `tele/`, `stat/` and `cmnd/` before the device's own topic (FullTopic `%prefix%/%topic%/`).

`Time` is local time without an offset: it is read in the centre's time zone; if the local time occurs twice, the occurrence
nearer to the arrival counts. Energy `Total` is in kWh. A motion sensor needs the rule of Tasmota's documentation that
publishes `stat/<topic>/PIR1`. A radar (LD2410) reports in telemetry the energies of a moving and of a still person in
percent; both are 0 if nobody is there.
"""

import re

from edge.adapters.event_time import parse_time
from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings, word_reading
from edge.adapters.values import child, json_object, level_of, number, on_off, scaled
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?:tele|stat)/(?P<address>.+)/(?P<suffix>[A-Z][A-Z0-9_]*)")
_SUFFIXES = {"SENSOR", "STATE", "LWT", "RESULT", "POWER", "POWER1"}
_MOTION = re.compile(r"PIR\d*|MOTION|OCCUPANCY")
_CLIMATE = {"Temperature": Metric.TEMPERATURE_C, "Humidity": Metric.HUMIDITY_PCT, "Illuminance": Metric.ILLUMINANCE_LUX,
            "CarbonDioxide": Metric.CO2_PPM}  # fmt: skip
DALI = "dali"
"""Model of a Tasmota DALI gateway: `dali-7` is its gear (or group) 7, `dali` alone broadcasts."""


def subscriptions(address: str) -> list[str]:
    """The topics of the device whose own topic is `address`."""
    return [f"tele/{address}/+", f"stat/{address}/+"]


def address_of(topic: str) -> str | None:
    """The device's own topic, or None if the topic is not Tasmota's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match and (match["suffix"] in _SUFFIXES or _MOTION.fullmatch(match["suffix"])) else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one message; raises ValueError, naming the field, if it cannot be parsed."""
    suffix = message.topic.rpartition("/")[2]
    if suffix == "LWT":
        return word_reading(message, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, suffix)
    if _MOTION.fullmatch(suffix):
        return word_reading(message, Metric.PRESENCE, {"on": 1.0, "off": 0.0, "1": 1.0, "0": 0.0}, suffix)
    if suffix in ("POWER", "POWER1"):
        return word_reading(message, Metric.LIGHT_ON, {"on": 1.0, "off": 0.0}, suffix)
    if suffix in ("RESULT", "STATE"):
        return _state(message, json_object(message.payload))
    if suffix == "SENSOR":
        return _telemetry(message, json_object(message.payload))
    return []


def _state(message: DeviceMessage, state: dict[str, object]) -> list[Reading]:
    readings = _at_device_time(message, state)
    readings.add_field(state, "POWER", Metric.LIGHT_ON, on_off)
    readings.add_field(state, "POWER1", Metric.LIGHT_ON, on_off)
    readings.add_field(state, "Dimmer", Metric.LIGHT_LEVEL, level_of(100))
    return readings.readings()


def _telemetry(message: DeviceMessage, telemetry: dict[str, object]) -> list[Reading]:
    readings = _at_device_time(message, telemetry)
    energy = child(telemetry, "ENERGY")
    readings.add_field(energy, "Power", Metric.POWER_W, number)
    readings.add_field(energy, "Total", Metric.ENERGY_WH, scaled(1000))
    if (radar := child(telemetry, "LD2410")) and isinstance(energies := radar.get("Energy"), list):
        numbers = [number(value) for value in energies]
        present = None if not numbers or None in numbers else float(any(numbers))
        readings.add(Metric.PRESENCE, present, "LD2410.Energy", energies)
    for sensor in telemetry.values():
        if isinstance(sensor, dict) and sensor is not energy:
            for name, metric in _CLIMATE.items():
                readings.add_field(sensor, name, metric, number)
    return readings.readings()


def _at_device_time(message: DeviceMessage, body: dict[str, object]) -> MessageReadings:
    return MessageReadings.at(message, parse_time(body.get("Time"), "Time", message.timezone, message.arrived))


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds.

    A ramp is Tasmota's Fade, with Speed in half seconds for the whole range, 1 to 40. A DALI gateway knows no ramp.
    """
    if entry.model is not None and entry.model.lower().startswith(DALI):
        gear = entry.model.lower().removeprefix(DALI).strip("- ") or "0"
        return [(f"cmnd/{entry.address}/DaliDimmer{gear}", str(percent(level)).encode())]
    fade = f"Fade 1;Speed {min(40, max(1, round(ramp_s * 2)))}" if ramp_s else "Fade 0"
    backlog = f"{fade};Dimmer {percent(level)};POWER ON" if level > 0 else f"{fade};POWER OFF"
    return [(f"cmnd/{entry.address}/Backlog0", backlog.encode())]
