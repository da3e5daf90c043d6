"""Who sits in the dark is the gateway's fault, unless the sensor could not speak."""

from datetime import date
from unittest.mock import create_autospec

from firmware_sim.mixed import a_day
from smartwork.scenarios.simulated_day import STEP, _House, _lamps, _measure
from smartwork.transport.mqtt import Client

MONDAY = date(2026, 11, 23)


def test_a_house_without_any_gateway_is_dark_and_no_switch_hides_it() -> None:
    day = a_day(MONDAY, 1)
    house = _House(day, create_autospec(Client, instance=True), _lamps(day))
    at = day.said[0][0]
    while at < day.said[-1][0]:
        at += STEP
        _measure(house, at)
    assert house.dark_s > 0.9 * (house.present_s - house.by_hand_s)
