"""Operators and centres."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Resource, Zone


@dataclass(frozen=True, slots=True)
class Operator:
    """An organisation that runs centres."""

    name: str
    kind: Literal["public", "private"]
    enterprise_number: str


@dataclass(frozen=True, slots=True)
class Centre:
    """A Smart Work Center with its zones, desks, rooms and devices; `closure_reasons` are the days on which it is closed."""

    slug: str
    name: str
    operator: str
    region: str
    town: str
    latitude: float
    longitude: float
    hours: OpeningHours
    closure_reasons: dict[date, str]
    plan_width_m: float
    plan_height_m: float
    zones: tuple[Zone, ...]
    resources: tuple[Resource, ...]
    devices: tuple[Device, ...]
