"""An invoice of 0.00 is settled when it is issued, asks for nothing, and is credited like any other."""

from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from tests.support.accounts import bill

pytestmark = pytest.mark.services


@pytest.fixture
def prepaid(connection: Connection, tmp_path: Path) -> Connection:
    """Bolt bought four hours of rooms in September, which pay October's 1.75."""
    connection.execute(b"""
        INSERT INTO prepaid_pool VALUES (2, 'room', 20, 0, 12);
        INSERT INTO prepaid_lot (prepaid_lot_id, company_id, external_id, kind, bought_on, expires_on, hours, per_hour)
        VALUES (7, 2, 'O-7', 'room', '2026-09-01', '2027-09-01', 4, 20);
        INSERT INTO invoice (number, kind, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document,
                             digest)
        SELECT 'INV-2026-00000', 'invoice', 2, '2026-09-01', '2026-10-01', '2026-10-01', 0, 0, 0, NULL, '{}', ''
        WHERE false;
    """)
    bill(connection, tmp_path)
    return connection
