"""The illuminance in a zone as its lux sensor reports it: from lamps, and from daylight with clouds, by seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class LuxRoom:
    """What full lamps and a clear noon each add on the desks, in lux; `noise` is the sensor's error as a share."""

    lamp_lux: float
    sun_lux: float
    noise: float = 0.02


@dataclass(frozen=True, slots=True)
class Sky:
    """Clouds of a day: (seconds after midnight, share of sunlight that passes from then on)."""

    clouds: Sequence[tuple[float, float]]

    def share(self, second: float) -> float:
        """The share of sunlight that passes at that second of the day."""
        passing = 1.0
        for since, share in self.clouds:
            if second < since:
                break
            passing = share
        return passing


def draw_clouds(random: Random, every_s: tuple[float, float] = (120, 1_800)) -> Sky:
    """A day whose cloud cover changes every `every_s` seconds (from, to)."""
    clouds, at = [], 0.0
    while at < DAY_S:
        clouds.append((at, random.uniform(0.1, 1.0)))
        at += random.uniform(*every_s)
    return Sky(clouds)


def daylight(room: LuxRoom, sky: Sky, second: float) -> float:
    """Daylight on the desks in lux, at that second of a day at the equinox."""
    elevation = math.sin(math.pi * (second - DAY_S / 4) / (DAY_S / 2))
    return room.sun_lux * max(0.0, elevation) * sky.share(second)


def measured_lux(room: LuxRoom, sky: Sky, second: float, level: float, random: Random) -> float:
    """What the lux sensor reports with lamps at `level` (0 to 1)."""
    true_lux = daylight(room, sky, second) + room.lamp_lux * level
    return max(0.0, true_lux * random.uniform(1 - room.noise, 1 + room.noise))
