"""A centre that lives now: people come and go at any hour, lights follow, and every device says so in its dialect.

The core is `step`: it takes the state, the time and the chance, and returns the next state and what was said.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from firmware_sim.ambient import CLEAR_SKY_LUX, DEGREES_A_PERSON, LAMP_LUX, OUTDOOR_CO2_PPM, ppm_of_a_person, sine_of_sun
from firmware_sim.dialects.said import Order
from firmware_sim.light import STANDBY_SHARE
from firmware_sim.network import light_of
from firmware_sim.zigbee2mqtt import speak
from smartwork.contracts.metrics import Metric
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Resource, Zone

Message = tuple[str, bytes]

STAY_MIN = (30.0, 240.0)
EMPTY_MIN = (20.0, 240.0)
SOONEST_REPORT = timedelta(seconds=20)
WINDOW = 0.008
AIR_SETTLES = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Seat:
    """How many are at a resource until when, and when its sensor next speaks unasked."""

    people: int
    until: datetime
    report_at: datetime


@dataclass(frozen=True, slots=True)
class Lamp:
    """A zone's light: its level (0 is off) as it was told, its meter, and its next report."""

    level: float
    energy_wh: float
    report_at: datetime


@dataclass(frozen=True, slots=True)
class Air:
    """A zone's air, and the next report of its sensor."""

    co2_ppm: float
    report_at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """A centre at an instant; all times are real, only what people do is sped up."""

    at: datetime
    seats: Mapping[str, Seat]  # by resource
    lamps: Mapping[str, Lamp]  # by zone
    airs: Mapping[str, Air]  # by zone


def begin(centre: Centre, now: datetime, random: Random, speed: float) -> Live:
    """A centre in the middle of its life, a good third of its seats taken; the first step makes every device speak."""
    seats = {}
    for resource in centre.resources:
        seat = _next_seat(resource, random.random() < 0.4, now, random, speed)
        started = timedelta(seconds=random.random() * (seat.until - now).total_seconds())
        seats[resource.slug] = replace(seat, until=seat.until - started, report_at=now)
    lamps = {zone.slug: Lamp(level=0.0, energy_wh=0.0, report_at=now) for zone in centre.zones}
    airs = {zone.slug: Air(OUTDOOR_CO2_PPM, now) for zone in centre.zones}
    return Live(now, seats, lamps, airs)


def step(
    centre: Centre, live: Live, now: datetime, random: Random, speed: float, orders: Mapping[str, Order] | None = None
) -> tuple[Live, list[Message]]:
    """The centre at `now` and what its devices said on the way, in Zigbee2MQTT's words.

    `orders` are what lamps were told since, by zone; they do nothing by themselves. `speed` shortens stays, absences and the
    settling of the air: at 60 an hour's stay takes a minute. Presence is said on each change and at the sensor's interval, a
    light's state with its meter likewise.
    """
    said: list[Message] = []
    device_of = {device.resource: device for device in centre.devices if device.resource}
    seats = dict(live.seats)
    for resource in centre.resources:
        seat = seats[resource.slug]
        changed = now >= seat.until
        if changed:
            seat = _next_seat(resource, seat.people == 0, now, random, speed)
        if changed or now >= seat.report_at:
            device = device_of[resource.slug]
            seat = replace(seat, report_at=now + timedelta(seconds=device.interval_s))
            said.append(_say_presence(device, now, seat, random))
        seats[resource.slug] = seat
    lamps, airs = dict(live.lamps), dict(live.airs)
    for device in centre.devices:
        zone = next((zone for zone in centre.zones if zone.slug == device.zone), None)
        if zone is None:
            continue
        people = sum(seats[r.slug].people for r in centre.resources if r.zone == zone.slug)
        if device.slug == light_of(zone.slug):
            order = (orders or {}).get(zone.slug)
            lamp, speaks = _burn(device, zone, lamps[zone.slug], order, since=live.at, now=now, speed=speed)
            lamps[zone.slug] = lamp
            said += [_say_light(device, zone, now, lamp)] if speaks else []
        else:
            air, speaks = _breathe(device, zone, airs[zone.slug], people=people, since=live.at, now=now, speed=speed)
            airs[zone.slug] = air
            said += (
                [_say_air(device, centre, now, air=air, people=people, lamp=lamps[zone.slug], random=random)]
                if speaks
                else []
            )
    return Live(now, seats, lamps, airs), said


def _next_seat(resource: Resource, taken: bool, now: datetime, random: Random, speed: float) -> Seat:
    minutes = random.uniform(*(STAY_MIN if taken else EMPTY_MIN)) / speed
    people = 0 if not taken else 1 if resource.kind == "desk" else random.randint(2, resource.seats)
    return Seat(people, now + timedelta(minutes=minutes), now)


def _report_every(device: Device, speed: float) -> timedelta:
    return max(SOONEST_REPORT, timedelta(seconds=device.interval_s) / max(speed, 1.0))


def _power_w(zone: Zone, level: float) -> float:
    return round(zone.light_power_w * max(level, STANDBY_SHARE), 1)


def _burn(
    device: Device, zone: Zone, lamp: Lamp, order: Order | None, *, since: datetime, now: datetime, speed: float
) -> tuple[Lamp, bool]:
    used = _power_w(zone, lamp.level) * (now - since).total_seconds() / 3600
    level = lamp.level if order is None else 0.0 if not order.on else 1.0 if order.level is None else order.level
    speaks = order is not None or now >= lamp.report_at
    report_at = now + _report_every(device, speed) if speaks else lamp.report_at
    return Lamp(level, lamp.energy_wh + used, report_at), speaks


def _breathe(
    device: Device, zone: Zone, air: Air, *, people: int, since: datetime, now: datetime, speed: float
) -> tuple[Air, bool]:
    settled = 1 - math.exp(-(now - since) * speed / AIR_SETTLES)
    co2 = air.co2_ppm + (OUTDOOR_CO2_PPM + people * ppm_of_a_person(zone) - air.co2_ppm) * settled
    speaks = now >= air.report_at
    return Air(co2, now + _report_every(device, speed) if speaks else air.report_at), speaks


def _say_presence(device: Device, now: datetime, seat: Seat, random: Random) -> Message:
    own = Random(device.address)
    values = {
        Metric.PRESENCE: float(seat.people > 0),
        Metric.LINK_QUALITY: float(min(255, own.randint(60, 200) + random.randint(0, 30))),
        Metric.BATTERY_PCT: float(own.randint(55, 100)),
    }
    return speak(device.address, now, values)


def _say_light(device: Device, zone: Zone, now: datetime, lamp: Lamp) -> Message:
    values = {
        Metric.LIGHT_ON: float(lamp.level > 0),
        Metric.LIGHT_LEVEL: lamp.level,
        Metric.POWER_W: _power_w(zone, lamp.level),
        Metric.ENERGY_WH: round(lamp.energy_wh, 3),
    }
    return speak(device.address, now, values)


def _say_air(device: Device, centre: Centre, now: datetime, *, air: Air, people: int, lamp: Lamp, random: Random) -> Message:
    sun = sine_of_sun(round(now.timestamp() * 1000), centre.latitude, centre.longitude)
    daylight = max(0.0, sun) * CLEAR_SKY_LUX * WINDOW * random.uniform(0.4, 0.5)
    values = {
        Metric.ILLUMINANCE_LUX: float(round(daylight + LAMP_LUX * lamp.level)),
        Metric.CO2_PPM: float(round(air.co2_ppm + random.uniform(-5, 5))),
        Metric.TEMPERATURE_C: round(20.5 + people * DEGREES_A_PERSON + random.uniform(-0.1, 0.1), 1),
        Metric.HUMIDITY_PCT: round(43 + people * 0.3 + random.uniform(-1, 1), 1),
    }
    return speak(device.address, now, values)
