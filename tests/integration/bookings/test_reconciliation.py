"""Reconciliation against a real database: only changed places are judged, and the verdicts are those of a full rerun."""

import random
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from smartwork.db.bookings import reconciliation as store
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import Connection, connect
from smartwork.db.network_setup import install
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.reconciliation import BookedSlot, RecordedCheckIn, Rules, reconcile
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, local_month
from smartwork.jobs.bookings import reconcile_month as job
from smartwork.jobs.bookings.reconcile_month import judge_some, reconcile_month
from tests.support.factory import ZONE, small_network

pytestmark = pytest.mark.services
MONTH = date(2026, 10, 1)
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
"""A time after everything that is judged."""
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLUMNS = (
    "resource_id, booking_id, check_in_id, company_id, verdict, starts_at, ends_at, reassigned_at, first_seen, last_seen,"
    " booked_s, occupied_s, vacant_s, unknown_s, over_s"
)


def booking(name: str, start: datetime, hours: float, desk: str = "desk-1", status: str = "booked") -> Booking:
    return Booking(name, "mons", desk, "m-1", start, start + hours * HOUR, "cancelled" if status == "cancelled" else "booked")


def see(connection: Connection, desk: int, start: datetime, hours: float, state: str = "occupied") -> None:
    connection.execute("INSERT INTO span VALUES (%s, %s, %s, %s)", (desk, start, start + hours * HOUR, state))


def verdict_ids(connection: Connection) -> dict[str, int]:
    """The verdict's number by the booking's external id."""
    return dict(connection.execute("SELECT external_id, verdict_id FROM verdict JOIN booking USING (booking_id)").fetchall())


def judge(connection: Connection, month: date = MONTH, now: datetime = AFTER) -> dict[str, int]:
    found = reconcile_month(connection, month, now, lambda *_: None)
    return {verdict: count for verdict, (count, _, _) in found.items()}


def rows(connection: Connection, columns: str = COLUMNS) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT {columns} FROM verdict ORDER BY resource_id, starts_at, booking_id").fetchall()


def stale(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT resource_id, month, taken FROM stale_verdict ORDER BY 1, 2, 3").fetchall()


@pytest.fixture
def network(connection: Connection) -> Connection:
    install(connection, small_network())
    return connection


def test_a_second_run_judges_nothing_and_every_verdict_keeps_its_number(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 2), booking("b", NINE + 3 * HOUR, 2)])
    see(network, 1, NINE, 2)
    assert judge(network) == {"used": 1, "unverifiable": 1}
    before = rows(network, f"verdict_id, {COLUMNS}")
    judge(network)
    assert rows(network, f"verdict_id, {COLUMNS}") == before
    assert stale(network) == []


def test_only_changed_places_are_judged_again_and_get_new_verdicts(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 2), booking("b", NINE + 3 * HOUR, 2), booking("c", NINE, 2, "desk-2")])
    see(network, 1, NINE, 2)
    see(network, 1, NINE + 2 * HOUR, 10, "vacant")
    assert judge(network) == {"used": 1, "no_show": 1, "unverifiable": 1}
    before: dict[str, int] = dict(
        network.execute("SELECT external_id, verdict_id FROM verdict JOIN booking USING (booking_id)").fetchall()
    )
    put_bookings(network, [booking("b", NINE + 3 * HOUR, 2, status="cancelled")])
    assert stale(network) == [(1, MONTH, False)]
    assert judge(network) == {"used": 1, "cancelled": 1, "unverifiable": 1}
    after: dict[str, int] = dict(
        network.execute("SELECT external_id, verdict_id FROM verdict JOIN booking USING (booking_id)").fetchall()
    )
    assert [b for b in before if before[b] != after[b]] == ["b"]


def test_late_spans_and_check_ins_give_the_verdict_of_timely_ones(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 2)])
    judge(network)
    see(network, 1, NINE, 2)
    assert judge(network) == {"used": 1}
    see(network, 1, NINE + 4 * HOUR, 2)
    assert judge(network) == {"used": 1, "walk_in": 1}
    assert rows(network, "company_id") == [(1,), (None,)]
    put_check_ins(network, [CheckIn("k", "mons", "desk-1", "m-1", NINE + 4 * HOUR, "badge")])
    judge(network)
    assert rows(network, "company_id") == [(1,), (1,)]
    network.execute("DELETE FROM span")
    assert judge(network) == {"unverifiable": 1}


def test_marking_spans_as_suspect_does_not_make_a_verdict_stale(network: Connection) -> None:
    see(network, 1, NINE + 12 * HOUR, 2)  # long after closing time
    judge(network)
    assert network.execute("SELECT suspect FROM span").fetchall() == [(True,)]
    assert stale(network) == []
    assert rows(network) == []


def test_a_booking_that_moves_to_another_desk_and_month_has_one_verdict(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 2)])
    judge(network)
    november = datetime(2026, 11, 5, 8, tzinfo=UTC)
    put_bookings(network, [booking("a", november, 2, "desk-2")])
    judge(network, date(2026, 11, 1))
    judge(network)
    assert rows(network, "resource_id, starts_at") == [(2, november)]


def test_the_next_run_finishes_an_interrupted_run(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 2), booking("b", NINE, 2, "desk-2")])
    store.take(network, MONTH)
    assert stale(network) == [(1, MONTH, True), (2, MONTH, True)]
    assert sum(judge(network).values()) == 2
    assert stale(network) == []


def test_two_workers_never_judge_the_same_desk_at_once_and_together_judge_all(network: Connection, database_url: str) -> None:
    put_bookings(network, [booking("a", NINE, 2), booking("b", NINE, 2, "desk-2")])
    store.take(network, MONTH)
    with connect(database_url) as other, other.transaction():
        assert list(store.next_stale(other, MONTH, ZONE, 1)) == [1]
        assert judge_some(network, MONTH, ZONE, AFTER) == 1
        assert judge_some(network, MONTH, ZONE, AFTER) == 0
    assert judge_some(network, MONTH, ZONE, AFTER) == 1


def test_a_change_while_a_desk_is_judged_makes_it_stale_again_without_waiting(network: Connection, database_url: str) -> None:
    put_bookings(network, [booking("a", NINE, 2)])
    store.take(network, MONTH)
    with connect(database_url) as other:
        other.execute("SET lock_timeout = '2s'")
        with network.transaction():
            assert store.next_stale(network, MONTH, ZONE, 9)
            see(other, 1, NINE, 2)
            store.finish(network, MONTH, [1])
    assert stale(network) == [(1, MONTH, False)]


def test_several_processes_give_the_verdicts_of_one_process(
    network: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bookings(network, [booking(f"{i}-{d}", NINE + i * 4 * HOUR, 2, f"desk-{d}") for i in range(30) for d in (1, 2)])
    for i in range(0, 30, 2):
        see(network, 1, NINE + i * 4 * HOUR, 2)
    judge(network)
    alone = rows(network)
    network.execute("DELETE FROM verdict")
    network.execute("INSERT INTO stale_verdict (resource_id, month) SELECT resource_id, '2026-10-01' FROM resource")
    monkeypatch.setattr(job, "_MIN_FOR_PROCESSES", 1)
    reconcile_month(network, MONTH, AFTER, lambda *_: None, database_url=database_url)
    assert rows(network) == alone


def test_incremental_runs_give_the_verdicts_of_a_full_rerun(network: Connection) -> None:
    chance = random.Random(3)
    window = local_month(MONTH, ZONE)
    first = window.start - 12 * HOUR
    spans: list[Span] = []
    now = first
    while now < window.end + 12 * HOUR:
        end = now + timedelta(minutes=chance.choice((10, 40, 55, 90, 200, 400)))
        spans.append(Span(now, end, chance.choice(("occupied", "vacant", "unknown"))))
        now = end
    bookings, now, number = [], first, 0
    while now < window.end:
        now += timedelta(minutes=chance.choice((0, 15, 120, 600, 1500)))
        length = chance.choice((0.5, 2, 4, 9))
        bookings.append(booking(f"x{number}", now, length, status=chance.choice(("booked", "booked", "cancelled"))))
        now += length * HOUR
        number += 1
    check_ins = [CheckIn(f"k{i}", "mons", "desk-1", "m-1", b.starts_at, "badge") for i, b in enumerate(bookings[::3])]
    network.execute("UPDATE centre SET opens = '00:00', closes = '23:59', open_days = '{1,2,3,4,5,6,7}'")
    work = [*spans, *bookings, *check_ins]
    chance.shuffle(work)
    for i in range(0, len(work), 40):
        for item in work[i : i + 40]:
            if isinstance(item, Span):
                network.execute("INSERT INTO span VALUES (1, %s, %s, %s)", (item.start, item.end, item.state))
        put_bookings(network, [item for item in work[i : i + 40] if isinstance(item, Booking)])
        put_check_ins(network, [item for item in work[i : i + 40] if isinstance(item, CheckIn)])
        judge(network)
    ids: dict[str, int] = dict(network.execute("SELECT external_id, booking_id FROM booking").fetchall())
    keys: dict[str, int] = dict(network.execute("SELECT external_id, check_in_id FROM check_in").fetchall())
    slots = [BookedSlot(ids[b.external_id], 1, _period(b), b.status == "cancelled") for b in bookings]
    expected = reconcile(
        slots, [RecordedCheckIn(keys[k.external_id], 1, k.at) for k in check_ins], spans, window, Rules(), AFTER
    )
    wanted = [(f.booking_id, f.verdict, f.period.start, f.occupied_s, f.unknown_s, f.over_s, f.check_in_id) for f in expected]
    found = rows(network, "booking_id, verdict, starts_at, occupied_s, unknown_s, over_s, check_in_id")
    assert len(found) > 50
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def _period(b: Booking) -> Interval:
    return Interval(b.starts_at, b.ends_at)


def test_two_bookings_of_one_desk_cannot_overlap_unless_the_first_was_released(network: Connection) -> None:
    put_bookings(network, [booking("a", NINE, 8)])
    with pytest.raises(psycopg.errors.ExclusionViolation):
        put_bookings(network, [booking("b", NINE + HOUR, 1)])
    network.execute("UPDATE booking SET released_at = %s", (NINE + HOUR / 2,))
    put_bookings(network, [booking("b", NINE + HOUR, 1)])
    see(network, 1, NINE, 1, "vacant")
    see(network, 1, NINE + HOUR, 1)
    see(network, 1, NINE + 2 * HOUR, 6, "vacant")
    judge(network)
    assert rows(network, "verdict, reassigned_at, occupied_s") == [("no_show", NINE + HOUR, 0), ("used", None, 3600)]
