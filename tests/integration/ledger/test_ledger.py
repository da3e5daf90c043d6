"""The ledger: what is missing is shown, with its numbers."""

from datetime import timedelta

import pytest

from smartwork.contracts.messages import LedgerReport, LedgerReportDay
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.messages import Portion, ReceivedLedgerReport
from smartwork.db.ingest.store import IngestStore
from smartwork.db.ledger.ledger import NumberRun, gaps, ledger, overlaps
from smartwork.db.network_setup import install
from smartwork.domain.ledger.ledger_day import LedgerDay
from tests.support.factory import EPOCH, NOON, TODAY, batch, portion_of, presence, small_network

pytestmark = pytest.mark.services
OTHER_EPOCH = "ffffffffffff"


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network())
    return IngestStore(connection)


def stored(store: IngestStore, first: int, many: int, epoch: str = EPOCH) -> None:
    measurements = presence("s-1", NOON - timedelta(hours=2), [True] * many)
    store.commit(portion_of(batch(first, measurements, epoch=epoch)), NOON)


def reported(store: IngestStore, numbered: int, in_outbox: int, epoch: str = EPOCH, at_ms: int = 1) -> None:
    days = [LedgerReportDay(day=TODAY.isoformat(), numbered=numbered, in_outbox=in_outbox)]
    report = LedgerReport(epoch=epoch, reported_ms=at_ms, last=numbered, days=days)
    topic = Topic("mons", MessageType.LEDGER, "gateway")
    store.commit(Portion(ledger_reports=[ReceivedLedgerReport(topic, report)]), NOON)


def expected_ledger(
    *, numbered: int, stored: int, in_outbox: int = 0, missing: int = 0, duplicates: int = 0
) -> dict[str, list[LedgerDay]]:
    return {"mons": [LedgerDay(TODAY, numbered, stored, 0, in_outbox, missing, duplicates)]}


def test_a_ledger_in_balance_misses_nothing(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    reported(store, 10, 0)
    assert ledger(connection) == expected_ledger(numbered=10, stored=10)
    assert gaps(connection) == []


def test_what_is_in_an_outbox_is_not_missing(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    reported(store, 25, 15)
    assert ledger(connection) == expected_ledger(numbered=25, stored=10, in_outbox=15)


def test_what_neither_side_holds_is_missing_and_its_numbers_are_shown(connection: Connection, store: IngestStore) -> None:
    stored(store, 6, 5)
    stored(store, 21, 5)
    reported(store, 25, 0)
    assert ledger(connection) == expected_ledger(numbered=25, stored=10, missing=15)
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 1, 5), NumberRun("mons", "gateway", EPOCH, 11, 20)]
    stored(store, 11, 10)
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 1, 5)]
    stored(store, 1, 5)
    assert ledger(connection) == expected_ledger(numbered=25, stored=25)
    assert gaps(connection) == []


def test_what_arrived_after_the_report_does_not_make_a_figure_negative(connection: Connection, store: IngestStore) -> None:
    reported(store, 10, 10)
    stored(store, 1, 10)
    stored(store, 11, 10)
    assert ledger(connection) == expected_ledger(numbered=20, stored=20)


def test_a_surplus_of_one_outbox_never_hides_what_another_lost(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    reported(store, 3, 0)
    reported(store, 7, 0, epoch=OTHER_EPOCH)
    assert ledger(connection) == expected_ledger(numbered=17, stored=10, missing=7)


def test_a_day_of_which_only_the_edge_knows_is_in_the_ledger(connection: Connection, store: IngestStore) -> None:
    reported(store, 4, 1)
    assert ledger(connection) == expected_ledger(numbered=4, stored=0, in_outbox=1, missing=3)


def test_duplicates_are_counted_apart(connection: Connection, store: IngestStore) -> None:
    for _ in range(3):
        stored(store, 1, 10)
    assert ledger(connection) == expected_ledger(numbered=10, stored=10, duplicates=20)


def test_numbers_that_stand_in_two_batches_are_shown(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    stored(store, 21, 10)
    stored(store, 31, 5)
    assert overlaps(connection) == []
    connection.execute("UPDATE batch SET last = 24, stored = 24 WHERE first = 1")
    assert overlaps(connection) == [NumberRun("mons", "gateway", EPOCH, 21, 24)]
    connection.execute("UPDATE batch SET last = 40, stored = 40 WHERE first = 1")
    assert overlaps(connection) == [NumberRun("mons", "gateway", EPOCH, 21, 30), NumberRun("mons", "gateway", EPOCH, 31, 35)]
