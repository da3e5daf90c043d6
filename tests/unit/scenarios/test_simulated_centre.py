"""Darkness counts against the gateway, except where a sensor was silent."""

from datetime import date
from unittest.mock import create_autospec

from firmware_sim.mixed_centre import mixed_day
from smartwork.scenarios.simulated_centre import SimulatedCentre, simulated_lamps
from smartwork.scenarios.simulated_day import STEP
from smartwork.transport.mqtt import MqttClient

MONDAY = date(2026, 11, 23)


def test_a_centre_without_any_gateway_is_dark_and_no_switch_hides_it() -> None:
    day = mixed_day(MONDAY, 1)
    centre = SimulatedCentre(day, create_autospec(MqttClient, instance=True), simulated_lamps(day))
    at = day.messages[0][0]
    while at < day.messages[-1][0]:
        at += STEP
        centre.measure(at, STEP)
    assert centre.dark_s > 0.9 * (centre.present_s - centre.by_hand_s)
