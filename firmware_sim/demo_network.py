"""The demo network: eight made-up Walloon centres with 150 desks, their devices, companies and members."""

from dataclasses import dataclass
from datetime import date, time
from random import Random
from typing import Literal

import holidays

from firmware_sim import demo_companies, floorplan
from smartwork.contracts.policy import Profile
from smartwork.domain.network.centres import Centre, Operator
from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Resource, Zone
from smartwork.domain.network_setup import Network

TIMEZONE = "Europe/Brussels"
YEARS = range(2024, 2028)
PRESENCE_INTERVAL_S = LIGHT_INTERVAL_S = 600
AMBIENT_INTERVAL_S = 900
WORKDAYS = frozenset({1, 2, 3, 4, 5})
WITH_SATURDAY = WORKDAYS | {6}


@dataclass(frozen=True, slots=True)
class _Site:
    """What differs between centres."""

    slug: str
    town: str
    latitude: float
    longitude: float
    operator: str
    kind: Literal["public", "private"]
    desks: int
    open_zones: int
    rooms: int
    hours: tuple[int, int] = (7, 19)
    days: frozenset[int] = WORKDAYS


_SITES = (
    _Site("mons", "Mons", 50.4542, 3.9523, "Régie Fictive de Mons", "public", 28, 3, 3),
    _Site("namur", "Namur", 50.4669, 4.8675, "Confluent Coworking Imaginaire", "private", 24, 3, 3, days=WITH_SATURDAY),
    _Site("liege", "Liège", 50.6326, 5.5797, "Intercommunale Inventée de Liège", "public", 26, 3, 3),
    _Site("charleroi", "Charleroi", 50.4108, 4.4446, "Terril Espaces Fictifs", "private", 22, 3, 2),
    _Site("tournai", "Tournai", 50.6056, 3.3883, "Cinq Clochers Bureaux Imaginaires", "private", 14, 2, 2, (8, 19)),
    _Site("arlon", "Arlon", 49.6837, 5.8149, "Régie Fictive d'Arlon", "public", 10, 1, 1, (7, 18)),
    _Site("louvain-la-neuve", "Louvain-la-Neuve", 50.6681, 4.6118, "Parc Inventé de la Dyle", "public", 16, 2, 2),
    _Site("verviers", "Verviers", 50.5890, 5.8626, "Filature Coworking Imaginaire", "private", 10, 1, 1, (7, 18)),
)


def demo_network(seed: int) -> Network:
    """The demo network. `seed` decides contracts, employers and lamp power; the size is always the same."""
    closures = {day: str(name) for day, name in holidays.country_holidays("BE", years=YEARS, language="fr").items()}
    employers = demo_companies.companies(seed)
    return Network(
        seller=demo_companies.SELLER,
        operators=tuple(
            Operator(site.operator, site.kind, demo_companies.enterprise_number(demo_companies.FIRST_OPERATOR_NUMBER + index))
            for index, site in enumerate(_SITES)
        ),
        centres=tuple(_centre(site, closures, Random(f"{seed}/centre/{site.slug}")) for site in _SITES),
        companies=employers,
        members=demo_companies.members(seed, employers),
        tariffs=demo_companies.tariffs(),
        is_demo=True,
        centre_contracts=demo_companies.centre_contracts(tuple((site.slug, site.operator) for site in _SITES)),
    )


def light_of(zone: str) -> str:
    """The slug of the device that is a zone's light and meter."""
    return f"{zone}-light"


def _centre(site: _Site, closures: dict[date, str], random: Random) -> Centre:
    plan = floorplan.draw(site.desks, site.open_zones, site.rooms, random.uniform(6, 9))
    opens, closes = site.hours
    return Centre(
        slug=site.slug,
        name=f"Smart Work Center {site.town} (démo)",
        operator=site.operator,
        region="Wallonie",
        town=site.town,
        latitude=site.latitude,
        longitude=site.longitude,
        hours=OpeningHours(TIMEZONE, time(opens), time(closes), site.days, frozenset(closures)),
        closure_reasons=closures,
        plan_width_m=plan.width_m,
        plan_height_m=plan.height_m,
        zones=plan.zones,
        resources=plan.resources,
        devices=(
            *(_presence_sensor(site.slug, resource) for resource in plan.resources),
            *(device for zone in plan.zones for device in _light_and_ambient_sensor(site.slug, zone)),
        ),
    )


def _presence_sensor(centre: str, resource: Resource) -> Device:
    slug = f"{resource.slug}-presence"
    return Device(slug, Profile.ZIGBEE2MQTT.value, _address(centre, slug), PRESENCE_INTERVAL_S, resource=resource.slug)


def _light_and_ambient_sensor(centre: str, zone: Zone) -> tuple[Device, Device]:
    light, ambient = light_of(zone.slug), f"{zone.slug}-ambient"
    return (
        Device(light, Profile.ZIGBEE2MQTT.value, _address(centre, light), LIGHT_INTERVAL_S, zone=zone.slug, role="light"),
        Device(
            ambient, Profile.ZIGBEE2MQTT.value, _address(centre, ambient), AMBIENT_INTERVAL_S, zone=zone.slug, role="ambient"
        ),
    )


def _address(centre: str, friendly_name: str) -> str:
    return f"zigbee2mqtt/{centre}/{friendly_name}"
