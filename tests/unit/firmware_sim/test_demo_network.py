from itertools import combinations

import pytest
import stdnum.be.vat
from stdnum import iban

from firmware_sim.demo_network import demo_network
from smartwork.contracts.policy import DeviceEntry
from smartwork.domain.network.places import Rect, Zone
from smartwork.domain.network_setup import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return demo_network(1)


def do_not_overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x_m + one.width_m <= other.x_m + 1e-9
        or other.x_m + other.width_m <= one.x_m + 1e-9
        or one.y_m + one.height_m <= other.y_m + 1e-9
        or other.y_m + other.height_m <= one.y_m + 1e-9
    )


def within(inner: Rect, outer: Rect) -> bool:
    return (
        outer.x_m <= inner.x_m
        and outer.y_m <= inner.y_m
        and inner.x_m + inner.width_m <= outer.x_m + outer.width_m + 1e-9
        and inner.y_m + inner.height_m <= outer.y_m + outer.height_m + 1e-9
    )


def test_eight_centres_share_exactly_150_desks_and_each_fulfils_the_label(network: Network) -> None:
    desks = [sum(r.kind == "desk" for r in centre.resources) for centre in network.centres]
    rooms = [sum(r.kind == "room" for r in centre.resources) for centre in network.centres]
    assert len(network.centres) == 8
    assert sum(desks) == 150
    assert min(desks) >= 8
    assert all(1 <= count <= 3 for count in rooms)
    assert all(2 <= len(centre.zones) <= 4 for centre in network.centres)
    assert {operator.kind for operator in network.operators} == {"public", "private"}
    assert network.is_demo


def test_thirty_companies_employ_six_hundred_pseudonyms(network: Network) -> None:
    assert len({company.slug for company in network.companies}) == 30
    assert len({member.pseudonym for member in network.members}) == 600
    assert {member.company for member in network.members} == {company.slug for company in network.companies}
    assert {contract.charge for company in network.companies for contract in company.contracts} == {
        "as_booked",
        "as_measured",
        "the_greater",
        "cheapest",
    }
    assert {company.vat.category for company in network.companies} == {"S", "AE", "E"}
    assert {contract.mode for contract in network.centre_contracts} == {"share", "fixed", "per_seat"}
    assert all(iban.is_valid(contract.payee.iban or "") for contract in network.centre_contracts)
    assert {company.language for company in network.companies} == {"fr", "nl", "en"}


def test_enterprise_numbers_pass_the_check_and_lie_in_a_range_that_was_never_assigned(network: Network) -> None:
    numbers = [company.party.enterprise_number or "" for company in network.companies]
    numbers += [operator.enterprise_number for operator in network.operators]
    assert len(set(numbers)) == len(numbers)
    assert all(stdnum.be.vat.is_valid(number) and number.startswith("0000") for number in numbers)


def test_nothing_on_a_floor_plan_overlaps_or_leaves_its_zone(network: Network) -> None:
    for centre in network.centres:
        floor = Rect(0, 0, centre.plan_width_m, centre.plan_height_m)
        zones: dict[str, Zone] = {zone.slug: zone for zone in centre.zones}
        for places in ([zone.place for zone in centre.zones], [r.place for r in centre.resources]):
            assert all(do_not_overlap(one, other) for one, other in combinations(places, 2))
        assert all(within(zone.place, floor) for zone in centre.zones)
        assert all(within(r.place, zones[r.zone].place) for r in centre.resources)
        assert all(6 <= zone.light_power_w / zone.area_m2 <= 9.05 for zone in centre.zones)


def test_every_desk_and_room_has_one_sensor_and_every_zone_has_a_light_and_an_ambient_sensor(network: Network) -> None:
    for centre in network.centres:
        assert sorted(d.resource for d in centre.devices if d.resource) == sorted(r.slug for r in centre.resources)
        assert len([d for d in centre.devices if d.zone]) == 2 * len(centre.zones)
        assert len({d.slug for d in centre.devices}) == len(centre.devices)
        for d in centre.devices:
            DeviceEntry.model_validate_json(
                f'{{"device":"{d.slug}","profile":"{d.profile}","address":"{d.address}","interval_s":{d.interval_s}}}'
            )
            assert d.address == f"zigbee2mqtt/{centre.slug}/{d.slug}"


def test_every_closure_has_its_reason(network: Network) -> None:
    for centre in network.centres:
        assert centre.hours.closures == centre.closure_reasons.keys()
        assert {day.year for day in centre.hours.closures} == {2024, 2025, 2026, 2027}


def test_two_centres_have_tariffs_of_their_own_and_the_network_has_one_for_each_kind(network: Network) -> None:
    assert {t.kind for t in network.tariffs if t.centre is None} == {"desk", "room"}
    assert len({t.centre for t in network.tariffs if t.centre}) == 2


def test_equal_seeds_give_equal_networks_and_other_seeds_other_contracts(network: Network) -> None:
    assert demo_network(1) == network
    assert demo_network(2) != network
