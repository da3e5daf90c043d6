"""Tasmota: `tele/`, `stat/` and `cmnd/` before the device's own topic; `Time` is local time without an offset."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from firmware_sim.dialects.simulated_message import LampCommand, SimulatedMessage, on_or_off, to_json, to_level
from smartwork.contracts.metrics import Metric

TIMEZONE = ZoneInfo("Europe/Brussels")
"""The time zone that the simulated devices are set to."""


def encode(address: str, at: datetime, values: Mapping[Metric, float]) -> list[SimulatedMessage]:
    """The result of a switch, a motion sensor's rule, and telemetry with energy and climate."""
    messages: list[SimulatedMessage] = []
    if (presence := values.get(Metric.PRESENCE)) is not None:
        messages.append(SimulatedMessage(f"stat/{address}/PIR1", b"ON" if presence else b"OFF"))
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        result: dict[str, object] = {"POWER": "ON" if on else "OFF"}
        if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
            result["Dimmer"] = round(level * 100)
        messages.append(SimulatedMessage(f"stat/{address}/RESULT", to_json(result)))
    telemetry = _telemetry(values)
    if telemetry:
        local_time = at.astimezone(TIMEZONE).replace(tzinfo=None).isoformat(timespec="seconds")
        messages.append(SimulatedMessage(f"tele/{address}/SENSOR", to_json({"Time": local_time, **telemetry})))
    if (online := values.get(Metric.ONLINE)) is not None:
        messages.append(SimulatedMessage(f"tele/{address}/LWT", b"Online" if online else b"Offline", retain=True))
    return messages


def _telemetry(values: Mapping[Metric, float]) -> dict[str, object]:
    telemetry: dict[str, object] = {}
    if Metric.POWER_W in values or Metric.ENERGY_WH in values:
        energy: dict[str, object] = {}
        if Metric.ENERGY_WH in values:
            energy["Total"] = round(values[Metric.ENERGY_WH] / 1000, 6)
        if Metric.POWER_W in values:
            energy["Power"] = values[Metric.POWER_W]
        telemetry["ENERGY"] = energy
    climate = {"Temperature": Metric.TEMPERATURE_C, "Humidity": Metric.HUMIDITY_PCT}
    if measured := {name: values[metric] for name, metric in climate.items() if metric in values}:
        telemetry["AM2301"] = measured
    if Metric.ILLUMINANCE_LUX in values:
        telemetry["BH1750"] = {"Illuminance": values[Metric.ILLUMINANCE_LUX]}
    return telemetry


def command_topics(address: str) -> list[str]:
    """The topics that a lamp subscribes to for commands."""
    return [f"cmnd/{address}/POWER", f"cmnd/{address}/Dimmer", f"cmnd/{address}/Backlog0", f"cmnd/{address}/Backlog"]


def handle_command(address: str, topic: str, payload: bytes) -> LampCommand | None:
    """The lamp command in a message to the lamp at `address`, or None if it has none.

    A Backlog holds several commands separated by semicolons; the last state and the last level count.
    """
    prefix = f"cmnd/{address}/"
    if not topic.startswith(prefix):
        return None
    name, argument = topic.removeprefix(prefix).upper(), payload.decode(errors="replace").strip()
    if not name.startswith("BACKLOG"):
        return _single_command(name, argument)
    command: LampCommand | None = None
    for part in argument.split(";"):
        word, _, rest = part.strip().partition(" ")
        sent = _single_command(word.upper(), rest.strip())
        if sent is not None:
            level_before = command.level if command else None
            command = LampCommand(sent.on, sent.level if sent.level is not None else level_before)
    return command


def _single_command(name: str, argument: str) -> LampCommand | None:
    if name.startswith("POWER"):
        on = on_or_off({"1": "ON", "0": "OFF"}.get(argument, argument))
        return None if on is None else LampCommand(on)
    if name.startswith("DIMMER") and argument.isdigit():
        level = to_level(int(argument), 100)
        return LampCommand(bool(level), level)
    return None
