"""Tasmota: the prefixes `tele/`, `stat/` and `cmnd/` before the device's own topic (FullTopic `%prefix%/%topic%/`).

`Time` is local time without an offset, read in the centre's time zone. Energy `Total` is in kWh. A meter of several phases or
channels has arrays: their sum counts, or the channel that the registry's model names (`2`, `POWER2`). Temperatures of the
chip or of the meter are not the room's. A motion sensor needs the rule of Tasmota's documentation that publishes
`stat/<topic>/PIR1`. A radar (LD2410) reports in telemetry the energies of a moving and of a still person in percent; both are
0 if nobody is there. A Zigbee bridge reports its devices in `ZbReceived`; the registry's model is the device's name or short
address there.
"""

import re
from functools import partial

from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings, word_reading
from edge.adapters.quantity import in_own_unit
from edge.adapters.values import Convert, json_object, level_of, number, on_off, total, truth
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

_TOPIC = re.compile(r"(?:tele|stat)/(?P<address>.+)/(?P<suffix>[A-Z][A-Z0-9_]*)")
_SUFFIX = re.compile(r"SENSOR|STATE|LWT|RESULT|POWER\d*|STATUS0|STATUS8|STATUS10|STATUS11")
_MOTION = re.compile(r"PIR\d*|MOTION|OCCUPANCY")
_CLIMATE = {"Temperature": Metric.TEMPERATURE_C, "Humidity": Metric.HUMIDITY_PCT, "Illuminance": Metric.ILLUMINANCE_LUX,
            "CarbonDioxide": Metric.CO2_PPM}  # fmt: skip
_OWN_TEMPERATURE = re.compile(r"ESP(?:32|8266).*|BL\d.*|BL09XX|ADE7\d+|CSE\d+|HLW\d+|AXP\d+|CPU|ANALOG|ENERGY", re.IGNORECASE)
"""Sensors whose temperature is that of the chip or of the meter."""
_STATUS = {"STATUS8": "StatusSNS", "STATUS10": "StatusSNS", "STATUS11": "StatusSTS"}
DALI = "dali"
"""Model of a Tasmota DALI gateway: `dali-7` is its gear (or group) 7, `dali` alone broadcasts."""
_CHANNEL = re.compile(r"(?:power|switch:|relay|ch|l)?(\d{1,2})")
_DALI = re.compile(r"dali[- ]?(\d{1,2})?")


def subscriptions(address: str) -> list[str]:
    """The topics of the device whose own topic is `address`."""
    return [f"tele/{address}/+", f"stat/{address}/+"]


def address_of(topic: str) -> str | None:
    """The device's own topic, or None if the topic is not Tasmota's."""
    match = _TOPIC.fullmatch(topic)
    known = match and (_SUFFIX.fullmatch(match["suffix"]) or _MOTION.fullmatch(match["suffix"]))
    return match["address"] if match and known else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message; raises ValueError if a payload that must be a JSON object is none."""
    suffix = message.topic.rpartition("/")[2]
    if suffix == "LWT":
        return word_reading(message, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, suffix)
    if _MOTION.fullmatch(suffix):
        return word_reading(message, Metric.PRESENCE, {"on": 1.0, "off": 0.0, "1": 1.0, "0": 0.0}, suffix)
    if suffix.startswith("POWER"):
        if suffix not in _power_fields(message.model):
            return no_readings(message, suffix, "is another channel than the registered one")
        return word_reading(message, Metric.LIGHT_ON, {"on": 1.0, "off": 0.0}, suffix)
    if suffix not in ("RESULT", "STATE", "SENSOR", "STATUS0", *_STATUS):
        return no_readings(message, suffix, "is not read")
    body = json_object(message.payload)
    if suffix == "STATUS0":
        parts = MessageReadings.at_arrival(message)
        body = {**parts.object_in(body, "StatusSTS"), **parts.object_in(body, "StatusSNS")}
    elif suffix in _STATUS:
        body = MessageReadings.at_arrival(message).object_in(body, _STATUS[suffix])
    readings = MessageReadings.at(message, body.get("Time"), "Time", message.timezone)
    if suffix in ("RESULT", "STATE", "STATUS0", "STATUS11"):
        _add_state(readings, body)
    _add_telemetry(readings, body)
    return readings


def _add_state(readings: MessageReadings, state: dict[str, object]) -> None:
    if gear := _DALI.fullmatch((readings.message.model or "").lower()):
        _add_dali(readings, state, gear[1])
        return
    for name in _power_fields(readings.message.model):
        readings.add_field(state, name, Metric.LIGHT_ON, on_off)
    channel = _channel(readings.message.model)
    own = f"Dimmer{channel or 1}"
    dimmer = own if own in state else f"Channel{channel}" if channel and "Dimmer" not in state else "Dimmer"
    readings.add_field(state, dimmer, Metric.LIGHT_LEVEL, level_of(100))


def _add_dali(readings: MessageReadings, state: dict[str, object], gear: str | None) -> None:
    """The answer of a DALI gateway: power and dimmer (percent) of one gear."""
    answer = readings.object_in(state, "DALI") or state
    addressed = number(answer.get("Address"))
    if addressed is not None and gear is not None and int(addressed) != int(gear):
        readings.ignore("DALI.Address", answer["Address"], "is another gear than the registered one", is_fault=False)
        return
    own = gear or ""
    for power, dimmer in ((f"DaliPower{own}", f"DaliDimmer{own}"), ("Power", "Dimmer"), ("POWER", "Dimmer")):
        readings.add_field(answer, power, Metric.LIGHT_ON, truth)
        readings.add_field(answer, dimmer, Metric.LIGHT_LEVEL, level_of(100))
        if readings.by_metric:
            break
    if Metric.LIGHT_LEVEL in readings.by_metric and Metric.LIGHT_ON not in readings.by_metric:
        level = readings.by_metric[Metric.LIGHT_LEVEL].value
        readings.add(Metric.LIGHT_ON, float(level > 0), "Dimmer", level)


def _add_telemetry(readings: MessageReadings, telemetry: dict[str, object]) -> None:
    if "ZbReceived" in telemetry:
        _add_zigbee(readings, readings.object_in(telemetry, "ZbReceived"))
    energy = readings.object_in(telemetry, "ENERGY")
    convert = _of_channel(_channel(readings.message.model))
    readings.add_field(energy, "Power", Metric.POWER_W, convert)
    readings.add_field(energy, "Total", Metric.ENERGY_WH, lambda raw: _kwh(convert(raw)))
    radar = readings.object_in(telemetry, "LD2410")
    if isinstance(energies := radar.get("Energy"), list):
        numbers = [number(value) for value in energies]
        present = None if not numbers or None in numbers else float(any(numbers))
        readings.add(Metric.PRESENCE, present, "LD2410.Energy", energies)
    is_fahrenheit = telemetry.get("TempUnit") == "F"
    for sensor, values in telemetry.items():
        if not isinstance(values, dict) or sensor in ("ENERGY", "ZbReceived", "LD2410", "DALI"):
            continue
        for name, metric in _CLIMATE.items():
            if metric is Metric.TEMPERATURE_C and _OWN_TEMPERATURE.fullmatch(sensor):
                if name in values:
                    readings.ignore(f"{sensor}.{name}", values[name], "is the device's own temperature", is_fault=False)
                continue
            unit = "°F" if metric is Metric.TEMPERATURE_C and is_fahrenheit else None
            readings.add_field(values, name, metric, partial(in_own_unit, metric, unit=unit))


_ZIGBEE: tuple[tuple[str, Metric, Convert], ...] = (
    ("Occupancy", Metric.PRESENCE, truth),
    ("Temperature", Metric.TEMPERATURE_C, number),
    ("Humidity", Metric.HUMIDITY_PCT, number),
    ("Power", Metric.LIGHT_ON, truth),
    ("Dimmer", Metric.LIGHT_LEVEL, level_of(254)),
    ("ActivePower", Metric.POWER_W, number),
    ("BatteryPercentage", Metric.BATTERY_PCT, number),
    ("LinkQuality", Metric.LINK_QUALITY, number),
)


def _add_zigbee(readings: MessageReadings, received: dict[str, object]) -> None:
    """The readings of the registered device of a Zigbee bridge; of the only one if the registry names none."""
    wanted = readings.message.model or readings.message.address.rpartition("/")[2]
    named = {name: body for name, body in received.items() if isinstance(body, dict)}
    matching = [
        body for name, body in named.items()
        if _zigbee_name(wanted) in map(_zigbee_name, (name, str(body.get("Device", "")), str(body.get("Name", ""))))
    ]  # fmt: skip
    if not matching:
        reason = "are other devices than the registered one: register the name or short address as the model"
        readings.ignore("ZbReceived", ", ".join(named), reason, is_fault=readings.message.model is None)
        return
    for name, metric, convert in _ZIGBEE:
        readings.add_field(matching[0], name, metric, convert)
    if matching[0].get("Illuminance") is not None:
        reason = "is the sensor's raw value, not lux"
        readings.ignore("Illuminance", matching[0]["Illuminance"], reason, is_fault=False)


def _zigbee_name(name: str) -> str:
    """A name or a short address as it is compared: topics have `5ADF` where messages have `0x5ADF`."""
    return name.lower().removeprefix("0x")


def _power_fields(model: str | None) -> tuple[str, ...]:
    """The fields of the registered channel: of the first or only one without a channel."""
    channel = _channel(model)
    return ("POWER", "POWER1") if channel in (None, 1) else (f"POWER{channel}",)


def _channel(model: str | None) -> int | None:
    """The channel that the registry's model names, from 1; None if it names none."""
    match = _CHANNEL.fullmatch((model or "").lower())
    return int(match[1]) if match else None


def _of_channel(channel: int | None) -> Convert:
    """A converter of a number, or of an array of one number a channel: that of `channel`, else their sum."""

    def convert(value: object) -> float | None:
        if channel is None or not isinstance(value, list):
            return total(value)
        return number(value[channel - 1]) if 0 < channel <= len(value) else None

    return convert


def _kwh(value: float | None) -> float | None:
    return None if value is None else round(value * 1000, 6)


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds.

    A ramp is Tasmota's Fade, with Speed in half seconds for the whole range, 1 to 40. A DALI gateway knows no ramp. A
    registered channel is set alone; one that cannot dim is switched.
    """
    model = (entry.model or "").lower()
    if model.startswith(DALI):
        gear = model.removeprefix(DALI).strip("- ") or "0"
        return [(f"cmnd/{entry.address}/DaliDimmer{gear}", str(percent(level)).encode())]
    if (channel := _channel(entry.model)) is not None:
        return [(f"cmnd/{entry.address}/POWER{channel}", b"ON" if level > 0 else b"OFF")]
    fade = f"Fade 1;Speed {min(40, max(1, round(ramp_s * 2)))}" if ramp_s else "Fade 0"
    backlog = f"{fade};Dimmer {percent(level)};POWER ON" if level > 0 else f"{fade};POWER OFF"
    return [(f"cmnd/{entry.address}/Backlog0", backlog.encode())]
