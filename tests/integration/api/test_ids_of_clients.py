"""External ids belong to the client that sends them: companies neither block nor discover each other's records."""

import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smartwork.db.access import tokens
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.db.core.connection import Connection, connect
from smartwork.domain.bookings.bookings import Booking
from smartwork.jobs.bookings.import_file import import_bookings
from tests.support.api import BEFORE, HOUR, NINE, NOW, Api, booking

pytestmark = pytest.mark.services
AROUND_THE_CLOCK = "UPDATE centre SET opens = '00:00', closes = '23:59', open_days = '{1,2,3,4,5,6,7}'"

BOOKINGS = """
    SELECT co.slug, r.slug FROM booking b JOIN company co USING (company_id) JOIN resource r USING (resource_id) ORDER BY 1, 2
"""


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of `calls`, which run in threads of their own and start together; an error is a result."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        start.wait(10)
        try:
            results[index] = call()
        except Exception as error:  # noqa: BLE001 - the test compares it
            results[index] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_two_companies_that_put_the_same_new_id_at_once_get_a_booking_each(api: Api, connection: Connection) -> None:
    acme, bolt = api.as_("acme"), api.as_("bolt")
    connection.execute(AROUND_THE_CLOCK)
    for n in range(20):
        path, start = f"/v1/bookings/X{n}", NINE + n * 2 * HOUR
        statuses = at_once(
            partial(acme, "PUT", path, booking(start)),
            partial(bolt, "PUT", path, booking(start, desk="desk-2", member="m-2")),
        )
        assert [status for status, _ in statuses] == [201, 201], n
    assert connection.execute(BOOKINGS).fetchall() == [("acme", "desk-1")] * 20 + [("bolt", "desk-2")] * 20
    assert acme("GET", "/v1/bookings/X3")[1]["resource"] == "desk-1"
    assert bolt("GET", "/v1/bookings/X3")[1]["resource"] == "desk-2"


def client(connection: Connection, token: str) -> Client:
    found = tokens.authenticate(connection, token, NOW)
    assert isinstance(found, Client)
    return found


@pytest.mark.usefixtures("api")
def test_a_company_does_not_wait_for_another_company_that_is_writing_the_same_id(
    connection: Connection, database_url: str
) -> None:
    end = NINE + HOUR
    with closing(connect(database_url)) as other:
        other.execute("SET lock_timeout = '2s'")
        with connection.transaction():
            first = Booking("A", "mons", "desk-1", "m-1", NINE, end, "booked")
            assert front_desk.put_booking(connection, client(connection, "acme"), first, lambda: BEFORE)
            second = Booking("A", "mons", "desk-2", "m-2", NINE, end, "booked")
            assert front_desk.put_booking(other, client(other, "bolt"), second, lambda: BEFORE)
    assert connection.execute(BOOKINGS).fetchall() == [("acme", "desk-1"), ("bolt", "desk-2")]


def test_a_booking_that_moved_to_another_company_meanwhile_is_not_changed(
    api: Api, connection: Connection, database_url: str
) -> None:
    """Acme's request waits for the network's transaction, which gives the booking to bolt."""
    api("PUT", "/v1/bookings/A", booking())
    with closing(connect(database_url)) as other:
        with connection.transaction():
            moved = Booking("A", "mons", "desk-1", "m-2", NINE, NINE + 2 * HOUR, "booked")
            assert not front_desk.put_booking(connection, client(connection, "network"), moved, lambda: BEFORE)
            mine = Booking("A", "mons", "desk-2", "m-1", NINE, NINE + 3 * HOUR, "booked")
            waiting = threading.Thread(
                target=front_desk.put_booking, args=(other, client(other, "acme"), mine, lambda: BEFORE)
            )
            waiting.start()
            waiting.join(0.5)
        waiting.join(20)
    assert connection.execute(BOOKINGS).fetchall() == [("acme", "desk-2"), ("bolt", "desk-1")]
    assert api.as_("bolt")("GET", "/v1/bookings/A")[1]["ends_at"] == "2026-10-05T09:00:00Z"


@pytest.mark.parametrize("name", ["acme", "network"])
def test_a_client_that_puts_one_new_id_twice_at_once_gets_one_booking(api: Api, connection: Connection, name: str) -> None:
    as_client = api.as_(name)
    connection.execute(AROUND_THE_CLOCK)
    for n in range(15):
        path, start = f"/v1/bookings/X{n}", NINE + n * 2 * HOUR
        bodies = [booking(start), booking(start, desk="desk-2", member="m-1" if name == "acme" else "m-2")]
        results = at_once(*(partial(as_client, "PUT", path, body) for body in bodies))
        assert sorted(status for status, _ in results) == [200, 201]
        last = next(answer for status, answer in results if status == 200)
        assert api("GET", path)[1] == last, n
    assert connection.execute("SELECT count(*) FROM booking").fetchone() == (15,)


def test_the_network_names_a_company_to_use_its_ids(api: Api) -> None:
    acme, bolt = api.as_("acme"), api.as_("bolt")
    acme("PUT", "/v1/bookings/A", booking())
    assert api("GET", "/v1/bookings/A")[1]["company"] == "acme"
    bolt("PUT", "/v1/bookings/A", booking(desk="desk-2", member="m-2"))
    status, problem = api("GET", "/v1/bookings/A")
    assert (status, "acme, bolt" in problem["detail"]) == (409, True)
    assert api("GET", "/v1/bookings/A?company=bolt")[1]["resource"] == "desk-2"
    assert api("GET", "/v1/booking-history/A?company=bolt") == (200, [])

    later = booking(NINE + 5 * HOUR)
    assert api("PUT", "/v1/bookings/A", later)[0] == 409
    assert api("PUT", "/v1/bookings/A?company=acme", later)[0] == 200
    assert acme("GET", "/v1/bookings/A")[1]["starts_at"] == "2026-10-05T12:00:00Z"
    assert api("PUT", "/v1/bookings/A?company=bolt", later)[1]["errors"][0]["field"] == "member"
    assert api("DELETE", "/v1/bookings/A?company=bolt")[1]["status"] == "cancelled"
    assert acme("GET", "/v1/bookings/A")[1]["status"] == "booked"
    acme("PUT", "/v1/bookings/B", booking(NINE + 7 * HOUR))
    assert api("DELETE", "/v1/bookings/B")[0] == 409


def test_a_company_cannot_name_another_company_nor_learn_that_it_exists(api: Api) -> None:
    bolt = api.as_("bolt")
    api.as_("acme")("PUT", "/v1/bookings/A", booking())
    answers = [bolt("GET", f"/v1/bookings/A?company={name}") for name in ("acme", "nobody")]
    assert [status for status, _ in answers] == [422, 422]
    assert answers[0][1]["detail"].replace("acme", "nobody") == answers[1][1]["detail"]
    assert bolt("DELETE", "/v1/bookings/A")[0] == bolt("GET", "/v1/booking-history/A")[0] == 404


def test_a_booking_that_the_network_made_belongs_to_the_company_of_its_member(api: Api) -> None:
    acme, bolt = api.as_("acme"), api.as_("bolt")
    assert api("PUT", "/v1/bookings/A", booking())[0] == 201
    assert acme("PUT", "/v1/bookings/A", booking(hours=3))[0] == 200
    assert bolt("PUT", "/v1/bookings/A", booking(desk="desk-2", member="m-2"))[0] == 201
    assert api("GET", "/v1/bookings/A")[1]["ends_at"] == "2026-10-05T10:00:00Z"
    assert api("PUT", "/v1/bookings/A", booking(member="m-2"))[0] == 409, "bolt has a booking with this id"
    assert api("DELETE", "/v1/bookings/A")[1]["company"] == "acme"
    assert bolt("GET", "/v1/bookings/A")[1]["status"] == "booked"


def check_in(member: str, desk: str, minute: int = 0) -> dict[str, str]:
    at = NINE + HOUR * minute / 60
    return {"centre": "mons", "resource": desk, "member": member, "at": at.isoformat(), "method": "badge"}


def test_check_ins_of_two_companies_may_have_the_same_id_and_one_client_records_it_once(
    api: Api, connection: Connection
) -> None:
    api.clock.at = NINE + HOUR
    acme, bolt = api.as_("acme"), api.as_("bolt")
    for n in range(15):
        path = f"/v1/check-ins/K{n}"
        calls = [partial(acme, "PUT", path, check_in("m-1", "desk-1", n))] * 2
        results = at_once(*calls, partial(bolt, "PUT", path, check_in("m-2", "desk-2", n)))
        assert [sorted(status for status, _ in results[:2]), results[2][0]] == [[200, 201], 201], n
    assert connection.execute("SELECT company_id, count(*) FROM check_in GROUP BY 1 ORDER BY 1").fetchall() == [
        (1, 15),
        (2, 15),
    ]
    assert acme("PUT", "/v1/check-ins/K0", check_in("m-1", "desk-2"))[0] == 409
    assert api("PUT", "/v1/check-ins/K0", check_in("m-1", "desk-1"))[0] == 200
    assert api("PUT", "/v1/check-ins/N", check_in("m-1", "desk-1"))[0] == 201
    assert api("PUT", "/v1/check-ins/N", check_in("m-2", "desk-1"))[0] == 409, "the network's own id names one check-in"
    assert bolt("PUT", "/v1/check-ins/N", check_in("m-2", "desk-1"))[0] == 201


def test_of_two_contents_of_one_new_check_in_at_once_one_is_a_conflict(api: Api, connection: Connection) -> None:
    api.clock.at = NINE + HOUR
    for n in range(10):
        path = f"/v1/check-ins/K{n}"
        results = at_once(*(partial(api, "PUT", path, check_in("m-1", desk)) for desk in ("desk-1", "desk-2")))
        assert sorted(status for status, _ in results) == [201, 409], n
    assert connection.execute("SELECT count(*) FROM check_in").fetchone() == (10,)


def test_a_wifi_session_of_one_company_does_not_block_the_networks(api: Api, connection: Connection) -> None:
    def message(member: str) -> dict[str, str]:
        return {
            "Acct-Status-Type": "Start", "Acct-Session-Id": "s-1", "User-Name": member, "NAS-Identifier": "mons",
            "Event-Timestamp": NINE.isoformat(),
        }  # fmt: skip

    api("PUT", "/v1/bookings/A", booking())
    api.clock.at = NINE + HOUR
    assert api.as_("bolt")("POST", "/v1/radius/accounting", message("m-2"))[0] == 200
    assert api("POST", "/v1/radius/accounting", message("m-1"))[1]["resource"] == "desk-1"
    assert api.as_("acme")("POST", "/v1/radius/accounting", message("m-1"))[1]["resource"] == "desk-1"
    assert connection.execute("SELECT external_id FROM check_in").fetchall() == [("wifi/mons/s-1",)]


def test_one_new_member_for_two_companies_at_once_becomes_a_member_of_one(api: Api) -> None:
    for n in range(10):
        results = at_once(
            *(partial(api, "PUT", f"/v1/members/new-{n}", {"company": company}) for company in ("acme", "bolt"))
        )
        assert sorted(status for status, _ in results) == [201, 409], n
        (won,) = [answer["company"] for status, answer in results if status == 201]
        assert api("GET", f"/v1/members/new-{n}")[1]["company"] == won


REFUSED = "Another client wrote one of these bookings during the import. Nothing was written; import the file again."
HEAD = "external_id,centre,resource,member,starts_at,ends_at\n"


def test_ids_of_a_company_do_not_block_an_import_of_others(api: Api, connection: Connection, tmp_path: Path) -> None:
    api.as_("bolt")("PUT", "/v1/bookings/A", booking(desk="desk-2", member="m-2"))
    api.as_("acme")("PUT", "/v1/bookings/B", booking(NINE + 4 * HOUR))
    file = tmp_path / "plan.csv"
    file.write_text(
        HEAD + "A,mons,desk-1,m-1,2026-10-05T09:00,2026-10-05T11:00\nB,mons,desk-1,m-1,2026-10-06T09:00,2026-10-06T11:00\n"
    )
    for created, unchanged in ((1, 0), (0, 1)):
        plan = import_bookings(connection, file, None, lambda *_: None, now=BEFORE, all_or_nothing=False, dry_run=False).plan
        assert (len(plan.created), len(plan.unchanged), len(plan.changed)) == (created, unchanged, 0)
        assert [(fault.line, fault.field) for fault in plan.refused] == [(3, "external_id")]
        assert "acme uses this id" in plan.refused[0].reason
    assert api.as_("bolt")("GET", "/v1/bookings/A")[1]["resource"] == "desk-2"
    assert api.as_("acme")("GET", "/v1/bookings/B")[1]["starts_at"] == "2026-10-05T11:00:00Z"


@pytest.mark.usefixtures("api")
def test_of_two_imports_of_one_new_id_at_once_one_fails_or_reports_a_change(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """What an import reports is what it wrote: neither overwrites a booking that it has not seen."""

    def run(number: int, desk: str) -> object:
        file = tmp_path / f"{number}-{desk}.csv"
        file.write_text(HEAD + f"A{number},mons,{desk},m-1,2026-10-05T09:00,2026-10-05T11:00\n")
        with closing(connect(database_url)) as own:
            done = import_bookings(own, file, None, lambda *_: None, now=BEFORE, all_or_nothing=False, dry_run=False)
            return len(done.plan.created), len(done.plan.changed)

    outcomes = []
    for number in range(8):
        results = at_once(partial(run, number, "desk-1"), partial(run, number, "desk-2"))
        outcomes.append(sorted(str(result) for result in results))
        connection.execute("UPDATE booking SET status = 'cancelled'")
    for outcome in outcomes:
        assert outcome in (
            ["(0, 1)", "(1, 0)"],
            [
                "(1, 0)",
                "Another client wrote one of these bookings during the import. Nothing was written; import the file again.",
            ],
        ), outcome
