"""A whole month of the demo network: what the booking system knows, and what every sensor said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from firmware_sim.ambient import ambient_readings
from firmware_sim.day import centre_life, centre_of
from firmware_sim.light import light_readings, lit_stretches
from firmware_sim.network import light_of
from firmware_sim.people import CentreLife, Outcome, Presence
from firmware_sim.sensors import Stretch, faults_of, merged, presence_readings
from smartwork.contracts.reading import Reading
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.network.centres import Centre
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month, local_month


@dataclass(frozen=True, slots=True)
class Life:
    """A month as the booking system knows it, and the outcome that was meant for each booking."""

    bookings: tuple[Booking, ...]
    check_ins: tuple[CheckIn, ...]
    outcomes: Mapping[str, Outcome]  # by the booking's external id


def simulate(network: Network, month: date, seed: int) -> Life:
    """The bookings and check-ins of the local month in which `month` lies; equal arguments, equal result."""
    lives = [centre_life(network, centre.slug, month, seed) for centre in network.centres]
    return Life(
        tuple(booking for life in lives for booking in life.bookings),
        tuple(check_in for life in lives for check_in in life.check_ins),
        {key: outcome for life in lives for key, outcome in life.outcomes.items()},
    )


def centre_readings(network: Network, centre_slug: str, month: date, seed: int) -> list[Reading]:
    """All readings of one centre in its local month, in time order, as its edge would number them.

    They fit what `simulate` says with the same arguments, and depend on no other centre: make them in parallel.
    """
    centre = centre_of(network, centre_slug)
    life = centre_life(network, centre_slug, month, seed)
    whole = local_month(month, centre.hours.timezone)
    during = _ms(whole.start.timestamp()), _ms(whole.end.timestamp())
    faults = faults_of(network, month, seed)
    key = f"{seed}/{month.replace(day=1)}/{centre_slug}"
    readings: list[Reading] = []
    for device in centre.devices:
        if device.resource is not None:
            readings += presence_readings(
                device,
                life.presence.get(device.resource, ()),
                place=(centre_slug, device.resource),
                during=during,
                faults=faults,
                key=f"{key}/{device.slug}",
            )
    for zone in centre.zones:
        people = _people_in(centre, life, zone.slug)
        occupied = merged((p.start_ms, p.end_ms) for p in people)
        lit = lit_stretches(occupied, _open_days(centre, month), f"{key}/{zone.slug}")
        for device in (device for device in centre.devices if device.zone == zone.slug):
            own_key = f"{key}/{device.slug}"
            if device.slug == light_of(zone.slug):
                readings += light_readings(device, zone, lit, during, own_key)
            else:
                readings += ambient_readings(device, centre, zone, people=people, lit=lit, during=during, key=own_key)
    readings.sort(key=itemgetter(0))
    return readings


def _people_in(centre: Centre, life: CentreLife, zone: str) -> list[Presence]:
    inside = [r.slug for r in centre.resources if r.zone == zone]
    return sorted((p for slug in inside for p in life.presence.get(slug, ())), key=lambda p: p.start_ms)


def _open_days(centre: Centre, month: date) -> list[Stretch]:
    open_days = (centre.hours.of(day) for day in days_of_month(month))
    return [(_ms(hours.start.timestamp()), _ms(hours.end.timestamp())) for hours in open_days if hours]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
