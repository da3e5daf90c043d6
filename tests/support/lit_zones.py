"""A small policy with lights, and readings of its sensors and lights."""

from datetime import UTC, datetime

from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Hours, Policy, Profile, ZoneSettings
from smartwork.contracts.reading import Reading

NOON = datetime(2026, 10, 5, 10, tzinfo=UTC)
"""A Monday, 12:00 in Brussels."""


def policy(*families: Profile, hold_s: int = 600, zones: int = 1) -> Policy:
    """Zones `z-0`, `z-1` … with a presence sensor `z-0-s` and a light `z-0-l-0`, `z-0-l-1` … for each family."""
    names = [f"z-{i}" for i in range(zones)]
    sensors = [
        DeviceEntry(device=f"{zone}-s", profile=Profile.ESPHOME, address=f"{zone}-s", interval_s=600, zone=zone)
        for zone in names
    ]
    lights = [
        DeviceEntry(
            device=f"{zone}-l-{i}", profile=profile, address=f"{zone}-lamp-{i}", interval_s=600, role="light", zone=zone
        )
        for zone in names
        for i, profile in enumerate(families)
    ]
    return Policy(
        version=1,
        timezone="Europe/Brussels",
        devices=[*sensors, *lights],
        hours=Hours(opens="07:00", closes="19:00", open_days=[1, 2, 3, 4, 5]),
        lights=[ZoneSettings(zone=zone, hold_s=hold_s, level=0.8, ramp_s=0, override_s=3_600) for zone in names],
    )


def presence(value: float, at: datetime, zone: str = "z-0") -> Reading:
    """A reading of a zone's presence sensor."""
    return Reading(round(at.timestamp() * 1000), f"{zone}-s", Metric.PRESENCE, value)


def state(on: bool, level: float | None = None, light: str = "z-0-l-0") -> list[Reading]:
    """The readings of a light that reports its state."""
    readings = [Reading(0, light, Metric.LIGHT_ON, float(on))]
    return readings if level is None else [*readings, Reading(0, light, Metric.LIGHT_LEVEL, level)]
