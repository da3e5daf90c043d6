"""0034 gives each device the history that it had, and derives places of several devices again."""

from contextlib import closing

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate, migrations
from smartwork.db.presence.spans import derive_queued_spans

pytestmark = pytest.mark.services

_BEFORE = """
INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
INSERT INTO centre VALUES (1, 'mons', 'Mons', 1, 'Wallonie', 'Mons', 50.4, 3.9, 'Europe/Brussels', '08:00', '18:00',
    '{1,2,3,4,5}', 12, 8, true);
INSERT INTO zone VALUES (1, 1, 'z', 'Zone', 80, 400, 0, 0, 10, 10);
INSERT INTO resource VALUES (1, 1, 1, 'd-1', 'Desk 1', 'desk', 1, 1, 1, 1, 1),
    (2, 1, 1, 'd-2', 'Desk 2', 'desk', 1, 2, 1, 1, 1);
INSERT INTO device (device_id, centre_id, slug, profile, address, interval_s, resource_id) VALUES
    (1, 1, 's-1', 'zigbee2mqtt', 'z/s-1', 600, 1), (2, 1, 's-2', 'zigbee2mqtt', 'z/s-2', 600, 1),
    (3, 1, 's-3', 'zigbee2mqtt', 'z/s-3', 600, 2), (4, 1, 's-4', 'zigbee2mqtt', 'z/s-3', 600, NULL);
INSERT INTO reading VALUES ('2026-03-10 08:00Z', 1, 1, 0, 1, 1), ('2026-03-10 09:00Z', 2, 1, 1, 1, 2),
    ('2026-03-10 08:00Z', 3, 1, 1, 1, 3);
INSERT INTO span VALUES (1, '2026-03-10 08:00Z', '2026-03-10 08:25Z', 'vacant'),
    (2, '2026-03-10 08:00Z', '2026-03-10 08:25Z', 'occupied');
"""


def test_devices_keep_their_places_and_only_places_of_several_devices_are_derived_again(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two entries with one address, which were possible before, stop nothing."""
    shipped = migrations()
    with closing(connect(empty_database_url)) as connection:
        monkeypatch.setattr(module, "migrations", lambda: [one for one in shipped if one.number < 34])
        migrate(connection)
        connection.execute(_BEFORE.encode())
        monkeypatch.setattr(module, "migrations", lambda: shipped)
        migrate(connection)
        assigned = connection.execute(
            "SELECT device_id, resource_id, isfinite(starts_at), isfinite(ends_at) FROM device_assignment ORDER BY 1"
        ).fetchall()
        assert assigned == [(1, 1, False, False), (2, 1, False, False), (3, 2, False, False)]
        assert connection.execute("SELECT resource_id FROM place_span_queue").fetchall() == [(1,)]
        untouched = connection.execute("SELECT xmin::text FROM span WHERE resource_id = 2").fetchall()
        assert derive_queued_spans(connection) == 1
        found = connection.execute("SELECT state FROM span WHERE resource_id = 1 ORDER BY starts_at")
        assert [state for (state,) in found] == ["vacant", "unknown", "occupied"]
        assert connection.execute("SELECT xmin::text FROM span WHERE resource_id = 2").fetchall() == untouched
