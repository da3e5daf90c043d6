"""Alarms, discovered devices and zone settings of a database from before migration 22 are still read."""

from contextlib import closing
from datetime import UTC, datetime
from typing import LiteralString

import pytest

from smartwork.db.core import migrations as migration
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate, migrations
from smartwork.db.lighting.zone_settings import undo_zone_settings, zone_settings
from smartwork.db.network.alarms import ActiveAlarm, active_alarms
from smartwork.db.network.discovered_devices import UnregisteredDevice, discovered_devices

pytestmark = pytest.mark.services
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLD_DATABASE: LiteralString = """
INSERT INTO operator (name, kind, enterprise_number) VALUES ('Old', 'public', '0123456749');
INSERT INTO centre (slug, name, operator_id, region, town, latitude, longitude, timezone, opens, closes, open_days,
                    plan_width_m, plan_height_m, is_demo)
SELECT 'old', 'Old', operator_id, 'Wallonia', 'Old', 50, 4, 'Europe/Brussels', '08:00', '18:00', '{1,2,3,4,5}', 12, 8, true
FROM operator;
INSERT INTO zone (centre_id, slug, name, area_m2, light_power_w, x_m, y_m, width_m, height_m)
SELECT centre_id, 'hall', 'Hall', 10, 100, 0, 0, 5, 2 FROM centre;
INSERT INTO zone_light SELECT zone_id, version, jsonb_build_object('hold_s', version * 60), '2026-03-10 12:00+00'
FROM zone, generate_series(1, 2) AS version;
INSERT INTO alarm (centre_id, edge, kind, device, since, says)
SELECT centre_id, 'gateway', 'sensor_silent', 's-1', '2026-03-10 12:00+00', 's-1 is silent' FROM centre;
INSERT INTO seen_device SELECT centre_id, 'tasmota', 'plug-7', 'tele/plug-7/LWT', '2026-03-10 12:00+00' FROM centre
"""


def test_rows_of_the_old_tables_are_read_under_their_new_names(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(connect(empty_database_url)) as connection:
        with monkeypatch.context() as before:
            before.setattr(migration, "migrations", lambda: [m for m in migrations() if m.number < 20])
            migrate(connection)
        connection.execute(OLD_DATABASE)
        migrate(connection)
        assert active_alarms(connection) == [ActiveAlarm("old", "gateway", "sensor_silent", "s-1", AT, "s-1 is silent")]
        assert discovered_devices(connection) == [UnregisteredDevice("old", "tasmota", "plug-7", "tele/plug-7/LWT", AT)]
        assert [version.light.hold_s for version in zone_settings(connection)] == [120]
        assert undo_zone_settings(connection, "old", "hall", AT).hold_s == 60
