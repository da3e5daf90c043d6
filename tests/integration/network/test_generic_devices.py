"""Devices of the family generic, and channels of one device, from the registry to the policy of the edge."""

from dataclasses import replace

import psycopg
import pytest

from edge.translator import Translator
from smartwork.contracts.generic_rules import GenericField, GenericRules
from smartwork.db.core.connection import Connection
from smartwork.db.lighting.policy import policy
from smartwork.db.network.devices import put_devices
from smartwork.db.network_setup import install
from smartwork.domain.network.devices import Device
from tests.support.factory import NOON, small_network

pytestmark = pytest.mark.services

RULES = GenericRules(fields=[GenericField(metric="presence", on=["1"], off=["0"])])
SENSOR = Device("knx-1", "generic", "knx/1/2/3", 60, resource="desk-1", role="ambient", rules=RULES)
LAMP = Device("lamp-1", "shelly", "shelly2pm-1", 60, zone="hall", role="light", model="switch:0")


def test_the_rules_of_a_device_reach_the_edge_in_its_policy(connection: Connection) -> None:
    install(connection, small_network())
    put_devices(connection, "mons", [SENSOR])
    devices = policy(connection, "mons", NOON).devices
    assert {entry.device: entry.rules for entry in devices}["knx-1"] == RULES
    (reading,) = Translator(devices).translate("knx/1/2/3", b"1", NOON)
    assert (reading.device, reading.value) == ("knx-1", 1.0)


def test_a_generic_device_without_rules_is_refused(connection: Connection) -> None:
    install(connection, small_network())
    with pytest.raises(psycopg.errors.CheckViolation, match="generic_devices_have_rules"):
        put_devices(connection, "mons", [replace(SENSOR, rules=None)])


def test_two_channels_have_one_address_and_a_channel_has_one_device(connection: Connection) -> None:
    install(connection, small_network())
    put_devices(connection, "mons", [LAMP, replace(LAMP, slug="lamp-2", model="switch:1")])
    assert {entry.model for entry in policy(connection, "mons", NOON).devices if entry.address == "shelly2pm-1"} == {
        "switch:0",
        "switch:1",
    }
    with pytest.raises(psycopg.errors.UniqueViolation, match=r"the address shelly2pm-1 .* is that of device lamp-1"):
        put_devices(connection, "mons", [replace(LAMP, slug="lamp-3")])
