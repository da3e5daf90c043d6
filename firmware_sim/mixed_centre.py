"""A made-up centre with devices of every family, and one day of its people and sensors, by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import merge
from random import Random

from firmware_sim import floorplan
from firmware_sim.device_faults import DeviceFaults, Measurement, apply_faults, draw_faults, repeat_some
from firmware_sim.dialects import ENCODERS
from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile, ZoneSettings
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Resource, Zone
from smartwork.domain.time import Interval

SLUG = "mixed"
TIMEZONE = "Europe/Brussels"
DESKS, OPEN_ZONES, ROOMS = 18, 3, 2
HOURS = OpeningHours(TIMEZONE, time(7), time(19), frozenset({1, 2, 3, 4, 5}))
_PRESENCE_SENSORS: tuple[tuple[Profile, str, str | None, int], ...] = (
    (Profile.ZIGBEE2MQTT, "zigbee2mqtt/mixed/{}", None, 60),
    (Profile.TASMOTA, "mixed-{}", None, 60),
    (Profile.ESPHOME, "mixed-{}", None, 60),
    (Profile.CHIRPSTACK, "application/mixed/device/24e124{:010x}", "VS341", 600),
    (Profile.TTN, "v3/mixed@ttn/devices/{}", "EMS Desk", 600),
    (Profile.MILESIGHT, "gateway/mixed/24e124{:010x}", "VS341", 600),
    (Profile.ELSYS, "bridge/mixed/{}", "EMS Desk", 600),
    (Profile.HOMEASSISTANT, "binary_sensor/{}_presence", None, 120),
)
"""Family, address, model, and reporting interval in seconds: longer for sensors on batteries."""
_LAMPS: tuple[tuple[Profile, str], ...] = (
    (Profile.ZIGBEE2MQTT, "zigbee2mqtt/mixed/{}"),
    (Profile.TASMOTA, "lamp-{}"),
    (Profile.SHELLY, "shellydimmer-{}"),
    (Profile.ESPHOME, "panel-{}"),
)


@dataclass(frozen=True, slots=True)
class MixedDay:
    """One day: true presence by resource, and the messages of its presence sensors in time order."""

    centre: Centre
    day: date
    present: Mapping[str, tuple[Interval, ...]]
    messages: tuple[tuple[datetime, SimulatedMessage], ...]
    faults: Mapping[str, DeviceFaults]  # by device


def mixed_centre() -> Centre:
    """The centre: three open zones and meeting rooms, each lit by a lamp of another family."""
    plan = floorplan.draw(DESKS, OPEN_ZONES, ROOMS, 7.0)
    sensors = tuple(_presence_sensor(resource, i) for i, resource in enumerate(plan.resources))
    lamps = tuple(
        Device(f"{zone.slug}-light", p.value, address.format(zone.slug), 60, zone.slug, role="light")
        for zone, (p, address) in zip(plan.zones, _LAMPS, strict=True)
    )
    return Centre(
        slug=SLUG,
        name="Smart Work Center Mixte (démo)",
        operator="Régie Fictive de Mons",
        region="Wallonie",
        town="Mixte",
        latitude=50.45,
        longitude=3.95,
        hours=HOURS,
        closure_reasons={},
        plan_width_m=plan.width_m,
        plan_height_m=plan.height_m,
        zones=tuple(_with_settings(zone) for zone in plan.zones),
        resources=plan.resources,
        devices=(*sensors, *lamps),
    )


def _with_settings(zone: Zone) -> Zone:
    light = ZoneSettings(zone=zone.slug, hold_s=600, level=0.9, background=0.0, ramp_s=0, override_s=7_200)
    return Zone(zone.slug, zone.name, zone.area_m2, zone.light_power_w, zone.place, light)


def _presence_sensor(resource: Resource, i: int) -> Device:
    profile, address, model, interval_s = _PRESENCE_SENSORS[i % len(_PRESENCE_SENSORS)]
    name = resource.slug.replace("-", "_") if profile is Profile.HOMEASSISTANT else resource.slug
    device_address = address.format(i + 1 if "x}" in address else name)
    return Device(f"{resource.slug}-presence", profile.value, device_address, interval_s, resource=resource.slug, model=model)


def mixed_day(day: date, seed: int) -> MixedDay:
    """The day of the centre; equal seeds give equal days. Raises ValueError if the centre is closed."""
    centre = mixed_centre()
    opened = centre.hours.of(day)
    if opened is None:
        raise ValueError(f"the simulated centre is closed on {day}; expected a weekday")
    random = Random(f"{seed}/mixed/{day}")
    present = {resource.slug: _draw_stays(opened, random) for resource in centre.resources}
    sensors = {device.slug: device for device in centre.devices if device.role == "presence"}
    faults = draw_faults(sensors, opened.start, opened.end, seed)
    window = Interval(opened.start - timedelta(hours=1), opened.end + timedelta(minutes=30))
    streams = [
        _sensor_messages(sensor, present[str(sensor.resource)], faults[slug], window, Random(f"{seed}/{slug}"))
        for slug, sensor in sensors.items()
    ]
    return MixedDay(centre, day, present, tuple(merge(*streams, key=lambda pair: pair[0])), faults)


def _draw_stays(opened: Interval, random: Random) -> tuple[Interval, ...]:
    """None to three stays with gaps between them."""
    stays: list[Interval] = []
    at = opened.start + timedelta(minutes=random.uniform(0, 150))
    for _ in range(random.choice((0, 1, 1, 2, 2, 3))):
        end = at + timedelta(minutes=random.uniform(20, 200))
        if end >= opened.end:
            break
        stays.append(Interval(at, end))
        at = end + timedelta(minutes=random.uniform(15, 120))
    return tuple(stays)


def _sensor_messages(
    sensor: Device, stays: tuple[Interval, ...], faults: DeviceFaults, window: Interval, random: Random
) -> list[tuple[datetime, SimulatedMessage]]:
    """The messages of one sensor with its faults, and when each is published."""
    encode, ahead = ENCODERS[Profile(sensor.profile)], timedelta(seconds=faults.clock_ahead_s)
    return [
        (measurement.at, message)
        for measurement in apply_faults(_measurements(sensor, stays, window, random), faults, random)
        for message in repeat_some(encode(sensor.address, measurement.at + ahead, measurement.values), faults, random)
    ]


def _measurements(sensor: Device, stays: tuple[Interval, ...], window: Interval, random: Random) -> list[Measurement]:
    """The true presence at each change, and once an interval from a random phase."""
    interval = timedelta(seconds=sensor.interval_s)
    changes = [edge for stay in stays for edge in (stay.start, stay.end)]
    at, ticks = window.start + random.random() * interval, []
    while at < window.end:
        ticks.append(at)
        at += interval
    return [
        Measurement(at, {Metric.PRESENCE: float(any(s.start <= at < s.end for s in stays)), Metric.BATTERY_PCT: 80.0})
        for at in sorted({*changes, *ticks})
    ]
