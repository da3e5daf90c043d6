"""What a zone's ambient sensor reports of a month: light, air and warmth that follow sun, lamps and people."""

import math
from collections.abc import Sequence
from random import Random

from firmware_sim.people import Presence
from firmware_sim.sensors import HOUR_MS, Stretch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Zone

DAY_MS = 24 * HOUR_MS
OUTDOOR_CO2_PPM = 425.0
CEILING_M = 2.8
BREATH_M3_PER_H = 0.018  # CO2 that a person at a desk breathes out
AIR_CHANGES_PER_H = 1.3
LAMP_LUX = 420.0
CLEAR_SKY_LUX = 95_000.0
DEGREES_A_PERSON = 0.12


def ambient_readings(
    device: Device,
    centre: Centre,
    zone: Zone,
    *,
    people: Sequence[Presence],
    lit: Sequence[Stretch],
    during: Stretch,
    key: str,
) -> list[Reading]:
    """Illuminance (lx), CO2 (ppm), temperature (°C) and relative humidity (%) every `device.interval_s`, in time order.

    Carbon dioxide follows a mass balance of one well-mixed volume; daylight the height of the sun and a day's clouds.
    """
    random = Random(key)
    step = device.interval_s * 1000
    start, end = during
    first = start + random.randrange(step)
    ticks = range(first, end, step)
    heads = _mean_by_slot([(p.start_ms, p.end_ms, p.people) for p in people], ticks)
    lamps = _mean_by_slot([(a, b, 1) for a, b in lit], ticks)
    hours = device.interval_s / 3600
    fresh = 1 - math.exp(-AIR_CHANGES_PER_H * hours)
    ppm_a_person = ppm_of_a_person(zone)
    window = random.uniform(0.004, 0.012)
    wet = 44.0 - 9.0 * math.cos(2 * math.pi * (_day_of_year(start) - 200) / 365 + math.pi)
    co2, warmth, today, clouds = OUTDOOR_CO2_PPM, 18.5, -1, 0.5
    readings: list[Reading] = []
    for tick, persons, lamp in zip(ticks, heads, lamps, strict=True):
        day = tick // DAY_MS
        if day != today:
            today, clouds = day, random.uniform(0.15, 0.9)
        sun = sine_of_sun(tick, centre.latitude, centre.longitude)
        daylight = CLEAR_SKY_LUX * sun * clouds * window if sun > 0 else 0.0
        co2 += (OUTDOOR_CO2_PPM + persons * ppm_a_person - co2) * fresh
        heated = 21.0 if persons or lamp else 18.5
        warmth += (heated + persons * DEGREES_A_PERSON - warmth) * 0.18
        noise = random.random() - 0.5
        values = (
            (Metric.ILLUMINANCE_LUX, float(round(daylight * (1 + noise / 5) + lamp * LAMP_LUX))),
            (Metric.CO2_PPM, float(round(co2 + noise * 12))),
            (Metric.TEMPERATURE_C, round(warmth + noise * 0.2, 1)),
            (Metric.HUMIDITY_PCT, round(wet + persons * 0.3 + noise * 2, 1)),
        )
        readings += [Reading(tick, device.slug, metric, value) for metric, value in values]
    return readings


def ppm_of_a_person(zone: Zone) -> float:
    """By how much one person raises the carbon dioxide of a zone in the long run, in ppm."""
    return BREATH_M3_PER_H * 1e6 / (AIR_CHANGES_PER_H * zone.area_m2 * CEILING_M)


def _mean_by_slot(stretches: Sequence[tuple[int, int, int]], ticks: range) -> list[float]:
    """For each tick, the time-weighted mean of the sum of weights over the slot that ends with it."""
    step = ticks.step
    sums = [0] * len(ticks)
    origin = ticks.start - step
    for start, end, weight in stretches:
        first, last = max(0, (start - origin) // step), min(len(sums) - 1, (end - 1 - origin) // step)
        for slot in range(first, last + 1):
            opens = origin + slot * step
            sums[slot] += (min(end, opens + step) - max(start, opens)) * weight
    return [total / step for total in sums]


def _day_of_year(ms: int) -> float:
    return (ms / DAY_MS) % 365.25


def sine_of_sun(ms: int, latitude: float, longitude: float) -> float:
    """Sine of the sun's height over the horizon, by declination and hour angle; good to a few degrees."""
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (_day_of_year(ms) + 10) / 365.25)
    hour_angle = math.radians((ms % DAY_MS) / DAY_MS * 360 - 180 + longitude)
    north = math.radians(latitude)
    return math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour_angle)
