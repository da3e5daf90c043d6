"""Ledger reports that are wrong or lie: no loss is called whole, and one centre's fault stays that centre's."""

from datetime import datetime, timedelta

import pytest

from smartwork.contracts.handshake import Hello, LeftEpoch
from smartwork.contracts.messages import LedgerReport, LedgerReportDay
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.messages import CommitResult, Portion, ReceivedHello, ReceivedLedgerReport
from smartwork.db.ingest.store import IngestStore
from smartwork.db.ledger.ledger import NumberRun, faults, gaps, ledger
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.domain.ledger.ledger_day import LedgerDay
from tests.support.factory import EPOCH, NOON, TODAY, batch, portion_of, presence, received, small_network

pytestmark = pytest.mark.services
OTHER_EPOCH = "ffffffffffff"
INSTANCE = "00c0ffee0001"


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network())
    return IngestStore(connection)


def stored(store: IngestStore, first: int, many: int, device: str = "s-1", epoch: str = EPOCH) -> CommitResult:
    measurements = presence(device, NOON - timedelta(hours=2) + timedelta(seconds=first), [True] * many)
    return store.commit(portion_of(batch(first, measurements, epoch=epoch)), NOON)


def reported(
    store: IngestStore,
    *numbered: int,
    in_outbox: int = 0,
    last: int | None = None,
    epoch: str = EPOCH,
    at: datetime = NOON,
    reported_at: datetime = NOON,
) -> CommitResult:
    """Report so many numbers on the last days, the last of which is TODAY."""
    days = [
        LedgerReportDay(day=(TODAY - timedelta(days=ago)).isoformat(), numbered=count, in_outbox=in_outbox)
        for ago, count in zip(range(len(numbered) - 1, -1, -1), numbered, strict=True)
    ]
    reported_ms = round(reported_at.timestamp() * 1000)
    last = sum(numbered) if last is None else last
    report = LedgerReport(epoch=epoch, reported_ms=reported_ms, last=min(last, 2**62), days=days)
    return store.commit(
        Portion(ledger_reports=[ReceivedLedgerReport(Topic("mons", MessageType.LEDGER, "gateway"), report)]), at
    )


def hello(store: IngestStore, last: int, *, epoch: str = EPOCH, opened: int | None = None, **fields: object) -> str:
    content = Hello.model_validate(
        {"instance": INSTANCE, "epoch": epoch, "last": last, "opened": opened, "sent_ms": 1} | fields, strict=False
    )
    [(_, answer)] = store.answer_hellos([ReceivedHello(Topic("mons", MessageType.HELLO, "gateway"), content)], NOON)
    return f"{answer.gateway} {answer.known}"


def today(connection: Connection) -> LedgerDay:
    return ledger(connection)["mons"][-1]


@pytest.mark.parametrize("numbered", [(2**62,), (2**62, 2**62), (10**10,)])
def test_impossible_figures_are_refused_and_the_ledger_goes_on(
    connection: Connection, store: IngestStore, numbered: tuple[int, ...]
) -> None:
    stored(store, 1, 10)
    reported(store, 10)
    outcome = reported(store, *numbered)
    assert outcome.rejected == 1
    assert today(connection) == LedgerDay(TODAY, 10, 10, 0, 0, 0, 0)
    [fault] = faults(connection)
    assert (fault.centre, fault.edge) == ("mons", "gateway")
    assert "ledger_report_wrong" in {alarm.kind for alarm in active_alarms(connection)}
    stored(store, 11, 5)
    reported(store, 15)
    assert faults(connection) == []
    assert today(connection).missing == 0


def test_impossible_figures_that_were_stored_before_do_not_stop_the_ledger(
    connection: Connection, store: IngestStore
) -> None:
    for epoch in (EPOCH, OTHER_EPOCH):
        stored(store, 1, 10, epoch=epoch)
        reported(store, 10, epoch=epoch)
    connection.execute("UPDATE edge_day SET numbered = %s, in_outbox = %s", (2**62, 2**62))
    assert today(connection).stored == 20
    assert [fault.centre for fault in faults(connection)] == ["mons"]
    for epoch in (EPOCH, OTHER_EPOCH):
        stored(store, 11, 1, epoch=epoch)
        reported(store, 11, epoch=epoch)
    assert faults(connection) == []
    assert today(connection) == LedgerDay(TODAY, 22, 22, 0, 0, 0, 0)


@pytest.mark.parametrize(("numbered", "in_outbox"), [(20, 0), (30, 0), (30, 10), (20, 20)])
def test_a_gap_inside_the_numbers_is_missing_whatever_the_report_claims(
    connection: Connection, store: IngestStore, numbered: int, in_outbox: int
) -> None:
    stored(store, 1, 10)
    stored(store, 21, 10)
    reported(store, numbered, in_outbox=in_outbox)
    assert (today(connection).missing, today(connection).in_outbox) == (10, 0)
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 11, 20)]


def test_a_gap_at_the_end_of_a_day_is_counted_once(connection: Connection, store: IngestStore) -> None:
    yesterday = TODAY - timedelta(days=1)
    measurements = presence("s-1", NOON - timedelta(days=1), [True] * 10)
    store.commit(portion_of(batch(1, measurements, day=yesterday)), NOON)
    stored(store, 16, 5)
    reported(store, 15, 5)
    assert [(day.day, day.missing) for day in ledger(connection)["mons"]] == [(yesterday, 5), (TODAY, 0)]
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 11, 15)]


def test_what_is_lost_after_the_last_stored_batch_is_shown_with_its_numbers(
    connection: Connection, store: IngestStore
) -> None:
    stored(store, 1, 10)
    reported(store, 25, in_outbox=0)
    assert (today(connection).missing, gaps(connection)) == (15, [NumberRun("mons", "gateway", EPOCH, 11, 25)])


@pytest.mark.parametrize("clock", [timedelta(days=-1), timedelta(days=1), timedelta(0)])
def test_reports_are_ordered_by_the_outbox_and_not_by_its_clock(
    connection: Connection, store: IngestStore, clock: timedelta
) -> None:
    reported(store, 10, in_outbox=10)
    reported(store, 20, in_outbox=5, reported_at=NOON + clock)
    reported(store, 20, in_outbox=8, reported_at=NOON + timedelta(days=2))
    reported(store, 10, in_outbox=10, reported_at=NOON + timedelta(days=2))
    assert (today(connection).numbered, today(connection).in_outbox) == (20, 5)


def test_more_numbers_than_a_gateway_can_give_in_the_time_are_refused(store: IngestStore) -> None:
    reported(store, 100)
    assert reported(store, 5_000_000, at=NOON + timedelta(seconds=10)).rejected == 1
    assert reported(store, 5_000_000, at=NOON + timedelta(hours=1)).rejected == 0


def test_a_day_that_only_a_wrong_report_named_is_forgotten(connection: Connection, store: IngestStore) -> None:
    reported(store, 50, 10)
    reported(store, 61)
    assert [(day.day, day.numbered) for day in ledger(connection)["mons"]] == [(TODAY, 61)]


@pytest.mark.parametrize(("clock", "alarm"), [(timedelta(days=1), True), (timedelta(minutes=1), False)])
def test_a_clock_ahead_is_an_alarm_that_ends_when_it_is_set(
    connection: Connection, store: IngestStore, clock: timedelta, alarm: bool
) -> None:
    reported(store, 10, reported_at=NOON + clock)
    assert ("clock_wrong" in {alarm.kind for alarm in active_alarms(connection)}) == alarm
    reported(store, 11, reported_at=NOON)
    assert active_alarms(connection) == []


def test_a_clock_behind_is_an_alarm_once_a_report_cannot_merely_have_waited(
    connection: Connection, store: IngestStore
) -> None:
    for second in (0, 30, 61):
        at = NOON + timedelta(seconds=second)
        assert active_alarms(connection) == []
        reported(store, 10 + second, at=at, reported_at=at - timedelta(days=1))
    [alarm] = active_alarms(connection)
    assert (alarm.kind, "1 day, 0:00:00 behind" in alarm.message) == ("clock_wrong", True)


def test_an_edge_that_said_hello_is_told_what_was_refused_and_nothing_is_confirmed(store: IngestStore) -> None:
    assert hello(store, 0, opened=0) == "accepted 0"
    assert next(iter(stored(store, 1, 10).digests.values()))
    outcome = stored(store, 6, 10, "s-2")
    [[refused]] = outcome.refused.values()
    assert (outcome.confirmed, refused.first, refused.last, refused.stored) == ({}, 6, 15, [])


def test_readings_that_are_stored_under_their_number_already_are_recognised_in_another_batch(store: IngestStore) -> None:
    hello(store, 0, opened=0)
    measurements = presence("s-1", NOON - timedelta(hours=2), [True, False] * 10)
    store.commit(portion_of(batch(1, measurements[:12])), NOON)
    outcome = store.commit(portion_of(batch(1, measurements)), NOON)
    assert [run.stored for runs in outcome.refused.values() for run in runs] == [[(1, 12)]]
    outcome = store.commit(portion_of(batch(3, measurements[2:8])), NOON)
    assert (list(outcome.confirmed.values()), outcome.refused, outcome.resends) == ([[(3, 8)]], {}, 1)


def test_an_edge_of_an_earlier_version_is_not_confirmed_a_conflict_and_the_alarm_says_so(
    connection: Connection, store: IngestStore
) -> None:
    stored(store, 1, 10)
    for _ in range(3):
        outcome = stored(store, 1, 10, "s-2")
        assert (outcome.confirmed, outcome.refused, outcome.digests) == ({}, {}, {})
    assert {alarm.kind for alarm in active_alarms(connection)} == {"batches_refused"}
    assert connection.execute("SELECT count(*) FROM rejected").fetchone() == (1,), "kept once, however often it is sent"


def test_a_hello_below_the_known_number_closes_the_epoch(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    reported(store, 20, in_outbox=10)
    assert hello(store, 7, opened=5) == "accepted 20"
    assert "outbox_restored" in {alarm.kind for alarm in active_alarms(connection)}
    assert list(stored(store, 11, 3).refused) == [("mons", "gateway", EPOCH)]
    assert (today(connection).missing, today(connection).in_outbox) == (10, 0)
    assert stored(store, 1, 10).resends == 1


@pytest.mark.parametrize("opened", [0, None])
def test_a_hello_that_is_delivered_again_after_batches_closes_nothing(
    connection: Connection, store: IngestStore, opened: int | None
) -> None:
    """A broker or a worker that is killed before a hello was acknowledged leads to this."""
    assert hello(store, 0, opened=0) == "accepted 0"
    hello(store, 0, opened=opened)
    stored(store, 1, 10)
    assert hello(store, 0, opened=opened) == "accepted 10"
    assert active_alarms(connection) == []
    assert (stored(store, 11, 5).refused, today(connection).missing) == ({}, 0)


def test_numbers_of_a_left_epoch_that_nobody_stored_are_missing_with_their_numbers(
    connection: Connection, store: IngestStore
) -> None:
    stored(store, 1, 10)
    reported(store, 10)
    left = LeftEpoch(epoch=EPOCH, last=10, known=35, held=[])
    for _ in range(2):
        assert hello(store, 0, epoch=OTHER_EPOCH, opened=0, former=[left.model_dump()]) == "accepted 0"
    assert (today(connection).numbered, today(connection).missing) == (35, 25)
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 11, 35)]


@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize("hello_at", [0, 1, 2, 3])
@pytest.mark.parametrize("runs", [[(1, 10)], [(31, 5)], [(1, 10), (21, 5)], [(6, 5), (31, 5), (36, 5)], []])
def test_all_lost_numbers_of_a_left_epoch_are_missing_whatever_arrives_first(
    connection: Connection, store: IngestStore, runs: list[tuple[int, int]], hello_at: int, *, reports: bool
) -> None:
    """Up to 50 were given. Gaps between stored runs and what lies after the last one are missing, at once."""
    left = LeftEpoch(epoch=EPOCH, last=50, known=50, held=[])
    if reports:
        reported(store, 12)
    for turn in range(len(runs) + 1):
        if turn == min(hello_at, len(runs)):
            hello(store, 0, epoch=OTHER_EPOCH, opened=0, former=[left.model_dump()])
        if turn < len(runs):
            stored(store, *runs[turn])
    hello(store, 0, epoch=OTHER_EPOCH, opened=0, former=[left.model_dump()])
    arrived = sum(count for _, count in runs)
    days = ledger(connection)["mons"]
    assert sum(day.stored for day in days) == arrived
    assert sum(day.missing for day in days) == 50 - arrived
    assert sum(run.last - run.first + 1 for run in gaps(connection)) == 50 - arrived


def test_a_restored_database_shows_what_it_lost_and_goes_on(connection: Connection, store: IngestStore) -> None:
    """The backup has the numbers up to 10; the edge had confirmations up to 30 and has deleted those batches."""
    stored(store, 1, 10)
    reported(store, 10)
    assert hello(store, 35, opened=30) == "accepted 10"
    stored(store, 31, 5)
    reported(store, 35)
    assert (today(connection).stored, today(connection).missing) == (15, 20)
    assert gaps(connection) == [NumberRun("mons", "gateway", EPOCH, 11, 30)]


def test_a_number_far_above_all_others_is_refused(connection: Connection, store: IngestStore) -> None:
    stored(store, 1, 10)
    outcome = store.commit(Portion(batches=[received(batch(2**62 - 5, presence("s-1", NOON, [True])))]), NOON)
    assert (outcome.readings, outcome.confirmed) == (0, {})
    assert today(connection).missing == 0


def test_what_an_outbox_still_holds_of_a_left_epoch_is_not_missing(connection: Connection, store: IngestStore) -> None:
    yesterday = TODAY - timedelta(days=1)
    held = [{"day": yesterday.isoformat(), "in_outbox": 15}]
    left = {"epoch": EPOCH, "last": 20, "known": 20, "held": held}
    hello(store, 0, epoch=OTHER_EPOCH, opened=0, former=[left])
    days = {day.day: (day.numbered, day.in_outbox, day.missing) for day in ledger(connection)["mons"]}
    assert days == {yesterday: (15, 15, 0), TODAY: (5, 0, 5)}
    measurements = presence("s-1", NOON - timedelta(days=1), [True] * 15)
    store.commit(portion_of(batch(6, measurements, day=yesterday)), NOON)
    hello(store, 0, epoch=OTHER_EPOCH, opened=0, former=[left | {"held": []}])
    total = [sum(getattr(day, name) for day in ledger(connection)["mons"]) for name in ("stored", "in_outbox", "missing")]
    assert total == [15, 0, 5]
