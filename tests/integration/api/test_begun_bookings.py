"""A booking that has begun is changed by the network alone: by the API, by files, and at the moment at which it begins."""

import threading
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.db.bookings.bookings import WriteLimits, add_bookings, change_bookings
from smartwork.db.bookings.importing import ChangeRefused, write_bookings
from smartwork.db.core.connection import Connection, connect
from smartwork.domain.access.scopes import SCOPES
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import AllowedChange, Author
from smartwork.jobs.billing.bill_month import draft_month
from smartwork.jobs.bookings.import_file import import_bookings
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from tests.support.api import BEFORE, HOUR, NINE, Api, booking

pytestmark = pytest.mark.services
COMPANY = Author("api acme", "company")
DAY = timedelta(days=1)


def days(count: int) -> list[datetime]:
    return [NINE + n * DAY for n in range(count)]


def verdicts(connection: Connection) -> list[tuple[Any, ...]]:
    reconcile_month(connection, NINE.date(), NINE + 30 * DAY, lambda *_: None)
    return connection.execute(
        "SELECT v.starts_at, v.verdict, co.slug, v.booked_s, v.occupied_s"
        " FROM verdict v LEFT JOIN company co USING (company_id) ORDER BY 1"
    ).fetchall()


def test_a_company_cannot_undo_what_it_used(api: Api, connection: Connection) -> None:
    acme = api.as_("acme")
    for n, start in enumerate(days(5), 1):
        assert acme("PUT", f"/v1/bookings/B{n}", booking(start, 8))[0] == 201
        if n < 5:
            connection.execute("INSERT INTO span VALUES (1, %s, %s, 'occupied')", (start, start + 8 * HOUR))
        else:
            connection.execute("INSERT INTO span VALUES (1, %s, %s, 'vacant')", (start, start + 8 * HOUR))
    before = verdicts(connection)
    assert [row[1] for row in before] == ["used"] * 4 + ["no_show"]
    connection.execute("UPDATE contract SET charge = 'as_booked'; UPDATE tariff SET per_hour = 7.50 WHERE kind = 'desk'")
    drafted = draft_month(connection, NINE.date(), NINE + 30 * DAY, lambda *_: None).drafts
    assert [draft.net for draft in drafted] == [Decimal("270.00")]

    api.clock.at = NINE + 30 * DAY
    third, fourth = days(4)[2:]
    tried = [
        acme("DELETE", "/v1/bookings/B1"),
        acme("DELETE", "/v1/bookings/B2"),
        acme("PUT", "/v1/bookings/B3", booking(third, 0.25)),
        acme("PUT", "/v1/bookings/B4", booking(fourth, 8, "desk-2")),
        acme("PUT", "/v1/bookings/B4", booking(fourth + 60 * DAY, 8)),
        acme("DELETE", "/v1/bookings/B5"),
        acme("PUT", "/v1/bookings/B6", booking(fourth, 8, "desk-2")),
    ]
    assert [status for status, _ in tried] == [409] * len(tried)
    assert "ask its front desk" in tried[0][1]["detail"]
    assert acme("PUT", "/v1/bookings/B3", booking(third, 8))[0] == 200, "the same booking again"
    assert acme("DELETE", "/v1/bookings/B1?reason=please")[0] == 422
    assert verdicts(connection) == before
    assert draft_month(connection, NINE.date(), NINE + 30 * DAY, lambda *_: None).drafts == drafted
    assert connection.execute("SELECT count(*) FROM booking_history").fetchone() == (0,)


def test_the_network_changes_a_begun_booking_with_a_reason_that_is_kept(api: Api, connection: Connection) -> None:
    api.as_("acme")("PUT", "/v1/bookings/B", booking())
    api.clock.at = NINE + 3 * HOUR
    for path in ("/v1/bookings/B?company=acme", "/v1/bookings/B"):
        status, problem = api("DELETE", path)
        assert status == 409
    assert "Add ?company=acme" in problem["detail"]
    status, problem = api("PUT", "/v1/bookings/B?company=acme", booking(hours=1))
    assert (status, "Send `reason`" in problem["detail"]) == (409, True)
    for wrong in ("", " ", "a\nb", "x" * 121):
        assert api("PUT", "/v1/bookings/B?company=acme", {**booking(hours=1), "reason": wrong})[0] == 422, wrong
    changed = {**booking(hours=1), "reason": "The heating failed – été"}
    status, stored = api("PUT", "/v1/bookings/B?company=acme", changed)
    assert (status, stored["reason"], stored["recorded_by"]) == (200, "The heating failed – été", "api network")
    assert api("DELETE", "/v1/bookings/B?company=acme&reason=Closed")[1]["cancelled_late_at"] is None
    history = api.as_("acme")("GET", "/v1/booking-history/B")[1]
    assert [(v["recorded_by"], v["reason"]) for v in history] == [
        ("api acme", None),
        ("api network", "The heating failed – été"),
    ]
    assert connection.execute("SELECT status, reason FROM booking").fetchall() == [("cancelled", "Closed")]


def test_after_the_deadline_of_the_contract_a_cancellation_is_late(api: Api, connection: Connection) -> None:
    """The newer contract for desks takes precedence over the general one, on the local day of the start."""
    connection.execute(
        "UPDATE contract SET cancellation_hours = 2, cancellation_fee = 5;"
        "INSERT INTO contract (company_id, valid_from, valid_until, kind, charge, grace_min, step_min, no_show_share,"
        " early_leave_refund, payment_days, cancellation_hours, cancellation_share)"
        " SELECT company_id, '2026-10-05', '2026-10-06', 'desk', charge, grace_min, step_min, no_show_share,"
        " early_leave_refund, payment_days, 24, 0.5 FROM contract"
    )
    acme = api.as_("acme")
    for n, start in enumerate(days(2)):
        acme("PUT", f"/v1/bookings/B{n}", booking(start))
        api.clock.at = start - 23 * HOUR
        assert acme("PUT", f"/v1/bookings/B{n}", booking(start, 1))[0] == (409, 200)[n]
        cancelled = acme("DELETE", f"/v1/bookings/B{n}")[1]
        late = api.clock.at.isoformat().replace("+00:00", "Z")
        assert (cancelled["status"], cancelled["cancelled_late_at"]) == ("cancelled", (late, None)[n])
    connection.execute("INSERT INTO span VALUES (1, %s, %s, 'occupied')", (NINE, NINE + HOUR))
    assert [(row[1], row[3]) for row in verdicts(connection)] == [("cancelled_late", 7200), ("walk_in", 0), ("cancelled", 0)]
    for name, until in (("B0", "2026-10-04T08:00:00Z"), ("B1", None)):
        (listed,) = acme("GET", f"/v1/verdicts?booking={name}")[1]["verdicts"]
        shown = acme("GET", f"/v1/verdicts/{listed['id']}")[1]
        assert (shown["cancelled_at"], shown["spans"] if until else []) == (until, []), "what others did is not shown"
    api.clock.at = NINE - 10 * HOUR
    assert acme("PUT", "/v1/bookings/B0", booking())[1]["cancelled_late_at"] is None, "restored"


def check_in(at: datetime) -> dict[str, str]:
    return {"centre": "mons", "resource": "desk-1", "member": "m-1", "at": at.isoformat(), "method": "badge"}


@pytest.mark.parametrize(("name", "verdict"), [("acme", "no_show"), ("network", "unverifiable")])
def test_a_company_sends_no_check_in_afterwards_against_a_no_show(
    api: Api, connection: Connection, name: str, verdict: str
) -> None:
    api.as_("acme")("PUT", "/v1/bookings/B", booking())
    connection.execute("INSERT INTO span VALUES (1, %s, %s, 'vacant')", (NINE - HOUR, NINE + 9 * HOUR))
    api.clock.at = NINE + 3 * HOUR
    assert api.as_(name)("PUT", "/v1/check-ins/K", check_in(NINE))[0] == 201
    assert [row[1] for row in verdicts(connection)] == [verdict]


def test_a_verdict_that_changes_after_its_evidence_has_closed_is_kept(api: Api, connection: Connection) -> None:
    api.as_("acme")("PUT", "/v1/bookings/B", booking())

    def judged(days_later: int, *spans: tuple[int, int, str]) -> list[tuple[Any, ...]]:
        connection.execute("DELETE FROM span")
        for start, end, state in spans:
            connection.execute("INSERT INTO span VALUES (1, %s, %s, %s)", (NINE + start * HOUR, NINE + end * HOUR, state))
        reconcile_month(connection, NINE.date(), NINE + days_later * DAY, lambda *_: None)
        return connection.execute("SELECT verdict, replaced_at FROM verdict_history ORDER BY verdict_history_id").fetchall()

    assert judged(1, (0, 2, "vacant")) == []
    assert judged(30, (0, 1, "occupied"), (1, 2, "vacant")) == [], "an outage may last so long"
    assert judged(40, (0, 2, "occupied")) == [("left_early", NINE + 40 * DAY)]
    assert judged(41, (0, 2, "occupied")) == [("left_early", NINE + 40 * DAY)]
    with pytest.raises(psycopg.errors.RaiseException, match="history of verdicts is kept"):
        connection.execute("DELETE FROM verdict_history")


def put(connection: Connection, *bookings: Booking) -> None:
    write_bookings(connection, bookings, Author("test", "network"), lambda: BEFORE)


OLD = Booking("A", "mons", "desk-1", "m-1", NINE + HOUR, NINE + 3 * HOUR, "booked")


@pytest.mark.usefixtures("api")
def test_a_company_that_waits_for_a_change_by_which_its_booking_begins_does_not_win(
    connection: Connection, database_url: str
) -> None:
    """The company's request read a booking that begins in an hour. The network's transaction lets it begin an hour ago."""
    put(connection, OLD)
    outcome: list[object] = []

    def cancel() -> None:
        try:
            acme = Client("acme", 1, "acme", frozenset(SCOPES))
            outcome.append(front_desk.cancel(waiting, acme, "A", lambda: NINE))
        except ChangeRefused as error:
            outcome.append(str(error))

    with closing(connect(database_url)) as waiting:
        thread = threading.Thread(target=cancel)
        with connection.transaction():
            earlier = Booking("A", "mons", "desk-1", "m-1", NINE - HOUR, NINE + 3 * HOUR, "booked")
            write_bookings(connection, [earlier], Author("api desk", "network", "Came at eight"), lambda: NINE)
            thread.start()
            thread.join(0.3)
            assert not outcome
        thread.join(20)
    assert len(outcome) == 1
    assert str(outcome[0]).startswith("The booking began at 2026-10-05T06:00Z")
    assert connection.execute("SELECT status FROM booking").fetchall() == [("booked",)]


@pytest.mark.usefixtures("api")
def test_a_request_that_waits_past_the_start_is_decided_by_the_time_at_which_it_is_written(
    connection: Connection, database_url: str
) -> None:
    put(connection, OLD)
    clock = [NINE]
    refused: list[str] = []

    def shorten() -> None:
        shorter = Booking("A", "mons", "desk-1", "m-1", NINE + HOUR, NINE + 2 * HOUR, "booked")
        with pytest.raises(ChangeRefused) as caught:
            write_bookings(waiting, [shorter], COMPANY, lambda: clock[0], company_id=1)
        refused.append(str(caught.value))

    with closing(connect(database_url)) as waiting:
        thread = threading.Thread(target=shorten)
        with connection.transaction():
            connection.execute("SELECT FROM booking FOR UPDATE")
            thread.start()
            thread.join(0.3)
            clock[0] = NINE + HOUR
        thread.join(20)
    assert len(refused) == 1


@pytest.mark.usefixtures("api")
def test_the_statements_themselves_leave_a_begun_booking_and_add_none_in_the_past(connection: Connection) -> None:
    put(connection, OLD)
    shorter = AllowedChange(Booking("A", "mons", "desk-1", "m-1", NINE + HOUR, NINE + 2 * HOUR, "booked"))
    earlier = AllowedChange(Booking("B", "mons", "desk-2", "m-1", NINE, NINE + HOUR, "booked"))
    for company_id in (None, 1):
        assert change_bookings(connection, [shorter], company_id, WriteLimits(begun_by=NINE + HOUR)) == frozenset()
    assert add_bookings(connection, [earlier], 1, WriteLimits(earliest=NINE + HOUR)) == frozenset()
    assert change_bookings(connection, [shorter], 1, WriteLimits(begun_by=NINE)) == {"A"}
    assert add_bookings(connection, [earlier], 1, WriteLimits(earliest=NINE)) == {"B"}


@pytest.mark.usefixtures("api")
def test_a_file_changes_begun_bookings_only_with_a_reason_and_every_other_row_at_once(
    connection: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "plan.csv"
    head = "external_id,centre,resource,member,starts_at,ends_at,status\n"
    rows = [f"{n},mons,desk-1,m-1,2026-10-0{n}T09:00,2026-10-0{n}T17:00,booked\n" for n in range(5, 9)]

    def run(*changed: str, reason: str | None = None) -> Any:
        file.write_text(head + "".join(changed))
        now = NINE + 2 * DAY
        return import_bookings(
            connection, file, None, lambda *_: None, now=now, all_or_nothing=False, dry_run=False, reason=reason
        )

    assert len(run(*rows).plan.created) == 4, "a plan that has begun is imported"
    shorter = [row.replace("T17:00", "T10:00") for row in rows]
    done = run(*shorter)
    assert [fault.reason.split(":")[0] for fault in done.plan.refused] == ["5", "6", "7"]
    assert all(fault.reason.endswith("--reason TEXT") for fault in done.plan.refused)
    assert [row.booking.external_id for row in done.plan.changed] == ["8"]
    done = run(*shorter, reason="The plan was wrong")
    assert (len(done.plan.changed), len(done.plan.unchanged)) == (3, 1)
    assert connection.execute("SELECT external_id, reason, recorded_by FROM booking ORDER BY 1").fetchall() == [
        (str(n), None if n == 8 else "The plan was wrong", "import plan.csv") for n in range(5, 9)
    ]
    assert len(run(*shorter).plan.unchanged) == 4
