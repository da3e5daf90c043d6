"""Ledger days in snapshots: the stored keys are those of every document issued so far."""

from datetime import date

import pytest
from pydantic import TypeAdapter

from smartwork.domain.billing.ledger_snapshot import SnapshotLedgerDay, decode_ledger_day
from smartwork.domain.ledger.ledger_day import LedgerDay

DAY = LedgerDay(date(2026, 10, 5), numbered=100, stored=80, rejected=1, in_outbox=12, missing=7)
STORED = {"day": "2026-10-05", "numbered": 100, "stored": 80, "rejected": 1, "waiting": 12, "missing": 7}
SNAPSHOT: TypeAdapter[LedgerDay] = TypeAdapter(SnapshotLedgerDay)


def test_the_stored_keys_are_those_of_the_documents_issued_so_far() -> None:
    assert SNAPSHOT.dump_python(DAY, mode="json") == STORED


def test_a_stored_day_is_read_back_with_every_figure_in_its_place() -> None:
    assert SNAPSHOT.validate_python(STORED) == DAY
    assert SNAPSHOT.validate_json(SNAPSHOT.dump_json(DAY)) == DAY


@pytest.mark.parametrize("figure", STORED)
def test_a_stored_day_without_one_of_its_figures_is_refused(figure: str) -> None:
    with pytest.raises(ValueError, match=figure):
        decode_ledger_day({key: value for key, value in STORED.items() if key != figure})
