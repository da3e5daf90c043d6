"""A stay that was billed to the wrong company, credited in full, and billed to the right one, in the database."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from smartwork.db.bookings.importing import stored_bookings
from smartwork.db.core.connection import connect
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import ImportedBooking
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval
from tests.support.memory_accounts import Booked
from tests.support.stored_accounts import StoredAccounts, later

pytestmark = pytest.mark.services

MORNING = Interval(datetime(2026, 10, 5, 7, tzinfo=UTC), datetime(2026, 10, 5, 15, tzinfo=UTC))
WRONG = Booked(1, 2, "d-1", MORNING)
"""bolt's, who was not there."""


@pytest.mark.parametrize("way", ["cancel", "another booking", "another member"])
def test_a_stay_that_was_credited_in_full_is_billed_to_the_right_company(database_url: str, tmp_path: Path, way: str) -> None:
    with closing(connect(database_url)) as connection:
        accounts = StoredAccounts(connection, tmp_path, datetime(2026, 11, 3, 9, tzinfo=UTC))
        accounts.fill()
        assert accounts.put(WRONG)
        accounts.observe("d-1", [Span(MORNING.start, MORNING.end, "occupied")])
        accounts.bill(date(2026, 10, 1))
        assert is_billed(accounts)
        assert not accounts.put(replace(WRONG, cancelled=True))
        assert not accounts.put(Booked(2, 3, "d-1", MORNING))
        number = next(document.number for document in accounts.documents() if document.account == "bolt")
        accounts.credit(number, 1, None)
        assert not is_billed(accounts)
        match way:
            case "another booking":
                assert accounts.put(Booked(2, 3, "d-1", MORNING))
            case "another member":
                assert accounts.put(replace(WRONG, company_id=3))
            case _:
                assert accounts.put(replace(WRONG, cancelled=True))
                accounts.check_in(3, "d-1", MORNING.start)
        accounts.now = later(accounts.now)
        accounts.bill(date(2026, 11, 1))
        calm = [document for document in accounts.documents() if document.account == "calm"]
        assert [f"{document.net}" for document in calm] == ["60.00"]
        assert [document.kind for document in accounts.documents() if document.account == "bolt"] == [
            "invoice",
            "credit_note",
        ]
        assert accounts.mismatches() == []


def is_billed(accounts: StoredAccounts) -> bool:
    """Whether an import would find that a document charges the booking."""
    booking = Booking("B-1", "namur", "d-1", "m-2", MORNING.start, MORNING.end, "booked")
    by_id, _ = stored_bookings(accounts.connection, [ImportedBooking(1, booking)])
    return by_id["B-1"].billed
