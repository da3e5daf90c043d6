"""Tasmota: `tele/`, `stat/` and `cmnd/` before the device's own topic; `Time` is local and carries no offset."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from firmware_sim.dialects.said import Order, Said, share, switched, text
from smartwork.contracts.metrics import Metric

ZONE = ZoneInfo("Europe/Brussels")
"""What a Tasmota in a Belgian centre is set to."""


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> list[Said]:
    """A switch's answer, a motion sensor's rule, and telemetry with energy and climate."""
    said: list[Said] = []
    if (presence := values.get(Metric.PRESENCE)) is not None:
        said.append(Said(f"stat/{address}/PIR1", b"ON" if presence else b"OFF"))
    if (on := values.get(Metric.LIGHT_ON)) is not None:
        answer: dict[str, object] = {"POWER": "ON" if on else "OFF"}
        if (level := values.get(Metric.LIGHT_LEVEL)) is not None:
            answer["Dimmer"] = round(level * 100)
        said.append(Said(f"stat/{address}/RESULT", text(answer)))
    telemetry = _telemetry(values)
    if telemetry:
        when = at.astimezone(ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
        said.append(Said(f"tele/{address}/SENSOR", text({"Time": when, **telemetry})))
    if (online := values.get(Metric.ONLINE)) is not None:
        said.append(Said(f"tele/{address}/LWT", b"Online" if online else b"Offline", retain=True))
    return said


def _telemetry(values: Mapping[Metric, float]) -> dict[str, object]:
    found: dict[str, object] = {}
    if Metric.POWER_W in values or Metric.ENERGY_WH in values:
        energy: dict[str, object] = {}
        if Metric.ENERGY_WH in values:
            energy["Total"] = round(values[Metric.ENERGY_WH] / 1000, 6)
        if Metric.POWER_W in values:
            energy["Power"] = values[Metric.POWER_W]
        found["ENERGY"] = energy
    climate = {"Temperature": Metric.TEMPERATURE_C, "Humidity": Metric.HUMIDITY_PCT}
    if said := {name: values[metric] for name, metric in climate.items() if metric in values}:
        found["AM2301"] = said
    if Metric.ILLUMINANCE_LUX in values:
        found["BH1750"] = {"Illuminance": values[Metric.ILLUMINANCE_LUX]}
    return found


def ears(address: str) -> list[str]:
    """Where a lamp listens."""
    return [f"cmnd/{address}/POWER", f"cmnd/{address}/Dimmer", f"cmnd/{address}/Backlog0", f"cmnd/{address}/Backlog"]


def obey(address: str, topic: str, payload: bytes) -> Order | None:
    """What the command means; a Backlog holds several, parted by semicolons. None where it is none."""
    prefix = f"cmnd/{address}/"
    if not topic.startswith(prefix):
        return None
    name, argument = topic.removeprefix(prefix).upper(), payload.decode(errors="replace").strip()
    if not name.startswith("BACKLOG"):
        return _single(name, argument)
    order: Order | None = None
    for part in argument.split(";"):
        word, _, rest = part.strip().partition(" ")
        found = _single(word.upper(), rest.strip())
        if found is not None:
            order = Order(found.on, found.level if found.level is not None else order.level if order else None)
    return order


def _single(name: str, argument: str) -> Order | None:
    if name.startswith("POWER"):
        on = switched({"1": "ON", "0": "OFF"}.get(argument, argument))
        return None if on is None else Order(on)
    if name.startswith("DIMMER") and argument.isdigit():
        level = share(int(argument), 100)
        return Order(bool(level), level)
    return None
