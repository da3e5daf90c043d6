"""A small network with everything that money needs: a centre, three companies, their verdicts, and what proves them."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.core.roles import Role
from smartwork.db.settlement.acceptance import acceptances
from smartwork.domain.settlement.acceptance import AcceptanceEvent
from smartwork.jobs.audit.audit import AuditReport, run_audit
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.billing.bill_report import BillReport
from smartwork.jobs.billing.lifecycle import CreditNote, DisputedLine, credit, dispute
from smartwork.jobs.settlement.acceptance import record_reply
from smartwork.jobs.settlement.payouts import order_now
from smartwork.jobs.settlement.settle_month import SettleReport, settle_month
from tests.support.program import service_url

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
ISSUED = datetime(2026, 11, 2, 9, tzinfo=UTC)
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
"""09:00 in Brussels, when the bookings begin."""

INVOICE = "INV-2026-00002"
"""bolt's: 1.75 h in a room at 24.00."""

_NETWORK = """
SET smartwork.recording = on; -- what tests write as the program would; with triggers off they tamper
INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
INSERT INTO centre VALUES (1, 'namur', 'Namur Gare', 1, 'Wallonie', 'Namur', 50.4, 4.8, 'Europe/Brussels',
    '08:00', '18:00', '{1,2,3,4,5}', 20, 10, true);
INSERT INTO zone VALUES (1, 1, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
INSERT INTO resource VALUES (1, 1, 1, 'd-1', 'Desk 1', 'desk', 1, 1, 1, 1, 1),
    (2, 1, 1, 'r-1', 'Room 1', 'room', 6, 4, 1, 4, 4);
INSERT INTO device VALUES (1, 1, 'p-1', 'zigbee2mqtt', 'z/p-1', 60, NULL, 1),
    (2, 1, 'p-2', 'zigbee2mqtt', 'z/p-2', 60, NULL, 2);
INSERT INTO company VALUES (1, 'acme', 'Acme SA', '0403170701', 'Rue 1', '5000', 'Namur', 'fr', 'PO-1', true),
    (2, 'bolt', 'Bolt NV', '0404616494', 'Straat 2', '1000', 'Brussel', 'nl', 'PO-2', true),
    (3, 'calm', 'Calm Ltd', '0417497106', 'Lane 3', '4000', 'Liège', 'en', 'PO-3', true);
INSERT INTO member VALUES (1, 'm-1', 1), (2, 'm-2', 2);
INSERT INTO contract VALUES (1, 1, '2026-01-01', NULL, 'as_booked', 10, 15, 0.5, true, 30),
    (2, 2, '2026-01-01', NULL, 'as_measured', 10, 15, 0.5, false, 15),
    (3, 3, '2026-01-01', NULL, 'the_greater', 10, 15, 0.5, false, 15);
INSERT INTO seller VALUES (true, 'Network', '0999900150', 'Street 1', '5000', 'Namur', 'BE', '0208', 'BE92999900000123');
INSERT INTO centre_contract VALUES (1, 1, '2026-01-01', NULL, 'share', 0.6, 'Ville', '0123456749', 'Place 1', '5000', 'Namur',
    'BE68539007547034', 'fr', 'S', 21, NULL, NULL);
UPDATE centre_contract SET self_billing_version = '1', self_billing_signed_on = '2026-01-01',
    self_billing_signed_by = 'C. Leroy', silent_after_days = 15;
INSERT INTO tariff VALUES (1, NULL, 'desk', '2026-01-01', NULL, 7.5), (2, 1, 'room', '2026-01-01', NULL, 24);
INSERT INTO outbox VALUES (1, 1, 'edge-namur', 'a1b2c3d4e5f6');
"""


def fill(connection: Connection) -> None:
    """Put the network into an empty database: acme left early at a desk, bolt's room is half unmeasured, calm has nothing."""
    connection.execute(_NETWORK.encode())
    _measure(connection)
    _judge(connection)


def bill(connection: Connection, folder: Path, months_later: int = 0) -> BillReport:
    """Bill October, or a later month so much later."""
    month = (OCTOBER, NOVEMBER, DECEMBER)[months_later]
    return bill_month(connection, month, ISSUED + timedelta(days=31 * months_later), folder, silent)


def settle(connection: Connection, folder: Path, months_later: int = 0) -> SettleReport:
    """Settle October, or a later month so much later; the centres accept at once, and what is owed is ordered."""
    report = settle_only(connection, folder, months_later)
    at = ISSUED + timedelta(days=31 * months_later)
    accept_all(connection, at)
    return replace(report, payouts=(*report.payouts, *order_now(connection, at, folder)))


def settle_only(connection: Connection, folder: Path, months_later: int = 0) -> SettleReport:
    """Settle October, or a later month so much later: what was accepted before is ordered."""
    month = (OCTOBER, NOVEMBER, DECEMBER)[months_later]
    return settle_month(connection, month, ISSUED + timedelta(days=31 * months_later), folder, silent)


def accept_all(connection: Connection, at: datetime) -> None:
    """The centres accept every document to which they have not replied."""
    for waiting in acceptances(connection):
        if waiting.state(at.date()) == "waiting":
            record_reply(connection, waiting.number, AcceptanceEvent("accepted", at.date()), at)


def credited(connection: Connection, folder: Path, hours: Decimal | None = None) -> CreditNote:
    """Dispute the line of `INVOICE`, and end it with a credit note."""
    dispute(connection, INVOICE, 1, ISSUED, "the room was locked")
    return credit(connection, DisputedLine(INVOICE, 1, hours), "the room was locked", ISSUED, folder, silent)


def audited(connection: Connection) -> AuditReport:
    """What the audit says now."""
    return run_audit(connection, silent)


def command(database_url: str, *arguments: str, role: Role | None = Role.WORKER) -> subprocess.CompletedProcess[str]:
    """What a user gets who types `smartwork` and these arguments; without a role, with the address as it is."""
    address = service_url(database_url, role) if role else database_url
    environment = {**os.environ, "SMARTWORK_DATABASE_URL": address}
    program = [sys.executable, "-m", "smartwork", *arguments]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)


def rows(connection: Connection, query: bytes) -> list[tuple[object, ...]]:
    """What a query finds."""
    return connection.execute(query).fetchall()


def kinds(connection: Connection, number: str) -> list[str]:
    """What happened to a document, in order."""
    return [event.kind for event in documents.events(connection, number)]


def silent(*_: object) -> None:
    """No progress is shown."""


def at(minutes: float) -> datetime:
    """So many minutes after `NINE`."""
    return NINE + timedelta(minutes=minutes)


def _measure(connection: Connection) -> None:
    """One presence reading a minute and desk, from 08:00 for ten hours, in batches of 100 numbers; spans of the desk."""
    batch = (
        b"INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at)"
        b" VALUES (1, %s, %s, %s, 100, 0, '', %s)"
    )
    for first in range(1, 1201, 100):
        connection.execute(batch, (first, first + 99, NINE.date(), NINE))
    with connection.cursor() as cursor:
        cursor.executemany(
            b"INSERT INTO reading VALUES (%s, %s, 1, 1, 1, %s)",
            [(at(minute - 60), 1 + n % 2, n + 1) for n in range(1200) for minute in [n // 2]],
        )
        cursor.executemany(
            b"INSERT INTO span VALUES (%s, %s, %s, %s, %s)",
            [
                (1, at(-60), at(5), "vacant", False),
                (1, at(5), at(60), "occupied", False),
                (1, at(60), at(300), "vacant", False),
                (1, at(300), at(355), "occupied", False),
                (1, at(355), at(600), "vacant", False),
                (2, at(-60), at(100), "occupied", False),
                (2, at(100), at(600), "unknown", False),
                (1, at(600), at(40000), "vacant", False),
            ],
        )


def _judge(connection: Connection) -> None:
    connection.execute(b"""
        INSERT INTO booking VALUES
            (1, 'B-1', 1, 1, '2026-10-05 07:00Z', '2026-10-05 11:00Z', 'booked'),
            (2, 'B-2', 2, 2, '2026-10-05 07:00Z', '2026-10-05 09:00Z', 'booked'),
            (3, 'B-3', 1, 1, '2026-10-06 07:00Z', '2026-10-06 09:00Z', 'cancelled'),
            (4, 'B-4', 1, 1, '2026-10-31 23:30Z', '2026-11-01 01:00Z', 'booked');
        INSERT INTO verdict VALUES
            (1, 1, 1, NULL, 1, 'left_early', '2026-10-05 07:00Z', '2026-10-05 11:00Z', NULL, NULL, 14400, 3300, 11100, 0, 0),
            (2, 2, 2, NULL, 2, 'unverifiable', '2026-10-05 07:00Z', '2026-10-05 09:00Z', NULL, NULL, 7200, 6000, 0, 1200, 0),
            (3, 1, 3, NULL, 1, 'cancelled', '2026-10-06 07:00Z', '2026-10-06 09:00Z', NULL, NULL, 7200, 0, 0, 7200, 0),
            (4, 1, 4, NULL, 1, 'no_show', '2026-10-31 23:30Z', '2026-11-01 01:00Z', NULL, NULL, 5400, 0, 5400, 0, 0),
            (5, 1, NULL, NULL, NULL, 'walk_in', '2026-10-05 12:00Z', '2026-10-05 13:00Z', NULL, NULL, 0, 3000, 600, 0, 0);
    """)
    take_as_judged(connection)


def take_as_judged(connection: Connection) -> None:
    """Leave the verdicts as a test wrote them: no place is judged again because of what was written up to now."""
    connection.execute(b"DELETE FROM stale_verdict")
    connection.execute(b"SELECT setval(pg_get_serial_sequence('verdict', 'verdict_id'), 1000)")
