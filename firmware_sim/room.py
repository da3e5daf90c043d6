"""A zone as a lux sensor sees it: lamps, and a sky with a sun and clouds, by seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Room:
    """What full lamps and a clear noon add on the desks, in lux, and how the sensor errs (share of what it sees)."""

    lamp_lux: float
    sun_lux: float
    noise: float = 0.02


@dataclass(frozen=True, slots=True)
class Sky:
    """Clouds of a day: from when (s after midnight) which share of the sun comes through."""

    clouds: Sequence[tuple[float, float]]

    def share(self, second: float) -> float:
        """What comes through at that second of the day."""
        through = 1.0
        for since, share in self.clouds:
            if second < since:
                break
            through = share
        return through


def cloudy(random: Random, every_s: tuple[float, float] = (120, 1_800)) -> Sky:
    """A day of passing clouds."""
    clouds, at = [], 0.0
    while at < DAY_S:
        clouds.append((at, random.uniform(0.1, 1.0)))
        at += random.uniform(*every_s)
    return Sky(clouds)


def daylight(room: Room, sky: Sky, second: float) -> float:
    """Lux that the sky gives on the desks at that second of an equinox day."""
    height = math.sin(math.pi * (second - DAY_S / 4) / (DAY_S / 2))
    return room.sun_lux * max(0.0, height) * sky.share(second)


def seen(room: Room, sky: Sky, second: float, level: float, random: Random) -> float:
    """What the lux sensor reports under lamps at `level` (0 to 1)."""
    truth = daylight(room, sky, second) + room.lamp_lux * level
    return max(0.0, truth * random.uniform(1 - room.noise, 1 + room.noise))
