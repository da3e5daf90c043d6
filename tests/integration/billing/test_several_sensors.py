"""A booking at a desk with a replaced sensor and a second one that contradicts: evidence, recomputation and audit hold."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.network.assignments import assign, replace
from smartwork.db.presence.spans import derive_queued_spans
from smartwork.documents.verify import verify
from smartwork.domain.ledger.ledger_day import BatchRun
from smartwork.domain.presence.spans import Span
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from tests.support.accounts import ISSUED, NINE, OCTOBER, at, audited, bill, settle, silent

pytestmark = pytest.mark.services
HOUR = 60


@pytest.fixture
def replaced(connection: Connection) -> Connection:
    """p-3 replaces p-1 at 10:00; p-4 watches the same desk and never sees anybody. Each has batches of its own."""
    connection.execute(b"""
        INSERT INTO device (device_id, centre_id, slug, profile, address, interval_s)
        VALUES (3, 1, 'p-3', 'zigbee2mqtt', 'z/p-3', 60), (4, 1, 'p-4', 'zigbee2mqtt', 'z/p-4', 60);
        DELETE FROM verdict;
        INSERT INTO outbox VALUES (2, 1, 'edge-two', 'a1b2c3d4e5f6');
    """)
    for first in (1, 301):
        connection.execute(
            b"INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at) "
            b"VALUES (2, %s, %s, %s, 300, 0, '', %s)",
            (first, first + 299, NINE.date(), NINE),
        )
    replace(connection, "namur", "p-1", "p-3", at(HOUR), ISSUED)
    assign(connection, "namur", "p-4", "d-1", at(-HOUR), ISSUED)
    readings = [(at(minute), 3, float(minute < 3 * HOUR), 1 + minute) for minute in range(5 * HOUR)]
    readings += [(at(minute), 4, 0.0, 301 + minute) for minute in range(5 * HOUR)]
    connection.cursor().executemany(b"INSERT INTO reading VALUES (%s, %s, 1, %s, 2, %s)", readings)
    connection.execute(
        b"INSERT INTO span_queue (device_id, since) SELECT d, %s FROM unnest('{1,3,4}'::int[]) AS d", (at(-HOUR),)
    )
    derive_queued_spans(connection)
    reconcile_month(connection, OCTOBER, ISSUED, silent)
    return connection


def test_a_visit_over_a_replacement_has_the_evidence_of_both_sensors_and_only_of_their_time(
    replaced: Connection, tmp_path: Path
) -> None:
    report = bill(replaced, tmp_path)
    acme = documents.numbered(replaced, "INV-2026-00001").invoice
    line = next(line for line in acme.lines if line.visits and line.visits[0].visit.booking == "B-1")
    visit = line.visits[0].visit
    assert (visit.verdict, visit.occupied_s, visit.vacant_s, visit.unknown_s) == ("left_early", 3 * 3_600, 3_600, 0)
    assert line.hours == Decimal("3.2500")  # three hours and the grace of ten minutes, in quarters
    assert visit.spans == (
        Span(at(0), at(3 * HOUR), "occupied", contradicted=True),
        Span(at(3 * HOUR), at(4 * HOUR), "vacant"),
    )
    assert visit.batches == (BatchRun("edge-namur", "a1b2c3d4e5f6", 101, 300), BatchRun("edge-two", "a1b2c3d4e5f6", 1, 600))
    for issued in report.invoices:
        checked = verify(issued.files.pdf)
        assert checked.whole
        assert checked.holds
    settle(replaced, tmp_path)
    assert audited(replaced).is_clean


def test_a_snapshot_of_spans_without_contradiction_has_no_new_key(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    [(keys,)] = connection.execute(b"""
        SELECT array_agg(DISTINCT key) FROM invoice_proof, jsonb_array_elements(evidence -> 'spans') AS span,
               jsonb_object_keys(span) AS key
    """).fetchall()
    assert sorted(keys) == ["end", "start", "state", "suspect"]
