"""A faulty ledger stays the fault of its centre: companies with charges there wait, all others are billed."""

from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.network.server_alarms import begin_server_alarm, end_server_alarm
from smartwork.domain.billing.month_plan import WaitingBill
from tests.support.accounts import ISSUED, audited, bill

_SECOND_CENTRE = b"""
INSERT INTO centre SELECT 2, 'dinant', 'Dinant', operator_id, region, 'Dinant', latitude, longitude, timezone, opens, closes,
    open_days, plan_width_m, plan_height_m, is_demo FROM centre;
INSERT INTO zone VALUES (2, 2, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
UPDATE resource SET centre_id = 2, zone_id = 2 WHERE resource_id = 2;
UPDATE tariff SET centre_id = NULL;
"""
"""The room, in which bolt was, is in a centre of its own."""

pytestmark = pytest.mark.services


def test_companies_of_a_centre_with_a_faulty_ledger_wait_and_the_others_are_billed(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute(_SECOND_CENTRE)
    begin_server_alarm(connection, 2, "gateway", "ledger_report_wrong", "A report cannot be true.", ISSUED)
    report = bill(connection, tmp_path)
    assert report.waiting == (WaitingBill("bolt", "dinant", "A report cannot be true."),)
    assert [document.company for document in report.invoices] == ["acme"]
    assert "bolt" not in report.without_lines
    connection.execute(b"UPDATE resource SET centre_id = 1, zone_id = 1 WHERE resource_id = 2")  # its evidence is there
    end_server_alarm(connection, 2, "gateway", "ledger_report_wrong", ISSUED)
    report = bill(connection, tmp_path)
    assert report.waiting == ()
    assert sorted(document.company for document in report.invoices) == ["acme", "bolt"]
    assert audited(connection).is_clean
