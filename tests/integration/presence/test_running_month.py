"""A month that is still running, in the database: nothing after now is judged or counted, unmetered time saves nothing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from smartwork.contracts.metrics import Metric
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.core.connection import Connection
from smartwork.db.lighting.what_if import zone_months
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network_setup import install
from smartwork.db.read.dashboard import Reader
from smartwork.domain.bookings.bookings import Booking
from smartwork.errors import InputError
from smartwork.jobs.billing.bill_month import bill_month, draft_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.jobs.presence.daily_figures import summarise_month
from smartwork.progress import no_progress
from tests.support.factory import small_network

NOVEMBER = date(2026, 11, 1)
MONDAY = datetime(2026, 11, 9, 8, tzinfo=UTC)
"""09:00 in Brussels, an hour after the centre opened."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
AFTER = datetime(2026, 12, 2, tzinfo=UTC)


@pytest.fixture
def network(connection: Connection) -> Connection:
    install(connection, small_network())
    return connection


def booking(name: str, start: datetime, hours: float, desk: str = "desk-1") -> Booking:
    return Booking(name, "mons", desk, "m-1", start, start + hours * HOUR, "booked")


def see(connection: Connection, desk: int, start: datetime, hours: float, state: str = "occupied") -> None:
    connection.execute("INSERT INTO span VALUES (%s, %s, %s, %s)", (desk, start, start + hours * HOUR, state))


def meter(connection: Connection, start: datetime, end: datetime, watts: float, first_wh: float = 0) -> None:
    """The light meter's counter every quarter of an hour."""
    connection.execute(
        "INSERT INTO reading (at, device_id, metric, value, outbox_id, n) "
        "SELECT at, (SELECT device_id FROM device WHERE slug = 'l-1'), %(metric)s, "
        "%(first_wh)s + %(watts)s * extract(epoch FROM at - %(start)s) / 3600, 1, 1 "
        "FROM generate_series(%(start)s::timestamptz, %(end)s, interval '15 minutes') AS at",
        {"metric": int(Metric.ENERGY_WH), "first_wh": first_wh, "watts": watts, "start": start, "end": end},
    )


def judge(connection: Connection, now: datetime) -> dict[str, int]:
    judged = reconcile_month(connection, NOVEMBER, now, no_progress)
    return {verdict: count for verdict, (count, _, _) in judged.items()}


def stored(connection: Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def test_bookings_to_come_have_no_verdict_and_get_it_when_they_have_ended_without_any_change(network: Connection) -> None:
    put_bookings(
        network, [booking("past", MONDAY, 2), booking("now", MONDAY + 3 * HOUR, 4), booking("later", MONDAY + DAY, 2)]
    )
    see(network, 1, MONDAY, 2)
    see(network, 1, MONDAY + 2 * HOUR, 1, "vacant")
    see(network, 1, MONDAY + 3 * HOUR, 1)
    assert judge(network, MONDAY + 4 * HOUR) == {"used": 1}
    assert judge(network, MONDAY + 6 * HOUR) == {"used": 1}
    assert judge(network, MONDAY + 7 * HOUR) == {"used": 1, "unverifiable": 1}
    assert judge(network, MONDAY + 3 * DAY) == {"used": 1, "unverifiable": 2}
    assert stored(network, "stale_verdict") == []


def test_a_stay_ends_now_and_is_as_long_as_its_span_later(network: Connection) -> None:
    see(network, 1, MONDAY, 2.5)  # the sensor's silence timeout is later than now
    judge(network, MONDAY + 2 * HOUR)
    assert network.execute("SELECT ends_at, occupied_s FROM verdict").fetchall() == [(MONDAY + 2 * HOUR, 7_200)]
    judge(network, MONDAY + 4 * HOUR)
    assert network.execute("SELECT ends_at, occupied_s FROM verdict").fetchall() == [(MONDAY + 2.5 * HOUR, 9_000)]


def test_presence_before_the_opening_that_goes_on_is_not_marked_suspect_for_good(network: Connection) -> None:
    see(network, 1, MONDAY - 1.5 * HOUR, 3)
    assert judge(network, MONDAY - 1.1 * HOUR) == {}
    assert network.execute("SELECT suspect FROM span").fetchall() == [(False,)]
    assert judge(network, MONDAY + 3 * HOUR) == {"walk_in": 1}


def test_utilisation_and_peaks_end_now(network: Connection) -> None:
    for day in range(20):
        see(network, 1, MONDAY + day * DAY, 8)
        see(network, 2, MONDAY + day * DAY, 8, "vacant")
    now = MONDAY + DAY + 3 * HOUR
    summarise_month(network, NOVEMBER, now, no_progress)
    use = network.execute(
        "SELECT day, open_s, occupied_s, unknown_s FROM daily_use WHERE resource_id = 1 ORDER BY day"
    ).fetchall()
    assert use[-1] == (date(2026, 11, 10), 4 * 3600, 3 * 3600, 3600)
    assert use[-2] == (date(2026, 11, 9), 10 * 3600, 8 * 3600, 2 * 3600)
    peaks = network.execute("SELECT max(day), count(*) FROM daily_peak").fetchall()
    assert peaks == [(date(2026, 11, 10), 10)]
    [centre] = Reader(network).centre_months(NOVEMBER)
    assert centre.open_s == sum(open_s for _, open_s, _, _ in use) * 2


def test_a_month_without_meter_readings_saves_nothing(network: Connection) -> None:
    meter(network, MONDAY - 30 * DAY, MONDAY - 29 * DAY, 100)
    energy = summarise_month(network, NOVEMBER, AFTER, no_progress)
    assert (energy.use.used_wh, energy.baseline_wh, energy.metered_share) == (0, 0, 0)
    [centre] = Reader(network).centre_months(NOVEMBER)
    assert (centre.saving, centre.kwh_per_m2, centre.metered_share) == (None, None, 0)


def test_energy_covers_metered_time_before_now_and_says_how_much_that_is(network: Connection) -> None:
    meter(network, MONDAY, MONDAY + DAY, 100)
    energy = summarise_month(network, NOVEMBER, MONDAY + DAY, no_progress)
    assert (energy.use.used_wh, energy.baseline_wh) == pytest.approx((2_400, 400 * 10))  # 9 hours on Monday, 1 on Tuesday
    assert energy.metered_share == pytest.approx(24 / ((MONDAY + DAY - datetime(2026, 10, 31, 23, tzinfo=UTC)) / HOUR))


def test_figures_now_are_those_of_a_database_that_holds_nothing_after_now(network: Connection) -> None:
    now = MONDAY + 2 * DAY + 3.3 * HOUR
    meter(network, MONDAY, MONDAY + 4 * DAY, 120)
    put_bookings(network, [booking(f"b{day}", MONDAY + day * DAY, 6) for day in range(5)])
    for day in range(5):
        see(network, 1, MONDAY + day * DAY, 5)
        see(network, 2, MONDAY + day * DAY + 2 * HOUR, 3)

    def figures() -> list[list[tuple[object, ...]]]:
        reconcile_month(network, NOVEMBER, now, no_progress)
        summarise_month(network, NOVEMBER, now, no_progress)
        columns = "resource_id, booking_id, verdict, starts_at, ends_at, occupied_s, vacant_s, unknown_s, over_s"
        verdicts = network.execute(f"SELECT {columns} FROM verdict ORDER BY starts_at, resource_id").fetchall()
        return [verdicts, stored(network, "daily_use"), stored(network, "daily_peak"), stored(network, "daily_energy")]

    at_now = figures()
    assert [row[2] for row in at_now[0]] == ["used", "walk_in", "used", "walk_in", "walk_in"]
    network.execute("DELETE FROM span WHERE starts_at >= %s", (now,))
    network.execute("UPDATE span SET ends_at = %s WHERE ends_at > %s", (now, now))
    network.execute("DELETE FROM reading WHERE at > %s", (now,))
    network.execute("DELETE FROM booking WHERE starts_at >= %s", (now,))
    assert figures() == at_now


def test_other_light_settings_are_tried_on_the_time_before_now_only(network: Connection) -> None:
    install_zone_settings(network, small_network().centres, MONDAY)
    see(network, 1, MONDAY, 2)
    [zone] = zone_months(network, "mons", NOVEMBER, MONDAY + HOUR)
    assert zone.window.end == MONDAY + HOUR
    assert zone_months(network, "mons", NOVEMBER, datetime(2026, 10, 5, tzinfo=UTC)) == []


@pytest.mark.parametrize("now", [MONDAY, datetime(2026, 11, 30, 22, 59, tzinfo=UTC)])
def test_a_running_month_is_not_billed_and_its_draft_is_marked_as_such(
    network: Connection, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(InputError, match="not over"):
        bill_month(network, NOVEMBER, now, tmp_path, no_progress)
    assert draft_month(network, NOVEMBER, now, no_progress).until == now


def test_the_draft_of_a_running_month_has_the_bookings_that_are_over(network: Connection) -> None:
    put_bookings(network, [booking("over", MONDAY, 2), booking("running", MONDAY + 3 * HOUR, 4)])
    see(network, 1, MONDAY, 5)
    drafted = draft_month(network, NOVEMBER, MONDAY + 4 * HOUR, no_progress).drafts
    assert [billed.visit.booking for draft in drafted for line in draft.lines for billed in line.visits] == ["over"]


def test_a_month_that_is_over_in_utc_and_goes_on_in_a_centre_is_not_billed(network: Connection, tmp_path: Path) -> None:
    network.execute("UPDATE centre SET timezone = 'Atlantic/Azores'")
    with pytest.raises(InputError, match="not over on 2026-12-01 in the time zone Atlantic/Azores"):
        bill_month(network, NOVEMBER, datetime(2026, 12, 1, 0, 30, tzinfo=UTC), tmp_path, no_progress)
