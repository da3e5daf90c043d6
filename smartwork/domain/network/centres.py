"""The network: operators, centres, zones, what can be occupied there, and the devices that watch it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Resource, Zone


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a centre."""

    name: str
    kind: Literal["public", "private"]
    enterprise_number: str


@dataclass(frozen=True, slots=True)
class Centre:
    """One Smart Work Center and all that stands in it."""

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
