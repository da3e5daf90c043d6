"""The real API over HTTP, on a real database."""

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ingest.early_release import release_due
from smartwork.db.access import tokens
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.errors import InputError
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from tests.support.api import HOUR, NINE, NOW, Api, booking
from tests.support.factory import small_network
from tests.support.program import Program

pytestmark = pytest.mark.services


def test_a_booking_is_created_changed_and_cancelled_and_keeps_its_history(api: Api) -> None:
    assert api("PUT", "/v1/bookings/A-1", booking())[0] == 201
    assert api("PUT", "/v1/bookings/A-1", booking())[0] == 200
    assert api("PUT", "/v1/bookings/A-1", booking(hours=3))[1]["ends_at"] == "2026-10-05T10:00:00Z"
    assert api("DELETE", "/v1/bookings/A-1")[1]["status"] == "cancelled"
    assert api("DELETE", "/v1/bookings/A-1")[0] == 200
    status, history = api("GET", "/v1/booking-history/A-1")
    assert (status, [(v["version"], v["ends_at"], v["recorded_by"]) for v in history]) == (
        200,
        [(1, "2026-10-05T09:00:00Z", "api network"), (2, "2026-10-05T10:00:00Z", "api network")],
    )
    assert api("GET", "/v1/bookings/A-2")[0] == 404


def test_an_id_with_slashes_is_one_id(api: Api) -> None:
    path = "/v1/bookings/" + quote("series-7/2026-10-19T09:00", safe="")
    assert api("PUT", path, booking())[0] == 201
    assert api("GET", path)[1]["external_id"] == "series-7/2026-10-19T09:00"


def test_a_booked_desk_is_a_conflict_and_free_desks_are_listed(api: Api) -> None:
    api("PUT", "/v1/bookings/A", booking())
    status, problem = api("PUT", "/v1/bookings/B", booking(NINE + HOUR))
    assert (status, problem["title"], problem["errors"][0]["field"]) == (409, "Conflict", "body.starts_at")
    assert "Another booking has" in problem["detail"]
    period = "starts_at=2026-10-05T08:00:00Z&ends_at=2026-10-05T09:30:00Z"
    assert [place["resource"] for place in api("GET", f"/v1/centres/mons/free?{period}")[1]["resources"]] == ["desk-2"]


def free_places(api: Api, start: datetime, end: datetime) -> tuple[dict[str, str], str | None]:
    """The free places with their state, and why the centre is closed."""
    period = quote(f"{start.isoformat()}&ends_at={end.isoformat()}", safe="&=:")
    answer = api("GET", f"/v1/centres/mons/free?starts_at={period}")[1]
    return {place["resource"]: place["state"] for place in answer["resources"]}, answer["closed"]


def test_nothing_is_free_and_nothing_is_booked_while_the_centre_is_closed(api: Api, connection: Connection) -> None:
    connection.execute("INSERT INTO closure VALUES (1, '2026-10-06', 'Moving')")
    closed = [
        (NINE + 8 * HOUR, NINE + 10 * HOUR, "open from 08:00 to 18:00"),
        (NINE + 24 * HOUR, NINE + 26 * HOUR, "closed on 2026-10-06: Moving"),
        (NINE - 48 * HOUR, NINE - 46 * HOUR, "closed on Saturdays"),
    ]
    api.clock.at = NOW
    for start, end, reason in closed:
        places, why = free_places(api, start, end)
        assert places == {}
        assert reason in str(why)
        status, problem = api("PUT", "/v1/bookings/C", booking(start, (end - start) / HOUR))
        assert (status, problem["errors"][0]["field"]) == (409, "body.starts_at")
        assert reason in problem["detail"]
        assert problem["next_free_at"] == "2026-10-20T12:00:00Z"
    assert api("PUT", "/v1/bookings/D", booking(NINE - HOUR, 10))[0] == 201


def test_a_booking_that_begins_now_respects_who_is_there(api: Api, connection: Connection) -> None:
    connection.execute(
        "INSERT INTO span VALUES (1, %s, %s, 'occupied'), (2, %s, %s, 'occupied'), (2, %s, %s, 'vacant')",
        (NOW - HOUR, NOW + HOUR, NOW - HOUR, NOW - HOUR / 6, NOW - HOUR / 6, NOW + HOUR),
    )
    api.clock.at = NOW - HOUR / 12
    assert free_places(api, NOW, NOW + HOUR) == ({"desk-2": "recently_used"}, None)
    assert free_places(api, NOW + HOUR, NOW + 2 * HOUR) == ({"desk-1": "free", "desk-2": "free"}, None)
    status, problem = api("PUT", "/v1/bookings/A", booking(NOW, 1))
    assert (status, problem["next_free_at"]) == (409, "2026-10-20T12:25:00Z")
    assert "Somebody is at Desk 1 now" in problem["detail"]
    assert api("PUT", "/v1/bookings/B", booking(NOW + HOUR, 1))[0] == 201
    api("PUT", "/v1/check-ins/K", {**check_in(NOW - HOUR / 2)})
    assert api("PUT", "/v1/bookings/A", booking(NOW, 1))[0] == 201
    assert api("PUT", "/v1/bookings/A", booking(NOW, 0.5))[0] == 200
    connection.execute("UPDATE span SET state = 'unknown'")
    assert free_places(api, NOW, NOW + HOUR / 2) == ({"desk-2": "unknown"}, None)


def test_a_stored_booking_may_become_shorter_or_end_although_the_centre_is_closed(api: Api, connection: Connection) -> None:
    assert api("PUT", "/v1/bookings/A", booking(hours=8))[0] == 201
    connection.execute("UPDATE centre SET closes = '12:00'")
    assert api("PUT", "/v1/bookings/A", booking(hours=8))[0] == 200
    assert api("PUT", "/v1/bookings/A", booking(hours=7))[0] == 200
    assert api("PUT", "/v1/bookings/A", booking(hours=9))[0] == 409
    assert api("DELETE", "/v1/bookings/A")[0] == 200
    assert api("PUT", "/v1/bookings/A", booking(hours=7))[0] == 409


def test_of_many_bookings_of_one_desk_at_once_one_succeeds(api: Api) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda i=i: statuses.append(api("PUT", f"/v1/bookings/R{i}", booking())[0]))
        for i in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 11


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"centre": "paris"}, "centre"),
        ({"resource": "desk-9"}, "resource"),
        ({"member": "nobody"}, "member"),
        ({"starts_at": "2026-10-05T09:00:00"}, "body.starts_at"),
        ({"starts_at": 1}, "body.starts_at"),
        ({"ends_at": "2026-10-05T07:00:00Z"}, "body.ends_at"),
        ({"ends_at": "2026-12-05T07:00:00Z"}, "body.ends_at"),
        ({"colour": "red"}, "body.colour"),
    ],
)
def test_the_problem_names_the_wrong_field(api: Api, change: dict[str, object], field: str) -> None:
    status, problem = api("PUT", "/v1/bookings/A", {**booking(), **change})
    assert (status, problem["status"]) == (422, 422)
    assert field in [fault["field"] for fault in problem["errors"]]


def test_a_request_without_a_valid_token_is_401_and_without_the_scope_403(api: Api, connection: Connection) -> None:
    tokens.put(connection, "door", "door", None, ["check-ins:write"], NOW)
    for token in (None, "wrong"):
        assert api.as_(token)("GET", "/v1/bookings")[0] == 401
    assert api.as_("door")("GET", "/v1/bookings")[0] == 403
    assert tokens.revoke(connection, "door", NOW)
    assert api.as_("door")("GET", "/v1/bookings")[0] == 401
    assert connection.execute("SELECT count(*) FROM api_token WHERE digest = 'door'::bytea").fetchone() == (0,)
    with pytest.raises(InputError, match="Only tokens of the network"):
        tokens.put(connection, "x", "x", "acme", ["members:write"], NOW)
    with pytest.raises(InputError, match="exists already"):
        tokens.put(connection, "acme", "other", "acme", ["bookings:read"], NOW)


def test_a_company_sees_and_changes_only_its_own_records(api: Api, connection: Connection) -> None:
    acme, bolt = api.as_("acme"), api.as_("bolt")
    assert acme("PUT", "/v1/bookings/A", booking())[0] == 201
    connection.execute("INSERT INTO span VALUES (1, %s, %s, 'occupied')", (NINE, NINE + 2 * HOUR))
    reconcile_month(connection, NINE.date(), NINE + timedelta(days=40), lambda *_: None)
    number = acme("GET", "/v1/verdicts")[1]["verdicts"][0]["id"]
    for path in ("/v1/bookings/A", "/v1/booking-history/A", f"/v1/verdicts/{number}", "/v1/members/m-1"):
        assert acme("GET", path)[0] == 200, path
        assert bolt("GET", path)[0] == 404, path
    assert bolt("GET", "/v1/bookings")[1]["bookings"] == bolt("GET", "/v1/verdicts")[1]["verdicts"] == []
    assert bolt("DELETE", "/v1/bookings/A")[0] == 404
    assert bolt("PUT", "/v1/bookings/A", booking(NINE + 4 * HOUR, member="m-2"))[0] == 201
    assert acme("GET", "/v1/bookings/A")[1]["starts_at"] == "2026-10-05T07:00:00Z"
    assert bolt("PUT", "/v1/bookings/B", booking(NINE + 4 * HOUR))[1]["errors"][0]["field"] == "member"
    assert bolt("PUT", "/v1/members/m-9", {"company": "bolt"})[0] == 403


def test_members_are_registered_once_and_never_change_their_company(api: Api) -> None:
    assert api("PUT", "/v1/members/m-7", {"company": "acme"})[0] == 201
    assert api("PUT", "/v1/members/m-7", {"company": "acme"})[0] == 200
    assert api("PUT", "/v1/members/m-7", {"company": "bolt"})[0] == 409
    assert api("PUT", "/v1/members/m-8", {"company": "none"})[0] == 422
    assert api("GET", "/v1/members/m-7")[1] == {"pseudonym": "m-7", "company": "acme", "removed_at": None}


def test_a_member_is_removed_by_a_date_and_never_deleted(api: Api) -> None:
    api("PUT", "/v1/bookings/PAST", booking())
    for token, id_ in (("network", "N"), ("acme", "C")):
        api.as_(token)("PUT", f"/v1/bookings/{id_}", booking(NOW + HOUR + (id_ == "C") * HOUR, 1))
    api.clock.at = NOW
    status, link = api("POST", "/v1/members/m-1/sign-in-links")
    assert (status, link["expires_at"]) == (200, "2026-10-23T12:00:00Z")
    assert b"member m-1" in api.as_(None)("GET", link["path"])[1]
    status, problem = api("DELETE", "/v1/members/m-1")
    assert (status, len(problem["errors"])) == (409, 2)
    assert "N (mons, desk-1, 2026-10-20 15:00 to 2026-10-20 16:00)" in problem["detail"]
    assert api("GET", "/v1/members/m-1")[1]["removed_at"] is None
    status, removed = api("DELETE", "/v1/members/m-1?cancel_bookings=true")
    assert (status, removed["removed_at"], removed["cancelled"]) == (200, "2026-10-20T12:00:00Z", ["N", "C"])
    assert api("DELETE", "/v1/members/m-1")[1]["cancelled"] == []
    statuses = [api("GET", f"/v1/bookings/{id_}")[1]["status"] for id_ in ("PAST", "N", "C")]
    assert statuses == ["booked", "cancelled", "cancelled"]
    assert [each["pseudonym"] for each in api("GET", "/v1/members")[1]["members"]] == ["m-2"]
    assert [each["pseudonym"] for each in api("GET", "/v1/members?removed=true&company=acme")[1]["members"]] == ["m-1"]
    assert api.as_(None)("GET", link["path"])[0] == 410
    assert api("POST", "/v1/members/m-1/sign-in-links")[0] == 404
    status, problem = api("PUT", "/v1/bookings/LATER", booking(NOW + HOUR, 1))
    assert (status, problem["errors"][0]["field"]) == (422, "member")
    assert api("PUT", "/v1/check-ins/L", check_in(NOW))[1]["errors"][0]["field"] == "member"
    assert api("PUT", "/v1/check-ins/E", check_in(NINE))[0] == 201
    assert api("PUT", "/v1/members/m-1", {"company": "acme"})[0] == 409
    assert [each["pseudonym"] for each in api.as_("bolt")("GET", "/v1/members?removed=true")[1]["members"]] == ["m-2"]


def check_in(at: datetime, member: str = "m-1") -> dict[str, str]:
    return {"centre": "mons", "resource": "desk-1", "member": member, "at": at.isoformat(), "method": "badge"}


def test_a_check_in_is_recorded_once_and_returns_its_booking(api: Api) -> None:
    api("PUT", "/v1/bookings/A", booking())
    api.clock.at = NOW
    status, result = api("PUT", "/v1/check-ins/K", check_in(NINE))
    assert (status, result["outcome"], result["booking"]) == (201, "in_time", "A")
    assert api("PUT", "/v1/check-ins/K", check_in(NINE))[0] == 200
    assert api("PUT", "/v1/check-ins/K", check_in(NINE + HOUR))[0] == 409
    assert api("PUT", "/v1/check-ins/L", check_in(NINE + 3 * HOUR))[1]["outcome"] == "no_booking"
    assert api("PUT", "/v1/check-ins/M", check_in(NOW + HOUR))[1]["errors"][0]["field"] == "body.at"


def test_a_check_in_after_the_release_takes_the_desk_back_unless_it_is_booked_again(api: Api, connection: Connection) -> None:
    api("PUT", "/v1/bookings/A", booking(hours=8))
    api.clock.at = NINE + 2 * HOUR
    connection.execute("INSERT INTO span VALUES (1, %s, %s, 'vacant')", (NINE - HOUR, NINE + 4 * HOUR))
    assert release_due(connection, NINE + HOUR) == 1
    (release,) = api("GET", "/v1/releases")[1]["releases"]
    assert (release["resource"], release["reason"], release["booking"]) == ("desk-1", "no_show", "A")
    assert api.as_("bolt")("GET", "/v1/releases")[1]["releases"][0]["booking"] is None
    result = api("PUT", "/v1/check-ins/K", check_in(NINE + 2 * HOUR))[1]
    assert (result["outcome"], result["released_at"]) == ("taken_back", "2026-10-05T08:00:00Z")
    assert api("GET", "/v1/bookings/A")[1]["released_at"] is None
    assert api("GET", "/v1/releases")[1]["releases"][0]["taken_back_at"] == "2026-10-05T09:00:00Z"

    connection.execute("UPDATE booking SET released_at = %s", (NINE + 3 * HOUR,))
    assert api("PUT", "/v1/bookings/B", booking(NINE + 4 * HOUR, member="m-2"))[0] == 201
    api.clock.at = NOW
    result = api("PUT", "/v1/check-ins/L", check_in(NINE + 5 * HOUR))[1]
    assert (result["outcome"], result["booking"]) == ("too_late", "A")
    assert api("GET", "/v1/bookings/A")[1]["released_at"] == "2026-10-05T10:00:00Z"


def radius(status: str, at: datetime, session: str = "s-1", **more: Any) -> dict[str, object]:
    return {
        "Acct-Status-Type": status, "Acct-Session-Id": session, "User-Name": "m-1", "NAS-Identifier": "mons",
        "Event-Timestamp": at.isoformat(), "Framed-IP-Address": "10.0.0.7", **more,
    }  # fmt: skip


def test_wifi_messages_in_any_order_become_the_check_in_of_the_members_only_booking(api: Api, connection: Connection) -> None:
    api("PUT", "/v1/bookings/A", booking())
    api.clock.at = NOW
    more: dict[str, Any] = {"Acct-Session-Time": 3600}
    stop = radius("Stop", NINE + HOUR, **more)
    for message in (stop, radius("Start", NINE), stop, radius("Interim-Update", NINE + HOUR / 2)):
        status, result = api("POST", "/v1/radius/accounting", message)
        assert (status, result["resource"]) == (200, "desk-1")
    assert connection.execute("SELECT started_at, stopped_at FROM wifi_session").fetchall() == [(NINE, NINE + HOUR)]
    assert connection.execute("SELECT at, method FROM check_in").fetchall() == [(NINE, "wifi")]
    assert api("POST", "/v1/radius/accounting", {**radius("Start", NINE), "User-Name": "m-2"})[0] == 409


def test_a_wifi_session_of_a_member_with_two_bookings_is_no_check_in(api: Api, connection: Connection) -> None:
    api("PUT", "/v1/bookings/A", booking())
    api("PUT", "/v1/bookings/B", booking(desk="desk-2"))
    api.clock.at = NOW
    result = api("POST", "/v1/radius/accounting", radius("Start", NINE))[1]
    assert (result["outcome"], result["resource"]) == ("no_booking", None)
    assert connection.execute("SELECT count(*) FROM check_in").fetchone() == (0,)


def rlm_rest(status: object, **more: object) -> dict[str, object]:
    """A message as FreeRADIUS's rlm_rest posts it with `body = 'json'`."""
    values = {"User-Name": "m-1", "NAS-Identifier": "mons", "Acct-Status-Type": status, "Acct-Session-Id": "s-1", **more}
    return {name: {"type": "string", "value": [value]} for name, value in values.items()}


def test_the_messages_of_rlm_rest_are_taken_and_answered_without_a_body(api: Api, connection: Connection) -> None:
    api("PUT", "/v1/bookings/A", booking())
    api.clock.at = NOW
    stop = rlm_rest("Stop", **{"Event-Timestamp": "Oct  5 2026 10:00:00 CEST", "Acct-Session-Time": 3600})
    for message in (
        rlm_rest("Start", **{"Event-Timestamp": "Oct  5 2026 07:00:00 UTC"}),
        rlm_rest("Accounting-On"),
        stop,
        stop,
    ):
        assert api("POST", "/v1/radius/accounting", message) == (204, b"")
    assert connection.execute("SELECT started_at, stopped_at FROM wifi_session").fetchall() == [(NINE, NINE + HOUR)]
    assert connection.execute("SELECT at, method FROM check_in").fetchall() == [(NINE, "wifi")]
    guest = rlm_rest("Start", **{"User-Name": "host/visitor's laptop"})
    assert api("POST", "/v1/radius/accounting", guest) == (204, b"")
    assert connection.execute("SELECT count(*) FROM wifi_session").fetchone() == (1,)
    status, problem = api("POST", "/v1/radius/accounting", rlm_rest("Start", **{"NAS-Identifier": "ap-17"}))
    assert (status, problem["errors"][0]["field"]) == (422, "body.NAS-Identifier")


def test_a_verdict_is_returned_with_its_evidence(api: Api, connection: Connection) -> None:
    api("PUT", "/v1/bookings/A", booking(hours=4))
    connection.execute(
        "INSERT INTO span VALUES (1, %s, %s, 'occupied'), (1, %s, %s, 'unknown')",
        (NINE - HOUR, NINE + 3 * HOUR, NINE + 3 * HOUR, NINE + 9 * HOUR),
    )
    connection.execute(
        "INSERT INTO outbox VALUES (1, 1, 'gateway', '0123456789ab');"
        "INSERT INTO batch VALUES (1, 1, 90, '2026-10-05', 88, 2, 0, '', now());"
        "INSERT INTO edge_day VALUES (1, '2026-10-05', 100, 6, now())"
    )
    api.clock.at = NOW
    api("PUT", "/v1/check-ins/K", check_in(NINE))
    reconcile_month(connection, NINE.date(), NINE + timedelta(days=40), lambda *_: None)
    number = next(v["id"] for v in api("GET", "/v1/verdicts?booking=A")[1]["verdicts"])
    verdict = api("GET", f"/v1/verdicts/{number}")[1]
    assert (verdict["verdict"], verdict["coverage"], verdict["check_in"], verdict["check_in_method"]) == (
        "used",
        0.75,
        "K",
        "badge",
    )
    assert [(s["starts_at"], s["state"]) for s in verdict["spans"]] == [
        ("2026-10-05T07:00:00Z", "occupied"),
        ("2026-10-05T10:00:00Z", "unknown"),
    ]
    assert verdict["ledger"] == [
        {
            "day": "2026-10-05",
            "numbered": 100,
            "arrived": 90,
            "stored": 88,
            "rejected": 2,
            "waiting": 6,
            "missing": 4,
            "missing_share": 0.1,
        }
    ]
    assert verdict["ledger_fault"] is None
    connection.execute(
        "INSERT INTO alarm (centre_id, edge, kind, device, since, message, raised_by)"
        " VALUES (1, 'gateway', 'ledger_report_wrong', '', now(), 'The report cannot be true.', 'server')"
    )
    assert api("GET", f"/v1/verdicts/{number}")[1]["ledger_fault"] == "The report cannot be true."


def test_an_invoice_and_its_files_are_returned_to_its_company_only(api: Api, connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        "INSERT INTO invoice (number, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document,"
        " digest) VALUES ('INV-2026-00001', 1, '2026-10-01', '2026-11-01', '2026-12-01', 10, 2.1, 12.1, '', '{}', '')"
    )
    connection.execute(
        "INSERT INTO invoice_event (invoice_id, at, event, amount) SELECT invoice_id, now(), 'paid', 5 FROM invoice"
    )
    invoice = api("GET", "/v1/invoices/INV-2026-00001")[1]
    assert [invoice[key] for key in ("gross", "state", "paid", "credited", "open")] == [
        "12.10",
        "partly_paid",
        "5.00",
        "0",
        "7.10",
    ]
    assert "bill its month again" in api("GET", "/v1/invoices/INV-2026-00001/pdf")[1]["detail"]
    (tmp_path / "2026-10").mkdir()
    (tmp_path / "2026-10" / "INV-2026-00001-acme.pdf").write_bytes(b"%PDF")
    assert api.as_("acme")("GET", "/v1/invoices/INV-2026-00001/pdf") == (200, b"%PDF")
    assert api.as_("bolt")("GET", "/v1/invoices/INV-2026-00001/pdf")[0] == 404
    assert [len(api.as_(who)("GET", "/v1/invoices?month=2026-10")[1]) for who in ("acme", "bolt")] == [1, 0]


def test_only_the_network_reads_who_recorded_an_event_and_its_note(api: Api, connection: Connection) -> None:
    connection.execute(
        "INSERT INTO invoice (number, company_id, month, issued_on, due_on, net, vat, gross, payment_reference, document,"
        " digest) VALUES ('INV-2026-00001', 1, '2026-10-01', '2026-11-01', '2026-12-01', 10, 2.1, 12.1, '', '{}', '')"
    )
    connection.execute(
        "INSERT INTO invoice_event (invoice_id, at, event, amount, note, recorded_by)"
        " SELECT invoice_id, now(), 'paid', 5, 'pays late', 'cli alice' FROM invoice"
    )
    [paid] = api("GET", "/v1/invoices/INV-2026-00001")[1]["events"]
    assert [paid[key] for key in ("event", "amount", "note", "recorded_by")] == ["paid", "5.00", "pays late", "cli alice"]
    [seen] = api.as_("acme")("GET", "/v1/invoices/INV-2026-00001")[1]["events"]
    assert [seen[key] for key in ("event", "amount", "note", "recorded_by")] == ["paid", "5.00", None, None]


def test_the_policy_of_a_centre_is_set_and_read(api: Api) -> None:
    assert api("PUT", "/v1/centres/mons/release-policy", {"no_show_min": 20, "left_min": None})[0] == 200
    assert api("GET", "/v1/centres/mons/release-policy")[1] == {"no_show_min": 20, "left_min": None}
    assert api("GET", "/v1/centres/nowhere/release-policy")[0] == 404
    assert api.as_("acme")("PUT", "/v1/centres/mons/release-policy", {"no_show_min": 20, "left_min": None})[0] == 403


def test_pages_of_bookings_contain_each_booking_once(api: Api) -> None:
    for i in range(5):
        api("PUT", f"/v1/bookings/P{i}", booking(NINE + i * HOUR, 1))
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = api("GET", f"/v1/bookings?most=2&after={after}")[1]
        seen += [each["external_id"] for each in page["bookings"]]
        after = page["next"]
    assert seen == [f"P{i}" for i in range(5)]


def test_requests_succeed_after_the_database_closed_all_connections(api: Api, connection: Connection) -> None:
    assert api("GET", "/v1/bookings")[0] == 200
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert api("GET", "/v1/bookings")[0] == 200
    assert api("GET", "/healthz")[0] == 200


def test_the_program_accepts_a_token_of_the_command_line_until_it_is_revoked_and_stops_on_sigterm(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    install(connection, small_network())
    command = [sys.executable, "-c", "from smartwork.cli.app import main; main()", "token"]
    env = {**os.environ, "SMARTWORK_DATABASE_URL": database_url}

    def token(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False)

    secret = token("new", "desk", "--scope", "bookings:read", "--expires", "2098-01-01").stdout.strip()
    assert "desk" in token("list", "--json").stdout
    assert secret not in token("list", "--json").stdout
    assert "no scope" in token("new", "other", "--scope", "everything").stderr
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    api = Api(f"http://127.0.0.1:{port}", secret)
    with Program("api", {"database_url": database_url, "api_port": port}, tmp_path / "api.log") as program:
        program.wait_for_log("running on", 30)
        assert api("GET", "/v1/bookings") == (200, {"bookings": [], "next": None})
        assert token("expire", "desk", "--on", "2099-12-31").returncode == 0
        (listed,) = json.loads(token("list", "--json").stdout)
        assert listed["expires_at"] == "2099-12-31T00:00:00+00:00"
        assert listed["last_used_at"] is not None
        assert "--on" in token("expire", "desk").stderr
        assert token("revoke", "desk").returncode == 0
        assert api("GET", "/v1/bookings")[0] == 401
        assert program.stop() == 0
