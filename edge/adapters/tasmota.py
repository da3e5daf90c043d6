"""Tasmota: `tele/`, `stat/` and `cmnd/` before the device's own topic, as FullTopic `%prefix%/%topic%/` makes them.

Telemetry's `Time` is local to the device and carries no offset: it is read in the centre's zone, and in the hour that
comes twice as the one nearer to the arrival. Energy `Total` is in
kWh. A motion sensor speaks by the rule of its public documentation (`stat/<topic>/PIR1`), a radar (LD2410) in telemetry:
its energies are those of a moving and of a still person, in percent, both 0 where nobody is.
"""

import re

from edge.adapters.light_commands import percent
from edge.adapters.message import (
    DeviceMessage,
    Taken,
    arrival,
    child,
    instant,
    json_object,
    level_of,
    number,
    observed,
    on_off,
    scaled,
    switch_reading,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?:tele|stat)/(?P<address>.+)/(?P<leaf>[A-Z][A-Z0-9_]*)")
_LEAVES = {"SENSOR", "STATE", "LWT", "RESULT", "POWER", "POWER1"}
_SWITCH = re.compile(r"PIR\d*|MOTION|OCCUPANCY")
_CLIMATE = {"Temperature": Metric.TEMPERATURE_C, "Humidity": Metric.HUMIDITY_PCT, "Illuminance": Metric.ILLUMINANCE_LUX,
            "CarbonDioxide": Metric.CO2_PPM}  # fmt: skip
DALI = "dali"
"""Model of a Tasmota DALI gateway; `dali-7` is its gear (or group) 7, plain `dali` the broadcast."""


def subscriptions(address: str) -> list[str]:
    """The topics of the device whose own topic is `address`."""
    return [f"tele/{address}/+", f"stat/{address}/+"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    found = _TOPIC.fullmatch(topic)
    return found["address"] if found and (found["leaf"] in _LEAVES or _SWITCH.fullmatch(found["leaf"])) else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one message; empty where it holds none that we know. Raises ValueError, naming the field."""
    leaf = heard.topic.rpartition("/")[2]
    if leaf == "LWT":
        return switch_reading(heard, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, "LWT")
    if _SWITCH.fullmatch(leaf):
        return switch_reading(heard, Metric.PRESENCE, {"on": 1.0, "off": 0.0, "1": 1.0, "0": 0.0}, leaf)
    if leaf in ("POWER", "POWER1"):
        return switch_reading(heard, Metric.LIGHT_ON, {"on": 1.0, "off": 0.0}, leaf)
    if leaf in ("RESULT", "STATE"):
        said = json_object(heard.payload)
        return _state(said, heard)
    if leaf == "SENSOR":
        return _telemetry(json_object(heard.payload), heard)
    return []


def _state(said: dict[str, object], heard: DeviceMessage) -> list[Reading]:
    taken = Taken(heard, observed(heard, instant(said.get("Time"), "Time", heard.timezone, heard.arrived)))
    taken.take(said, "POWER", Metric.LIGHT_ON, on_off)
    taken.take(said, "POWER1", Metric.LIGHT_ON, on_off)
    taken.take(said, "Dimmer", Metric.LIGHT_LEVEL, level_of(100))
    return taken.readings()


def _telemetry(said: dict[str, object], heard: DeviceMessage) -> list[Reading]:
    claimed = instant(said.get("Time"), "Time", heard.timezone, heard.arrived)
    taken = Taken(heard, observed(heard, claimed) if claimed else arrival(heard))
    energy = child(said, "ENERGY")
    taken.take(energy, "Power", Metric.POWER_W, number)
    taken.take(energy, "Total", Metric.ENERGY_WH, scaled(1000))
    if (radar := child(said, "LD2410")) and isinstance(energies := radar.get("Energy"), list):
        numbers = [number(each) for each in energies]
        seen = None if not numbers or None in numbers else float(any(numbers))
        taken.put(Metric.PRESENCE, seen, "LD2410.Energy", energies)
    for sensor in said.values():
        if isinstance(sensor, dict) and sensor is not energy:
            for name, metric in _CLIMATE.items():
                taken.take(sensor, name, metric, number)
    return taken.readings()


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
