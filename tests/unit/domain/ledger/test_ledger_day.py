"""The ledger by local day."""

from datetime import date, timedelta

from smartwork.domain.ledger.ledger_day import LedgerDay, LedgerTotal, ledger_total

DAY = LedgerDay(date(2026, 10, 5), numbered=100, stored=80, rejected=1, in_outbox=12, missing=7, duplicates=3)


def test_what_is_in_an_outbox_or_missing_has_not_arrived() -> None:
    assert (DAY.arrived, DAY.is_complete, DAY.missing_share) == (81, False, 0.19)
    empty = LedgerDay(DAY.day, 0, 0, 0, 0, 0)
    assert (empty.arrived, empty.is_complete, empty.missing_share) == (0, True, 0.0)


def test_a_total_adds_each_figure_of_all_days() -> None:
    without_duplicates = LedgerDay(DAY.day + timedelta(days=1), 10, 9, 1, 0, 0)
    assert ledger_total([DAY, without_duplicates]) == LedgerTotal(110, 89, 3, 2, 12, 7)
    assert ledger_total([]) == LedgerTotal(0, 0, 0, 0, 0, 0)
