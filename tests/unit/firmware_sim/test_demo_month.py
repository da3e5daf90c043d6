from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from firmware_sim.centre_month import simulate_centre_month
from firmware_sim.demo_month import BookedMonth, centre_readings, simulate_bookings
from firmware_sim.demo_network import demo_network
from firmware_sim.presence_sensors import draw_sensor_faults
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network_setup import Network
from smartwork.domain.time import local_month

MONTH = date(2025, 5, 1)  # with two public holidays, on Thursdays
SEED = 1
ZONE = ZoneInfo("Europe/Brussels")


@pytest.fixture(scope="module")
def network() -> Network:
    return demo_network(SEED)


@pytest.fixture(scope="module")
def booked(network: Network) -> BookedMonth:
    return simulate_bookings(network, MONTH, SEED)


@pytest.fixture(scope="module")
def arlon(network: Network) -> list[Reading]:
    return centre_readings(network, "arlon", MONTH, SEED)


def hours_of(network: Network, slug: str) -> OpeningHours:
    return next(centre.hours for centre in network.centres if centre.slug == slug)


def test_equal_arguments_give_an_equal_month(network: Network, booked: BookedMonth, arlon: list[Reading]) -> None:
    assert simulate_bookings(network, MONTH, SEED) == booked
    assert centre_readings(network, "arlon", MONTH.replace(day=17), SEED) == arlon
    assert centre_readings(network, "arlon", MONTH, SEED + 1) != arlon


@pytest.mark.parametrize("seed", range(5))
def test_bookings_of_a_resource_never_overlap_unless_cancelled(network: Network, seed: int) -> None:
    by_resource = defaultdict(list)
    for booking in simulate_bookings(network, MONTH, seed).bookings:
        assert booking.starts_at < booking.ends_at
        if booking.status == "booked":
            by_resource[booking.centre, booking.resource].append((booking.starts_at, booking.ends_at))
    for periods in by_resource.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(periods)))


@pytest.mark.parametrize("seed", range(5))
def test_stays_at_a_place_do_not_overlap_and_lie_in_opening_hours(network: Network, seed: int) -> None:
    for centre in network.centres:
        for presence in simulate_centre_month(network, centre.slug, MONTH, seed).presence.values():
            assert all(p.start_ms < p.end_ms for p in presence)
            assert all(one.end_ms <= other.start_ms for one, other in pairwise(presence))
            for stay in presence:
                hours = centre.hours.of(day_of(stay.start_ms))
                assert hours is not None
                assert hours.start.timestamp() * 1000 <= stay.start_ms
                assert stay.end_ms <= hours.end.timestamp() * 1000


def day_of(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, ZONE).date()


def test_nothing_is_booked_on_closures_and_weekends(network: Network, booked: BookedMonth) -> None:
    assert all(hours_of(network, b.centre).of(b.starts_at.astimezone(ZONE).date()) for b in booked.bookings)
    assert MONTH in hours_of(network, "mons").closures


def test_presence_matches_the_intended_outcome_of_a_booking(network: Network) -> None:
    mons = simulate_centre_month(network, "mons", MONTH, SEED)
    for booking in mons.bookings:
        start, end = booking.starts_at.timestamp() * 1000, booking.ends_at.timestamp() * 1000
        during = [p for p in mons.presence.get(booking.resource, ()) if p.start_ms < end and p.end_ms > start]
        match mons.outcomes[booking.external_id]:
            case "no_show":
                assert not during
            case "left_early":
                assert during
                assert during[-1].end_ms <= end - 0.3 * (end - start)
            case "overstayed":
                assert any(end <= p.end_ms < end + 85 * 60_000 for p in mons.presence[booking.resource])
            case "used":
                assert max(p.end_ms for p in during) >= end - 11 * 60_000
            case "cancelled":
                assert booking.status == "cancelled"


def test_outcomes_come_in_realistic_shares(booked: BookedMonth) -> None:
    counted = Counter(booked.outcomes.values())
    assert len(booked.outcomes) == len(booked.bookings)
    shares = {outcome: count / len(booked.bookings) for outcome, count in counted.items()}
    assert 0.68 < shares["used"] < 0.8
    assert all(0.03 < shares[outcome] < 0.11 for outcome in ("no_show", "left_early", "overstayed", "cancelled"))


def test_identifiers_are_unique_and_nobody_checks_in_for_a_no_show(booked: BookedMonth) -> None:
    assert len({b.external_id for b in booked.bookings}) == len(booked.bookings)
    assert len({c.external_id for c in booked.check_ins}) == len(booked.check_ins)
    missed = {(b.resource, b.centre, b.member) for b in booked.bookings if booked.outcomes[b.external_id] == "no_show"}
    assert missed
    periods = defaultdict(list)
    for b in booked.bookings:
        if booked.outcomes[b.external_id] == "no_show":
            periods[b.centre, b.resource].append((b.starts_at, b.ends_at))
    assert not [c for c in booked.check_ins for a, b in periods[c.centre, c.resource] if a <= c.at < b]


def test_desks_are_fuller_in_mid_week_than_on_fridays(network: Network) -> None:
    seconds: Counter[int] = Counter()
    capacity: Counter[int] = Counter()
    for centre in network.centres:
        desks = [r.slug for r in centre.resources if r.kind == "desk"]
        presence = simulate_centre_month(network, centre.slug, MONTH, SEED).presence
        for stay in (stay for desk in desks for stay in presence.get(desk, ())):
            seconds[day_of(stay.start_ms).isoweekday()] += (stay.end_ms - stay.start_ms) // 1000
        for day in (MONTH + timedelta(days=i) for i in range(31)):
            if hours := centre.hours.of(day):
                capacity[day.isoweekday()] += int(hours.seconds) * len(desks)
    share = {weekday: seconds[weekday] / capacity[weekday] for weekday in capacity}
    assert all(0.35 < share[weekday] < 0.6 for weekday in (2, 3, 4))
    assert share[5] < 0.8 * share[3]


def test_readings_lie_in_the_month_in_time_order_and_in_range(network: Network, arlon: list[Reading]) -> None:
    month = local_month(MONTH, "Europe/Brussels")
    assert all(one.at_ms <= other.at_ms for one, other in pairwise(arlon))
    assert month.start.timestamp() * 1000 <= arlon[0].at_ms
    assert arlon[-1].at_ms < month.end.timestamp() * 1000
    assert all(RANGES[r.metric].low <= r.value <= RANGES[r.metric].high for r in arlon)
    assert {r.value for r in arlon if r.metric in (Metric.PRESENCE, Metric.LIGHT_ON)} == {0.0, 1.0}
    known = {d.slug for c in network.centres if c.slug == "arlon" for d in c.devices}
    assert {r.device for r in arlon} == known


def test_sensors_without_a_fault_report_the_true_presence(network: Network, arlon: list[Reading]) -> None:
    broken = draw_sensor_faults(network, MONTH, SEED)
    faulty = {resource for fault in (broken.silent, broken.stuck, broken.flapping) for _, resource in fault}
    presence = simulate_centre_month(network, "arlon", MONTH, SEED).presence
    for resource in presence.keys() - faulty:
        for reading in (r for r in arlon if r.device == f"{resource}-presence"):
            present = any(p.start_ms <= reading.at_ms < p.end_ms for p in presence[resource])
            assert reading.value == present


def test_a_healthy_sensor_is_never_silent_for_more_than_its_interval(network: Network, arlon: list[Reading]) -> None:
    silent = {resource for centre, resource in draw_sensor_faults(network, MONTH, SEED).silent if centre == "arlon"}
    times = defaultdict(list)
    for reading in arlon:
        times[reading.device].append(reading.at_ms)
    interval = {d.slug: d.interval_s for c in network.centres if c.slug == "arlon" for d in c.devices}
    for device, reported_ms in times.items():
        if device.removesuffix("-presence") not in silent:
            assert max(b - a for a, b in pairwise(reported_ms)) <= interval[device] * 1000


def test_faults_show_in_the_readings(network: Network) -> None:
    faults = draw_sensor_faults(network, MONTH, SEED)
    assert len(faults.silent) == 6
    for (centre, resource), (start, end) in [*faults.silent.items(), *faults.stuck.items(), *faults.flapping.items()]:
        values = [
            r.value
            for r in centre_readings(network, centre, MONTH, SEED)
            if r.device == f"{resource}-presence" and start <= r.at_ms < end
        ]
        if (centre, resource) in faults.silent:
            assert values == []
        elif (centre, resource) in faults.stuck:
            assert end - start == 48 * 3_600_000
            assert set(values) == {1.0}
        else:
            assert sum(a != b for a, b in pairwise(values)) > 300


def test_a_light_counter_never_falls_and_adds_up_its_power(arlon: list[Reading]) -> None:
    for device in ("zone-a-light", "zone-b-light"):
        energy = [(r.at_ms, r.value) for r in arlon if r.device == device and r.metric is Metric.ENERGY_WH]
        power = [(r.at_ms, r.value) for r in arlon if r.device == device and r.metric is Metric.POWER_W]
        assert all(a[1] <= b[1] for a, b in pairwise(energy))
        summed = sum(a[1] * (b[0] - a[0]) / 3_600_000 for a, b in pairwise(power))
        assert energy[-1][1] - energy[0][1] == pytest.approx(summed, abs=1)
        assert min(value for _, value in power) > 0


def test_an_occupied_zone_is_never_dark_and_a_vacant_one_is_sometimes_lit(network: Network, arlon: list[Reading]) -> None:
    centre = next(c for c in network.centres if c.slug == "arlon")
    presence = simulate_centre_month(network, "arlon", MONTH, SEED).presence
    for zone in centre.zones:
        inside = [p for r in centre.resources if r.zone == zone.slug for p in presence.get(r.slug, ())]
        states = [r for r in arlon if r.device == f"{zone.slug}-light" and r.metric is Metric.LIGHT_ON]
        dark = [(a.at_ms, b.at_ms) for a, b in pairwise(states) if a.value == 0.0]
        lit = [(a.at_ms, b.at_ms) for a, b in pairwise(states) if a.value == 1.0]
        assert not [p for p in inside for a, b in dark if p.start_ms < b and a < p.end_ms]
        assert sum(b - a for a, b in lit) > 1.1 * sum(p.end_ms - p.start_ms for p in inside) / len(inside)
