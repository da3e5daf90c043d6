"""A month of the demo network: bookings and check-ins, and the readings of every sensor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from firmware_sim.ambient_sensors import ambient_readings
from firmware_sim.centre_month import centre_of, simulate_centre_month
from firmware_sim.demo_network import light_of
from firmware_sim.light_meters import light_readings, lit_intervals
from firmware_sim.member_habits import Outcome, SimulatedMonth, TruePresence
from firmware_sim.presence_sensors import IntervalMs, draw_sensor_faults, presence_readings, union_ms
from smartwork.contracts.reading import Reading
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.network.centres import Centre
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month, local_month


@dataclass(frozen=True, slots=True)
class BookedMonth:
    """Bookings and check-ins of a month, and the intended outcome of each booking."""

    bookings: tuple[Booking, ...]
    check_ins: tuple[CheckIn, ...]
    outcomes: Mapping[str, Outcome]  # by the booking's external id


def simulate_bookings(network: Network, month: date, seed: int) -> BookedMonth:
    """The bookings and check-ins of the local month that contains `month`; equal arguments give equal results."""
    months = [simulate_centre_month(network, centre.slug, month, seed) for centre in network.centres]
    return BookedMonth(
        tuple(booking for centre_month in months for booking in centre_month.bookings),
        tuple(check_in for centre_month in months for check_in in centre_month.check_ins),
        {key: outcome for centre_month in months for key, outcome in centre_month.outcomes.items()},
    )


def centre_readings(network: Network, centre_slug: str, month: date, seed: int) -> list[Reading]:
    """All readings of one centre in its local month, in time order, as its edge would number them.

    They fit the bookings of `simulate_bookings` with the same arguments and depend on no other centre, so centres can be
    simulated in parallel.
    """
    centre = centre_of(network, centre_slug)
    centre_month = simulate_centre_month(network, centre_slug, month, seed)
    whole = local_month(month, centre.hours.timezone)
    window = _ms(whole.start.timestamp()), _ms(whole.end.timestamp())
    faults = draw_sensor_faults(network, month, seed)
    key = f"{seed}/{month.replace(day=1)}/{centre_slug}"
    readings: list[Reading] = []
    for device in centre.devices:
        if device.resource is not None:
            readings += presence_readings(
                device,
                centre_month.presence.get(device.resource, ()),
                place=(centre_slug, device.resource),
                window=window,
                faults=faults,
                key=f"{key}/{device.slug}",
            )
    for zone in centre.zones:
        people = _people_in(centre, centre_month, zone.slug)
        occupied = union_ms((p.start_ms, p.end_ms) for p in people)
        lit = lit_intervals(occupied, _open_days(centre, month), f"{key}/{zone.slug}")
        for device in (device for device in centre.devices if device.zone == zone.slug):
            own_key = f"{key}/{device.slug}"
            if device.slug == light_of(zone.slug):
                readings += light_readings(device, zone, lit, window, own_key)
            else:
                readings += ambient_readings(device, centre, zone, people=people, lit=lit, window=window, key=own_key)
    readings.sort(key=itemgetter(0))
    return readings


def _people_in(centre: Centre, centre_month: SimulatedMonth, zone: str) -> list[TruePresence]:
    inside = [r.slug for r in centre.resources if r.zone == zone]
    return sorted((p for slug in inside for p in centre_month.presence.get(slug, ())), key=lambda p: p.start_ms)


def _open_days(centre: Centre, month: date) -> list[IntervalMs]:
    open_days = (centre.hours.of(day) for day in days_of_month(month))
    return [(_ms(hours.start.timestamp()), _ms(hours.end.timestamp())) for hours in open_days if hours]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
