"""Zone settings and policies: versions, undo, and the commands of `smartwork light`."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.contracts.policy import ZoneSettings
from smartwork.db.core.connection import Connection
from smartwork.db.lighting.policy import policy
from smartwork.db.lighting.zone_settings import install_zone_settings, set_zone_settings, undo_zone_settings, zone_settings
from smartwork.db.network_setup import install
from smartwork.errors import InputError
from tests.support.factory import NOON, small_network

pytestmark = pytest.mark.services


def test_a_policy_holds_what_an_edge_needs_to_light_alone(connection: Connection) -> None:
    install(connection, small_network())
    install_zone_settings(connection, small_network().centres, NOON)
    found = policy(connection, "mons", NOON)
    assert {(d.device, d.role, d.zone, d.resource) for d in found.devices} == {
        ("s-1", "presence", "hall", "desk-1"),
        ("s-2", "presence", "hall", "desk-2"),
        ("l-1", "light", "hall", None),
    }
    assert found.hours is not None
    assert (found.hours.opens, found.hours.closes, found.hours.open_days) == ("08:00", "18:00", [1, 2, 3, 4, 5])
    assert [light.level for light in found.lights] == [0.5]
    assert policy(connection, "mons", NOON).version == found.version


def test_settings_have_versions_and_an_undo_brings_back_the_one_before(connection: Connection) -> None:
    install(connection, small_network())
    first = policy(connection, "mons", NOON).version
    with pytest.raises(InputError, match="nothing to undo"):
        undo_zone_settings(connection, "mons", "hall", NOON)
    set_zone_settings(connection, "mons", ZoneSettings(zone="hall", hold_s=600), NOON)
    set_zone_settings(connection, "mons", ZoneSettings(zone="hall", hold_s=1_200), NOON + timedelta(days=1))
    assert policy(connection, "mons", NOON).version == first + 1
    assert undo_zone_settings(connection, "mons", "hall", NOON + timedelta(days=2)).hold_s == 600
    (found,) = zone_settings(connection)
    assert (found.version, found.light.hold_s) == (3, 600)
    with pytest.raises(InputError, match="has no zone attic"):
        set_zone_settings(connection, "mons", ZoneSettings(zone="attic"), NOON)


def test_a_facility_manager_changes_a_hold_time_on_the_command_line(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    install_zone_settings(connection, small_network().centres, NOON)
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    run = CliRunner().invoke
    arguments = ["light", "set", "--centre", "mons", "--zone", "hall", "--hold", "15m", "--daylight-lux", "500"]
    assert run(app, [*arguments, "--dry-run"], catch_exceptions=False).exit_code == 0
    assert zone_settings(connection)[0].light.hold_s == 60
    run(app, arguments, catch_exceptions=False)
    found = json.loads(run(app, ["light", "show", "--json"], catch_exceptions=False).stdout)
    assert (found[0]["hold_s"], found[0]["daylight_lux"], found[0]["version"]) == (900, 500.0, 2)
    run(app, ["light", "undo", "--centre", "mons", "--zone", "hall"], catch_exceptions=False)
    assert zone_settings(connection)[0].light.hold_s == 60
    with pytest.raises(InputError, match="--hold is 'soon'"):
        run(app, [*arguments[:-4], "--hold", "soon"], catch_exceptions=False)
    with pytest.raises(InputError, match="background is above level"):
        run(app, ["light", "set", "--centre", "mons", "--zone", "hall", "--background", "0.9"], catch_exceptions=False)
    assert json.loads(run(app, ["alarms", "--json"], catch_exceptions=False).stdout) == []
    assert len(json.loads(run(app, ["devices", "--json"], catch_exceptions=False).stdout)["registered"]) == 3
