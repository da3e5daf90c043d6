"""A month of readings of a zone's ambient sensor: light, air and temperature that follow sun, lamps and people."""

import math
from collections.abc import Sequence
from random import Random

from firmware_sim.member_habits import TruePresence
from firmware_sim.presence_sensors import HOUR_MS, IntervalMs
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Zone

DAY_MS = 24 * HOUR_MS
OUTDOOR_CO2_PPM = 425.0
CEILING_M = 2.8
CO2_M3_PER_PERSON_H = 0.018  # breathed out by a person at a desk
AIR_CHANGES_PER_H = 1.3
LAMP_LUX = 420.0
CLEAR_SKY_LUX = 95_000.0
DEGREES_PER_PERSON = 0.12


def ambient_readings(
    device: Device,
    centre: Centre,
    zone: Zone,
    *,
    people: Sequence[TruePresence],
    lit: Sequence[IntervalMs],
    window: IntervalMs,
    key: str,
) -> list[Reading]:
    """Illuminance (lx), CO2 (ppm), temperature (°C) and relative humidity (%) every `device.interval_s`, in time order.

    CO2 follows the mass balance of one well-mixed volume. Daylight follows the sun's elevation and the day's clouds.
    `key` seeds the sensor's phase, window, clouds and noise.
    """
    random = Random(key)
    step = device.interval_s * 1000
    start, end = window
    first = start + random.randrange(step)
    ticks = range(first, end, step)
    mean_people = _mean_by_slot([(p.start_ms, p.end_ms, p.people) for p in people], ticks)
    mean_lit = _mean_by_slot([(a, b, 1) for a, b in lit], ticks)
    hours = device.interval_s / 3600
    exchanged = 1 - math.exp(-AIR_CHANGES_PER_H * hours)
    ppm_per_person = co2_ppm_per_person(zone)
    window_share = random.uniform(0.004, 0.012)
    humidity = 44.0 - 9.0 * math.cos(2 * math.pi * (_day_of_year(start) - 200) / 365 + math.pi)
    co2, temperature, today, clouds = OUTDOOR_CO2_PPM, 18.5, -1, 0.5
    readings: list[Reading] = []
    for tick, present, lit_share in zip(ticks, mean_people, mean_lit, strict=True):
        day = tick // DAY_MS
        if day != today:
            today, clouds = day, random.uniform(0.15, 0.9)
        sun = sine_of_sun_elevation(tick, centre.latitude, centre.longitude)
        daylight = CLEAR_SKY_LUX * sun * clouds * window_share if sun > 0 else 0.0
        co2 += (OUTDOOR_CO2_PPM + present * ppm_per_person - co2) * exchanged
        heated = 21.0 if present or lit_share else 18.5
        temperature += (heated + present * DEGREES_PER_PERSON - temperature) * 0.18
        noise = random.random() - 0.5
        values = (
            (Metric.ILLUMINANCE_LUX, float(round(daylight * (1 + noise / 5) + lit_share * LAMP_LUX))),
            (Metric.CO2_PPM, float(round(co2 + noise * 12))),
            (Metric.TEMPERATURE_C, round(temperature + noise * 0.2, 1)),
            (Metric.HUMIDITY_PCT, round(humidity + present * 0.3 + noise * 2, 1)),
        )
        readings += [Reading(tick, device.slug, metric, value) for metric, value in values]
    return readings


def co2_ppm_per_person(zone: Zone) -> float:
    """By how much one person raises the CO2 of a zone at equilibrium, in ppm."""
    return CO2_M3_PER_PERSON_H * 1e6 / (AIR_CHANGES_PER_H * zone.area_m2 * CEILING_M)


def _mean_by_slot(weighted: Sequence[tuple[int, int, int]], ticks: range) -> list[float]:
    """For each tick, the mean over time of the summed weights in the slot that ends with the tick."""
    step = ticks.step
    sums = [0] * len(ticks)
    origin = ticks.start - step
    for start, end, weight in weighted:
        first, last = max(0, (start - origin) // step), min(len(sums) - 1, (end - 1 - origin) // step)
        for slot in range(first, last + 1):
            slot_start = origin + slot * step
            sums[slot] += (min(end, slot_start + step) - max(start, slot_start)) * weight
    return [total / step for total in sums]


def _day_of_year(ms: int) -> float:
    return (ms / DAY_MS) % 365.25


def sine_of_sun_elevation(ms: int, latitude: float, longitude: float) -> float:
    """Sine of the sun's elevation, from declination and hour angle; accurate to a few degrees."""
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (_day_of_year(ms) + 10) / 365.25)
    hour_angle = math.radians((ms % DAY_MS) / DAY_MS * 360 - 180 + longitude)
    north = math.radians(latitude)
    return math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour_angle)
