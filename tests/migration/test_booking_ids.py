"""0030: ids of bookings get an owner. Old records keep their ids, and nothing is judged again."""

from contextlib import closing

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate, migrations

pytestmark = pytest.mark.services

OLD = """
    INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
    INSERT INTO centre VALUES (1, 'namur', 'Namur Gare', 1, 'Wallonie', 'Namur', 50.4, 4.8, 'Europe/Brussels',
        '08:00', '18:00', '{1,2,3,4,5}', 20, 10, true);
    INSERT INTO zone VALUES (1, 1, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
    INSERT INTO resource VALUES (1, 1, 1, 'd-1', 'Desk 1', 'desk', 1, 1, 1, 1, 1);
    INSERT INTO company VALUES (1, 'acme', 'Acme SA', '0403170701', 'Rue 1', '5000', 'Namur', 'fr', 'PO-1', true),
        (2, 'bolt', 'Bolt NV', '0404616494', 'Straat 2', '1000', 'Brussel', 'nl', 'PO-2', true);
    INSERT INTO member VALUES (1, 'm-1', 1), (2, 'm-2', 2);
    INSERT INTO api_token (name, digest, company_id, scopes, created_at, revoked_at) VALUES
        ('acme', sha256('a'), 1, '{bookings:write}', now(), NULL),
        ('desk', sha256('b'), NULL, '{bookings:write}', now(), NULL),
        ('both', sha256('c'), 1, '{bookings:write}', now(), now()), ('both', sha256('d'), 2, '{bookings:write}', now(), NULL);
    INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status, recorded_by)
    SELECT v.id, 1, v.member, timestamptz '2026-10-05 07:00Z' + v.day * interval '1 day',
           timestamptz '2026-10-05 09:00Z' + v.day * interval '1 day', 'booked', v.author
    FROM (VALUES ('by-acme', 1, 1, 'api acme'), ('by-desk', 1, 2, 'api desk'), ('by-import', 2, 3, 'import plan.csv'),
                 ('by-both', 1, 4, 'api both'), ('changed', 1, 5, 'api acme'), ('moved', 1, 6, 'api acme'))
         AS v (id, member, day, author);
    SELECT set_config('smartwork.author', 'api desk', false);
    UPDATE booking SET ends_at = ends_at + interval '1 hour' WHERE external_id = 'changed';
    UPDATE booking SET member_id = 2 WHERE external_id = 'moved';
    INSERT INTO check_in (external_id, resource_id, member_id, at, method) VALUES ('k', 1, 2, '2026-10-07 07:00Z', 'badge');
    DELETE FROM stale_verdict;
"""


def test_old_bookings_belong_to_their_company_and_to_the_client_that_is_known_to_have_created_them(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = migrations()
    with closing(connect(empty_database_url)) as connection:
        monkeypatch.setattr(module, "migrations", lambda: [each for each in shipped if each.number < 29])
        migrate(connection)
        connection.execute(OLD)
        monkeypatch.setattr(module, "migrations", lambda: shipped)
        migrate(connection)
        owners = connection.execute("SELECT external_id, company_id, client_company_id FROM booking ORDER BY 1").fetchall()
        assert owners == [
            ("by-acme", 1, 1),
            ("by-both", 1, None),
            ("by-desk", 1, None),
            ("by-import", 2, None),
            ("changed", 1, 1),
            ("moved", 2, None),
        ]
        assert connection.execute("SELECT company_id, client_company_id FROM check_in").fetchall() == [(2, None)]
        assert connection.execute("SELECT count(*) FROM stale_verdict").fetchone() == (0,), "no month is judged again"
        assert connection.execute("SELECT count(*) FROM booking_history").fetchone() == (2,), "no version is added"
