"""The network of `memory_accounts` in a database: the same companies, prices and presence, through the commands' code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from smartwork.db.bookings import early_release
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.bookings.importing import ChangeRefused, Overlap, write_bookings
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.changes import Author
from smartwork.domain.bookings.early_release import Reason, release
from smartwork.domain.presence.spans import Span
from smartwork.jobs.audit.audit import run_audit
from smartwork.jobs.billing import clearing
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute, pay, refund
from smartwork.jobs.settlement.settle_month import settle_month
from tests.support.accounts import silent
from tests.support.histories import STEP, WINDOWS
from tests.support.memory_accounts import Booked
from tests.support.memory_clearing import Clearing

_RESOURCES = {"d-1": 1, "d-2": 2, "r-1": 3}
_NETWORK = """
SET smartwork.recording = on; -- what tests write as the program would; with triggers off they tamper
INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
INSERT INTO centre VALUES (1, 'namur', 'Namur', 1, 'Wallonie', 'Namur', 50.4, 4.8, 'Europe/Brussels',
    '00:00', '23:59', '{1,2,3,4,5,6,7}', 20, 10, true);
INSERT INTO zone VALUES (1, 1, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
INSERT INTO resource VALUES (1, 1, 1, 'd-1', 'd-1', 'desk', 1, 1, 1, 1, 1), (2, 1, 1, 'd-2', 'd-2', 'desk', 1, 1, 3, 1, 1),
    (3, 1, 1, 'r-1', 'r-1', 'room', 6, 4, 1, 4, 4);
INSERT INTO device VALUES (1, 1, 'p-1', 'zigbee2mqtt', 'z/p-1', 60, NULL, 1),
    (2, 1, 'p-2', 'zigbee2mqtt', 'z/p-2', 60, NULL, 2), (3, 1, 'p-3', 'zigbee2mqtt', 'z/p-3', 60, NULL, 3);
INSERT INTO company VALUES (1, 'acme', 'Acme SA', '0403170701', 'Rue 1', '5000', 'Namur', 'fr', 'PO-1', true),
    (2, 'bolt', 'Bolt NV', '0404616494', 'Straat 2', '1000', 'Brussel', 'nl', 'PO-2', true),
    (3, 'calm', 'Calm Ltd', '0417497106', 'Lane 3', '4000', 'Liège', 'en', 'PO-3', true),
    (4, 'dune', 'Dune SA', '0999900150', 'Rue 4', '5000', 'Namur', 'fr', 'PO-4', true);
INSERT INTO member SELECT n, 'm-' || n, n FROM generate_series(1, 4) n;
INSERT INTO contract SELECT n, n, '2026-01-01', NULL, (ARRAY['as_booked', 'as_measured', 'the_greater', 'cheapest'])[n], 10,
    15, 0.5, true, 30 FROM generate_series(1, 4) n;
UPDATE contract SET cancellation_hours = 240, cancellation_share = 0.5 WHERE company_id = 2;
UPDATE contract SET cancellation_hours = 240, cancellation_fee = 4 WHERE company_id = 4;
INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 1, 12);
INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 3, 6);
INSERT INTO seller VALUES (true, 'Network', '0999900150', 'Street 1', '5000', 'Namur', 'BE', '0208', 'BE92999900000123');
INSERT INTO centre_contract VALUES (1, 1, '2026-01-01', NULL, 'share', 0.6, 'Ville', '0123456749', 'Place 1', '5000', 'Namur',
    'BE68539007547034', 'fr', 'S', 21, NULL, NULL);
UPDATE centre_contract SET self_billing_version = '1', self_billing_signed_on = '2026-01-01',
    self_billing_signed_by = 'C. Leroy', silent_after_days = 15;
INSERT INTO tariff (centre_id, kind, valid_from, per_hour, half_day, half_day_hours, day)
    VALUES (NULL, 'desk', '2026-01-01', 7.5, 25, 4, 40), (NULL, 'room', '2026-01-01', 24, NULL, 5, NULL);
INSERT INTO outbox VALUES (1, 1, 'edge', 'a1b2c3d4e5f6');
SELECT setval(pg_get_serial_sequence('prepaid_lot', 'prepaid_lot_id'), 100);
"""
_AUTHOR = Author("history", "network", "as the history has it")
_CLIENT = Author("client", "company")


@dataclass(slots=True)
class StoredAccounts:
    """A database with the network of `memory_accounts`, and the folder of its documents."""

    connection: Connection
    folder: Path
    now: datetime
    spans: dict[str, set[Span]] = field(default_factory=dict)
    check_ins: int = 0

    def fill(self) -> None:
        """Write the network, and a numbered reading of each place every five minutes."""
        self.connection.execute(_NETWORK.encode())
        at = [window.start + n * STEP for window in WINDOWS for n in range((window.end - window.start) // STEP)]
        rows = [(instant, device, 3 * n + device) for n, instant in enumerate(at) for device in (1, 2, 3)]
        days: dict[date, list[int]] = {}
        with self.connection.cursor() as cursor:
            cursor.executemany(b"INSERT INTO reading VALUES (%s, %s, 1, 1, 1, %s)", rows)
            for instant, _, n in rows:
                days.setdefault(instant.astimezone(ZoneInfo("Europe/Brussels")).date(), []).append(n)
            cursor.executemany(
                b"INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at)"
                b" VALUES (1, %s, %s, %s, %s, 0, '', %s)",
                [(ns[0], ns[-1], day, len(ns), datetime(2026, 10, 1, tzinfo=UTC)) for day, ns in days.items()],
            )

    def observe(self, place: str, spans: Sequence[Span]) -> None:
        """Make the spans of a place these, as deriving late readings would."""
        wanted, resource = set(spans), _RESOURCES[place]
        before = self.spans.get(place, set())
        with self.connection.cursor() as cursor:
            cursor.executemany(
                b"DELETE FROM span WHERE resource_id = %s AND starts_at = %s", [(resource, s.start) for s in before - wanted]
            )
            cursor.executemany(
                b"INSERT INTO span VALUES (%s, %s, %s, %s, %s)",
                [(resource, s.start, s.end, s.state, s.suspect) for s in wanted - before],
            )
        self.spans[place] = wanted

    def put(self, booked: Booked) -> bool:
        """Enter or change a booking, as the network or as its company; False if that is refused, or it stays as it is."""
        status = "cancelled" if booked.cancelled else "booked"
        external_id, member = f"B-{booked.booking_id}", f"m-{booked.company_id}"
        booking = Booking(external_id, "namur", booked.place, member, booked.period.start, booked.period.end, status)  # type: ignore[arg-type]
        try:
            written = write_bookings(
                self.connection,
                [booking],
                _CLIENT if booked.is_own else _AUTHOR,
                lambda: self.now,
                company_id=booked.company_id if booked.is_own else None,
            )
        except (Overlap, ChangeRefused):
            return False
        return bool(written.created or written.changed)

    def release(self, booking_id: int, at: datetime) -> Reason | None:
        """Release the place of a booking that is not used at `at`; returns why, or None if it stays booked."""
        [stored] = self.connection.execute(
            b"SELECT booking_id FROM booking WHERE external_id = %s", (f"B-{booking_id}",)
        ).fetchall()
        current = {each.booking_id: each for each in early_release.current_bookings(self.connection, at)}.get(stored[0])
        if current is None:
            return None
        reason = release(current.period, current.spans, current.check_ins, at, current.policy)
        if reason is not None:
            assert early_release.release(self.connection, [(current, reason)], at) == 1
        return reason

    def check_in(self, company_id: int, place: str, at: datetime) -> None:
        """A member of a company checks in."""
        self.check_ins += 1
        put_check_ins(self.connection, [CheckIn(f"K-{self.check_ins}", "namur", place, f"m-{company_id}", at, "badge")])

    def bill(self, month: date, slug: str | None = None) -> list[tuple[str, str]]:
        """Bill a month; returns company and record of the open stays."""
        report = bill_month(self.connection, month, self.now, self.folder, silent, slug)
        assert report.waiting == ()
        return sorted((stay.company, stay.record) for stay in report.open_stays)

    def settle(self, month: date) -> None:
        """Settle a month with the centre."""
        settle_month(self.connection, month, self.now, self.folder, silent)

    def credit(self, number: str, line: int, hours: Decimal | None) -> None:
        """Dispute a line, and end the dispute with a credit note. Raises InputError or NotAllowedInState."""
        dispute(self.connection, number, line, self.now, "disputed")
        credit(self.connection, DisputedLine(number, line, hours), "agreed", self.now, self.folder, silent)

    def pay(self, number: str, amount: Decimal | None, *, is_refund: bool) -> None:
        """Record a payment, or a refund of all that was overpaid."""
        if is_refund:
            refund(self.connection, number, self.now, "")
        else:
            pay(self.connection, number, self.now, "", amount)

    def clear(self, done: Clearing) -> None:
        """Set off, write off or reverse what was cleared in memory."""
        at, text = self.now, "agreed"
        match done.kind:
            case "offset":
                clearing.offset(self.connection, done.number, done.invoice, at, text, done.amount)
            case "offset_reversed":
                clearing.reverse_offset(self.connection, done.number, done.invoice, at, text, done.amount)
            case "written_off":
                clearing.write_off(self.connection, done.number, at, text, done.amount)
            case _:
                clearing.reverse_write_off(self.connection, done.number, at, text, done.amount)

    def documents(self) -> list[Invoice]:
        """All documents, in order of issue."""
        rows = self.connection.execute(b"SELECT document FROM invoice ORDER BY invoice_id").fetchall()
        return [Invoice.parse(document) for (document,) in rows]

    def mismatches(self) -> list[str]:
        """What the audit finds wrong."""
        return [mismatch for check in run_audit(self.connection, silent).checks for mismatch in check.mismatches]


def later(now: datetime) -> datetime:
    """A month after `now`."""
    return now + timedelta(days=31)
