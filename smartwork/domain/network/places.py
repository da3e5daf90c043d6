"""Places of a centre: zones, and the desks and rooms in them, with their position on the floor plan."""

from dataclasses import dataclass
from typing import Literal

from smartwork.contracts.policy import ZoneSettings

ResourceKind = Literal["desk", "room", "recording"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle on a centre's floor plan, in metres from the upper left corner."""

    x_m: float
    y_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Resource:
    """A desk or a meeting room, or the place of a replayed recording. The slug is unique in its centre."""

    slug: str
    name: str
    kind: ResourceKind
    seats: int
    zone: str
    place: Rect


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a centre that is lit together; without `light` settings its lamps are not controlled."""

    slug: str
    name: str
    area_m2: float
    light_power_w: float
    place: Rect
    light: ZoneSettings | None = None


PlaceKind = Literal["desk", "room"]
