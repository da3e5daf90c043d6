"""Retention: figures by hour equal the readings they come from, and nothing is dropped that is still needed."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import pytest

from smartwork.contracts.metrics import Metric
from smartwork.db.core import migrations as migration
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate, migrations
from smartwork.db.ingest.store import IngestStore
from smartwork.db.network_setup import install
from smartwork.db.presence import retention
from smartwork.db.presence.spans import derive_queued_spans
from smartwork.jobs.presence.daily_figures import summarise_month
from smartwork.jobs.presence.retention import RetentionRun, run_retention
from smartwork.progress import no_progress
from tests.support.factory import EPOCH, NOON, ZONE, Measurement, batch, portion_of, presence, small_network

pytestmark = pytest.mark.services
COMMUNITY_URL = "SMARTWORK_TEST_COMMUNITY_URL"
DAYS = [date(2026, 3, 9) + timedelta(days=i) for i in range(4)]
LATER = datetime(2026, 3, 13, 12, tzinfo=UTC)
YEARS_LATER = datetime(2029, 1, 1, tzinfo=UTC)
Rows = list[tuple[Any, ...]]


@pytest.fixture(params=["this server", "Community server"])
def database(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A migrated database with the small network, on the server of this run and on a Community server where one is named."""
    if request.param == "this server":
        with closing(connect(request.getfixturevalue("database_url"))) as connection:
            yield from _installed(connection)
        return
    server = os.environ.get(COMMUNITY_URL)
    if not server:
        pytest.skip(f"SKIPPED LOUDLY: {COMMUNITY_URL} names no TimescaleDB Community server, so its build is not tested")
    name = f"smartwork_retention_{os.getpid()}"
    with closing(connect(server)) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            with closing(connect(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))) as connection:
                migrate(connection)
                yield from _installed(connection)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def apache_database(connection: Connection) -> Connection:
    """A database in which Smartwork runs retention, not the database server."""
    install(connection, small_network())
    if retention.server_runs_retention(connection):
        pytest.skip("SKIPPED LOUDLY: the server of this run is a Community server, so our own job is not tested")
    return connection


def _installed(connection: Connection) -> Iterator[Connection]:
    install(connection, small_network())
    # The server's own job goes by the clock of today, these tests by that of their data.
    connection.execute("SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE job_id >= 1000")
    yield connection


def run(connection: Connection, at: datetime = LATER) -> RetentionRun:
    """Run `smartwork retention run` at `at`; on a Community server, run also what its job would do."""
    if retention.server_runs_retention(connection):
        connection.execute(
            "CALL refresh_continuous_aggregate('reading_hour', readings_final_before(), %s::timestamptz)", (at,)
        )
        retention.drop_readings(connection, at)
    return run_retention(connection, at, no_progress, dry_run=False)


def by_hour(connection: Connection) -> Rows:
    """What is read from `reading_hour`."""
    return connection.execute("SELECT * FROM reading_hour ORDER BY device_id, metric, hour").fetchall()


def direct(connection: Connection) -> Rows:
    """The same straight from the readings."""
    return connection.execute(
        "SELECT device_id, metric, date_trunc('hour', at) AS hour, count(*), sum(value::numeric), min(value), max(value), "
        "min(at), max(at) FROM reading GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    ).fetchall()


def spans(connection: Connection) -> Rows:
    return connection.execute("SELECT * FROM span ORDER BY resource_id, starts_at").fetchall()


def raw(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM reading").fetchall()[0][0])


class Edge:
    """Numbers readings and commits them, one batch for each local day."""

    def __init__(self, connection: Connection, epoch: str = EPOCH) -> None:
        self._store = IngestStore(connection)
        self._epoch = epoch
        self._first = 1

    def commit(self, readings: list[Measurement], at: datetime = LATER) -> None:
        """Commit `readings`, which may be of several days, as arriving at `at`."""
        for day in sorted({each[0].astimezone(ZoneInfo(ZONE)).date() for each in readings}):
            part = [each for each in readings if each[0].astimezone(ZoneInfo(ZONE)).date() == day]
            self._store.commit(portion_of(batch(self._first, part, day, epoch=self._epoch)), at)
            self._first += len(part)


def some_days(chance: random.Random) -> list[list[Measurement]]:
    """Readings of four days in portions that arrive in any order; values whose sum depends on the order of addition."""
    readings: list[Measurement] = []
    for day in DAYS:
        for _ in range(chance.randint(30, 90)):
            at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
            at += timedelta(milliseconds=chance.randrange(86_400_000))
            readings.append(
                (at, chance.choice(["s-1", "s-2", "l-1"]), int(Metric.TEMPERATURE_C), chance.choice([0.1, 0.7, 21.3]))
            )
    chance.shuffle(readings)
    return [readings[i : i + 25] for i in range(0, len(readings), 25)]


@pytest.mark.parametrize("seed", range(5))
def test_figures_by_hour_are_those_of_the_readings_whatever_comes_late(database: Connection, seed: int) -> None:
    chance, edge = random.Random(seed), Edge(database)
    for i, portion in enumerate(some_days(chance)):
        edge.commit(portion)
        if chance.random() < 0.6:
            run(database, LATER - timedelta(days=max(0, 3 - i)))
            assert by_hour(database) == direct(database)
    run(database)
    assert by_hour(database) == direct(database)
    run(database)
    assert by_hour(database) == direct(database)


def test_before_the_first_run_figures_by_hour_are_there_already(database: Connection) -> None:
    Edge(database).commit(some_days(random.Random(1))[0])
    assert by_hour(database) == direct(database) != []


def test_the_same_columns_are_read_from_both_builds(database: Connection) -> None:
    cursor = database.execute("SELECT * FROM reading_hour LIMIT 0")
    types: dict[int, str] = dict(database.execute("SELECT oid::int, typname::text FROM pg_type").fetchall())
    assert [(c.name, types[c.type_code]) for c in cursor.description or []] == [
        ("device_id", "int4"), ("metric", "int2"), ("hour", "timestamptz"), ("readings", "int8"), ("total", "numeric"),
        ("low", "float8"), ("high", "float8"), ("first_at", "timestamptz"), ("last_at", "timestamptz"),
    ]  # fmt: skip


def test_a_late_reading_is_summed_up_by_the_next_run_and_only_what_it_touched(apache_database: Connection) -> None:
    edge = Edge(apache_database)
    edge.commit([readings for portion in some_days(random.Random(2)) for readings in portion])
    assert run(apache_database).hours.days > 0
    edge.commit(presence("s-1", NOON - timedelta(hours=3), [True]))
    assert by_hour(apache_database) != direct(apache_database)
    assert run(apache_database).hours == retention.HoursSummedUp(days=0, late_days=1, figures=1)
    assert by_hour(apache_database) == direct(apache_database)
    assert run(apache_database).hours == retention.HoursSummedUp(days=0, late_days=0, figures=0)


def test_a_batch_that_is_committed_while_the_hours_are_summed_up_is_not_missed(
    apache_database: Connection, database_url: str
) -> None:
    edge = Edge(apache_database)
    edge.commit(presence("s-1", NOON - timedelta(hours=3), [True]))
    with closing(connect(database_url)) as slow, slow.transaction():
        open_edge = Edge(slow, "ffffffffffff")
        open_edge.commit(presence("s-1", NOON - timedelta(hours=2), [True]))
        edge.commit(presence("s-2", NOON, [True]))
        run(apache_database)
    assert run(apache_database).hours == retention.HoursSummedUp(days=0, late_days=1, figures=1)
    assert by_hour(apache_database) == direct(apache_database)


def test_two_runs_at_once_give_what_one_gives(apache_database: Connection, database_url: str) -> None:
    edge = Edge(apache_database)
    portions = some_days(random.Random(3))
    for readings in portions[:-3]:
        edge.commit(readings)
    run(apache_database)
    for readings in portions[-3:]:
        edge.commit(readings)

    def one(_: int) -> retention.HoursSummedUp:
        with closing(connect(database_url)) as own:
            return run(own).hours

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(one, range(3)))
    assert sorted(hours.late_days > 0 for hours in done) == [False, False, True]
    assert by_hour(apache_database) == direct(apache_database)


def test_after_a_restore_on_another_server_the_hours_are_right_again(apache_database: Connection) -> None:
    edge = Edge(apache_database)
    edge.commit(presence("s-1", NOON - timedelta(hours=3), [True, False]))
    run(apache_database)
    apache_database.execute("UPDATE reading_hour_progress SET snapshot = '4000000000:4000000000:'")
    apache_database.execute("UPDATE batch SET stored_by = '3999999999'")
    edge.commit(presence("s-1", NOON - timedelta(hours=2), [True]))
    run(apache_database)
    assert by_hour(apache_database) == direct(apache_database)
    assert run(apache_database).hours == retention.HoursSummedUp(days=0, late_days=0, figures=0)


def test_a_dry_run_reports_what_a_run_does_and_changes_nothing(apache_database: Connection) -> None:
    edge = Edge(apache_database)
    edge.commit([readings for portion in some_days(random.Random(4)) for readings in portion])
    planned = run_retention(apache_database, YEARS_LATER, no_progress, dry_run=True)
    assert raw(apache_database) > 0
    assert planned == run_retention(apache_database, YEARS_LATER, no_progress, dry_run=True)
    done = run(apache_database, YEARS_LATER)
    assert (planned.hours.days, planned.hours.late_days, planned.dropped) == (
        done.hours.days,
        done.hours.late_days,
        done.dropped,
    )


OLD_DATABASE: LiteralString = """
INSERT INTO operator (name, kind, enterprise_number) VALUES ('Old', 'public', '0123456749');
INSERT INTO centre (slug, name, operator_id, region, town, latitude, longitude, timezone, opens, closes, open_days,
                    plan_width_m, plan_height_m, is_demo)
SELECT 'old', 'Old', operator_id, 'Wallonia', 'Old', 50, 4, 'Europe/Brussels', '08:00', '18:00', '{1,2,3,4,5}', 12, 8, true
FROM operator;
INSERT INTO device (centre_id, slug, profile, address) SELECT centre_id, 's-1', 'zigbee2mqtt', 'desk' FROM centre;
INSERT INTO outbox (centre_id, edge, epoch) SELECT centre_id, 'gateway', '0123456789ab' FROM centre;
INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at)
SELECT outbox_id, 1, 90, '2026-03-09', 90, 0, '', '2026-03-10 08:00+00' FROM outbox;
INSERT INTO reading (at, device_id, metric, value, outbox_id, n)
SELECT '2026-03-09 08:00+00'::timestamptz + n * interval '7 min', device_id, 2, 0.1 * n, outbox_id, n
FROM device, outbox, generate_series(1, 90) AS n
"""
"""Readings of one day, in the schema before retention."""


def test_an_old_database_is_brought_up_to_date_with_its_readings(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(connect(empty_database_url)) as connection:
        with monkeypatch.context() as before:
            before.setattr(migration, "migrations", lambda: [m for m in migrations() if m.number < 4])
            migrate(connection)
        connection.execute(OLD_DATABASE)
        migrate(connection)
        assert by_hour(connection) == direct(connection) != []
        run(connection)
        install(connection, small_network())
        Edge(connection).commit(some_days(random.Random(5))[0])
        run(connection)
        assert by_hour(connection) == direct(connection)


def one_week(connection: Connection) -> Edge:
    """Two desks' presence of a working day, derived."""
    edge = Edge(connection)
    edge.commit(presence("s-1", NOON - timedelta(hours=4), [True, False] * 60) + presence("s-2", NOON, [True] * 30))
    derive_queued_spans(connection)
    return edge


def book(connection: Connection, starts_at: datetime, status: str = "booked") -> None:
    connection.execute(
        "INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status) "
        "SELECT %s, r.resource_id, m.member_id, %s, %s, %s FROM resource r, member m WHERE r.slug = 'desk-1'",
        (f"B-{starts_at:%s}", starts_at, starts_at + timedelta(hours=2), status),
    )


def bill(connection: Connection, month: date) -> None:
    connection.execute(
        "INSERT INTO invoice (number, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document, "
        "digest) "
        "SELECT %s, company_id, %s, %s, %s, 0, 0, 0, '', '{}', '' FROM company",
        (f"SW-{month}", month, month, month),
    )


def test_old_readings_go_and_spans_and_figures_by_hour_stay(database: Connection) -> None:
    one_week(database)
    before = spans(database), direct(database)
    run(database)
    assert raw(database) == 150
    run(database, YEARS_LATER)
    assert raw(database) == 0
    assert (spans(database), by_hour(database)) == before
    run(database, YEARS_LATER)
    assert (spans(database), by_hour(database)) == before


def test_readings_stay_for_the_months_that_are_set(database: Connection) -> None:
    one_week(database)
    database.execute("UPDATE retention SET raw_months = 12")
    run(database, NOON + timedelta(days=360))
    assert raw(database) == 150
    run(database, NOON + timedelta(days=380))
    assert raw(database) == 0


def test_readings_stay_until_their_spans_are_derived(database: Connection) -> None:
    Edge(database).commit(presence("s-1", NOON, [True]))
    run(database, YEARS_LATER)
    assert raw(database) == 1
    derive_queued_spans(database)
    run(database, YEARS_LATER)
    assert raw(database) == 0
    assert len(spans(database)) == 1


@pytest.mark.parametrize("by", ["booking", "check-in"])
def test_readings_of_a_month_stay_until_it_is_billed(database: Connection, by: str) -> None:
    one_week(database)
    if by == "booking":
        book(database, NOON)
    else:
        database.execute(
            "INSERT INTO check_in (external_id, resource_id, member_id, at, method) "
            "SELECT 'K', resource_id, member_id, %s, 'badge' FROM resource, member WHERE slug = 'desk-1'", (NOON,)
        )  # fmt: skip
    bill(database, date(2026, 2, 1))
    assert "unbilled month" in [limit.reason for limit in run(database, YEARS_LATER).limits]
    assert raw(database) == 150
    bill(database, date(2026, 3, 1))
    run(database, YEARS_LATER)
    assert raw(database) == 0


def test_what_is_never_billed_holds_nothing_back(database: Connection) -> None:
    one_week(database)
    book(database, NOON, "cancelled")
    run(database, YEARS_LATER)
    assert raw(database) == 0


def test_a_reading_older_than_what_is_kept_changes_neither_spans_nor_figures(database: Connection) -> None:
    edge = one_week(database)
    edge.commit(presence("s-1", NOON + timedelta(days=60), [True] * 5), at=NOON + timedelta(days=61))
    derive_queued_spans(database)
    at = NOON + timedelta(days=215)
    run(database, at)
    assert raw(database) == 5
    before = spans(database), by_hour(database)
    edge.commit(presence("s-1", NOON - timedelta(hours=1), [False] * 3), at=at)
    derive_queued_spans(database)
    run(database, at)
    assert raw(database) == 5
    assert (spans(database), by_hour(database)) == before


def test_daily_energy_stays_when_the_meter_readings_are_gone(database: Connection) -> None:
    meter = [(NOON + timedelta(minutes=i), "l-1", int(Metric.ENERGY_WH), 100.0 * i) for i in range(10)]
    Edge(database).commit(meter)
    used = summarise_month(database, NOON.date(), YEARS_LATER, no_progress)
    assert used.use.used_wh == pytest.approx(900)
    run(database, YEARS_LATER)
    assert raw(database) == 0
    again = summarise_month(database, NOON.date(), YEARS_LATER, no_progress)
    assert (again.use, again.baseline_wh, again.metered_s) == (used.use, used.baseline_wh, used.metered_s)


def test_the_servers_own_job_sums_up_and_drops(database: Connection) -> None:
    if not retention.server_runs_retention(database):
        assert database.execute("SELECT count(*) FROM timescaledb_information.jobs WHERE job_id >= 1000").fetchall() == [(0,)]
        return
    one_week(database)
    before = direct(database)
    database.execute("CALL apply_retention(0, '{}')")
    assert by_hour(database) == before
    assert run_retention(database, LATER, no_progress, dry_run=False).server is not None
