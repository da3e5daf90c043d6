"""A made-up centre in which every device family has its place, and one day of its people and sensors, by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import merge
from random import Random

from firmware_sim import floorplan
from firmware_sim.dialects import SPEAKERS
from firmware_sim.dialects.said import Said
from firmware_sim.habits import Event, Habits, habits_of, measured, repeated
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile, ZoneLight
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Resource, Zone
from smartwork.domain.time import Interval

SLUG = "mixed"
ZONE = "Europe/Brussels"
DESKS, OPEN_ZONES, ROOMS = 18, 3, 2
HOURS = OpeningHours(ZONE, time(7), time(19), frozenset({1, 2, 3, 4, 5}))
_WATCH: tuple[tuple[Profile, str, str | None, int], ...] = (
    (Profile.ZIGBEE2MQTT, "zigbee2mqtt/mixed/{}", None, 60),
    (Profile.TASMOTA, "mixed-{}", None, 60),
    (Profile.ESPHOME, "mixed-{}", None, 60),
    (Profile.CHIRPSTACK, "application/mixed/device/24e124{:010x}", "VS341", 600),
    (Profile.TTN, "v3/mixed@ttn/devices/{}", "EMS Desk", 600),
    (Profile.MILESIGHT, "gateway/mixed/24e124{:010x}", "VS341", 600),
    (Profile.ELSYS, "bridge/mixed/{}", "EMS Desk", 600),
    (Profile.HOMEASSISTANT, "binary_sensor/{}_presence", None, 120),
)
"""Presence sensors: family, address, model, and reporting interval in seconds; batteries speak seldom."""
_LAMPS: tuple[tuple[Profile, str], ...] = (
    (Profile.ZIGBEE2MQTT, "zigbee2mqtt/mixed/{}"),
    (Profile.TASMOTA, "lamp-{}"),
    (Profile.SHELLY, "shellydimmer-{}"),
    (Profile.ESPHOME, "panel-{}"),
)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: who is truly where, and what the presence sensors say of it, in order of time."""

    centre: Centre
    day: date
    present: Mapping[str, tuple[Interval, ...]]
    said: tuple[tuple[datetime, Said], ...]
    habits: Mapping[str, Habits]


def mixed_centre() -> Centre:
    """The centre: three open zones and meeting rooms, each lit by a lamp of another family."""
    plan = floorplan.draw(DESKS, OPEN_ZONES, ROOMS, 7.0)
    watchers = tuple(_watching(resource, i) for i, resource in enumerate(plan.resources))
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
        zones=tuple(_lit(zone) for zone in plan.zones),
        resources=plan.resources,
        devices=(*watchers, *lamps),
    )


def _lit(zone: Zone) -> Zone:
    light = ZoneLight(zone=zone.slug, hold_s=600, level=0.9, background=0.0, ramp_s=0, override_s=7_200)
    return Zone(zone.slug, zone.name, zone.area_m2, zone.light_power_w, zone.place, light)


def _watching(resource: Resource, i: int) -> Device:
    profile, address, model, interval_s = _WATCH[i % len(_WATCH)]
    name = resource.slug.replace("-", "_") if profile is Profile.HOMEASSISTANT else resource.slug
    where = address.format(i + 1 if "x}" in address else name)
    return Device(f"{resource.slug}-presence", profile.value, where, interval_s, resource=resource.slug, model=model)


def a_day(day: date, seed: int) -> Day:
    """The day of the centre; equal seeds give equal days. Raises ValueError where it is closed."""
    centre = mixed_centre()
    opened = centre.hours.of(day)
    if opened is None:
        raise ValueError(f"{day} is no open day")
    random = Random(f"{seed}/mixed/{day}")
    present = {resource.slug: _stays(opened, random) for resource in centre.resources}
    watchers = {device.slug: device for device in centre.devices if device.role == "presence"}
    habits = habits_of(watchers, opened.start, opened.end, seed)
    start, end = opened.start - timedelta(hours=1), opened.end + timedelta(minutes=30)
    streams = [
        _spoken(device, present[str(device.resource)], habits[slug], Interval(start, end), Random(f"{seed}/{slug}"))
        for slug, device in watchers.items()
    ]
    return Day(centre, day, present, tuple(merge(*streams, key=lambda pair: pair[0])), habits)


def _stays(opened: Interval, random: Random) -> tuple[Interval, ...]:
    """One to three stays with gaps between them, now and then none."""
    stays: list[Interval] = []
    at = opened.start + timedelta(minutes=random.uniform(0, 150))
    for _ in range(random.choice((0, 1, 1, 2, 2, 3))):
        end = at + timedelta(minutes=random.uniform(20, 200))
        if end >= opened.end:
            break
        stays.append(Interval(at, end))
        at = end + timedelta(minutes=random.uniform(15, 120))
    return tuple(stays)


def _spoken(
    device: Device, stays: tuple[Interval, ...], habits: Habits, during: Interval, random: Random
) -> list[tuple[datetime, Said]]:
    """What one sensor says: each change at once, and its state once an interval; with its bad habits."""
    speak, ahead = SPEAKERS[Profile(device.profile)], timedelta(seconds=habits.clock_s)
    return [
        (event.at, said)
        for event in measured(_events(device, stays, during, random), habits, random)
        for said in repeated(speak(device.address, event.at + ahead, event.values), habits, random)
    ]


def _events(device: Device, stays: tuple[Interval, ...], during: Interval, random: Random) -> list[Event]:
    every = timedelta(seconds=device.interval_s)
    changes = [edge for stay in stays for edge in (stay.start, stay.end)]
    at, ticks = during.start + random.random() * every, []
    while at < during.end:
        ticks.append(at)
        at += every
    return [
        Event(at, {Metric.PRESENCE: float(any(s.start <= at < s.end for s in stays)), Metric.BATTERY_PCT: 80.0})
        for at in sorted({*changes, *ticks})
    ]
