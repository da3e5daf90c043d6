"""A visit's evidence is read, said and drawn as the snapshot holds it."""

from datetime import UTC, date, datetime

import pytest

from dashboard import evidence
from smartwork.db.read.dashboard import InvoiceVisit
from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.ledger.ledger_day import LedgerDay

RAW = {
    "booked_s": 14_400,
    "occupied_s": 3_600,
    "vacant_s": 1_800,
    "unknown_s": 9_000,
    "over_s": 0,
    "coverage": "0.375",
    "spans": [
        {"start": "2026-10-05T07:00:00Z", "end": "2026-10-05T08:00:00Z", "state": "occupied", "suspect": True},
        {"start": "2026-10-05T08:00:00Z", "end": "2026-10-05T11:00:00Z", "state": "unknown", "suspect": False},
    ],
    "batches": [{"edge": "e", "epoch": "a1b2c3d4e5f6", "first": 7, "last": 9}],
    "booking": "B-1",
}


def visit(verdict: Verdict) -> InvoiceVisit:
    start, end = (datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (7, 11))
    return InvoiceVisit(1, None, verdict, "Mons", "Europe/Brussels", "Desk", "desk", start, end, RAW)


def test_unknown_time_is_said_and_doubt_goes_to_the_customer() -> None:
    said = evidence.sentence(visit("unverifiable"), evidence.parse(RAW))
    assert "Booked from 09:00 to 13:00 (4 h)" in said
    assert "could not tell for 2 h 30 min" in said
    assert "never charged above what was booked" in said


@pytest.mark.parametrize("verdict", evidence.LABEL)
def test_every_verdict_has_its_own_sentence(verdict: Verdict) -> None:
    others = {evidence.sentence(visit(v), evidence.parse(RAW)) for v in evidence.LABEL if v != verdict}
    assert evidence.sentence(visit(verdict), evidence.parse(RAW)) not in others


def test_the_drawing_marks_suspect_time_apart_from_occupied_time() -> None:
    svg = evidence.timeline(visit("used"), evidence.parse(RAW))
    assert "Suspect 09:00 to 10:00" in svg
    assert "Occupied" not in svg
    assert "Unknown 10:00 to 13:00" in svg


def test_the_batches_of_the_ledger_are_kept() -> None:
    assert [(b.edge, b.first, b.last) for b in evidence.parse(RAW).batches] == [("e", 7, 9)]


def test_the_ledger_of_the_day_is_shown_where_the_document_has_it() -> None:
    assert evidence.parse(RAW).ledger == ()
    day = {"day": "2026-10-05", "numbered": 100, "stored": 80, "rejected": 1, "waiting": 12, "missing": 7}
    assert evidence.parse({**RAW, "ledger": [day]}).ledger == (LedgerDay(date(2026, 10, 5), 100, 80, 1, 12, 7),)
