"""Who did each step is recorded: with events of documents, postings, agreements, payment orders and bookings."""

import json
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.authors import recorded_as, set_session_author
from smartwork.db.core.connection import Connection
from smartwork.jobs.billing import lifecycle
from tests.support.accounts import INVOICE, ISSUED, bill, command, credited, rows, settle

pytestmark = pytest.mark.services

EVENTS = b"SELECT DISTINCT e.event, e.recorded_by FROM invoice_event e ORDER BY 1, 2"


def test_each_event_posting_and_payment_order_names_who_recorded_it(connection: Connection, tmp_path: Path) -> None:
    set_session_author(connection, "cli alice")
    bill(connection, tmp_path)
    lifecycle.send(connection, INVOICE, ISSUED, "")
    set_session_author(connection, "cli bob")
    credited(connection, tmp_path)
    lifecycle.pay(connection, "INV-2026-00001", ISSUED, "")
    settle(connection, tmp_path)
    assert rows(connection, EVENTS) == [
        ("credited", "cli bob"), ("disputed", "cli bob"), ("issued", "cli alice"), ("issued", "cli bob"), ("paid", "cli bob"),
        ("sent", "cli alice"),
    ]  # fmt: skip
    assert rows(connection, b"SELECT DISTINCT kind, recorded_by FROM posting ORDER BY 1, 2") == [
        ("document", "cli alice"), ("document", "cli bob"), ("payment", "cli bob"), ("payout", "cli bob"),
        ("settlement", "cli bob"),
    ]  # fmt: skip
    assert rows(connection, b"SELECT recorded_by FROM payout_order") == [("cli bob",)]
    released = rows(connection, b"SELECT recorded_by, reason FROM booking WHERE released_at IS NOT NULL")
    assert released == [(f"credit note to {INVOICE} by cli bob", "credited in full")]


def test_a_connection_that_names_nobody_records_the_program(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    assert {event.recorded_by for event in documents.events(connection, INVOICE)} == {"smartwork"}


def test_what_is_recorded_through_something_names_it_and_who_used_it(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    set_session_author(connection, "cli alice")
    with connection.transaction():
        with recorded_as(connection, "statement 12"), recorded_as(connection, "line 3"):
            lifecycle.send(connection, INVOICE, ISSUED, "")
        lifecycle.pay(connection, INVOICE, ISSUED, "")
    assert [event.recorded_by for event in documents.events(connection, INVOICE)] == [
        "smartwork", "line 3 by statement 12 by cli alice", "cli alice",
    ]  # fmt: skip


def test_an_author_whose_work_fails_is_forgotten(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    set_session_author(connection, "cli alice")
    with pytest.raises(RuntimeError), connection.transaction(), recorded_as(connection, "statement 12"):
        raise RuntimeError
    lifecycle.send(connection, INVOICE, ISSUED, "")
    assert documents.events(connection, INVOICE)[-1].recorded_by == "cli alice"


def test_commands_record_and_show_who_used_them(
    connection: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill(connection, tmp_path)
    monkeypatch.setenv("SMARTWORK_AUTHOR", "Zoë D'Hondt")
    assert command(database_url, "invoice", "pay", INVOICE, "--note", "cash").returncode == 0
    shown = json.loads(command(database_url, "invoice", "show", INVOICE, "--json").stdout)
    assert shown["number"] == INVOICE
    paid = shown["events"][-1]
    assert (paid["event"], paid["amount"], paid["note"], paid["recorded_by"]) == ("paid", "50.82", "cash", "cli Zoë D'Hondt")
    monkeypatch.setenv("COLUMNS", "160")
    assert "cli Zoë D'Hondt" in command(database_url, "invoice", "show", INVOICE).stdout
    listed = json.loads(command(database_url, "invoice", "list", "--json").stdout)
    assert {each["number"]: each["recorded_by"] for each in listed}[INVOICE] == "cli Zoë D'Hondt"
    assert "cli Zoë D'Hondt" in command(database_url, "invoice", "list").stdout


def test_versions_of_the_agreements_name_who_applied_them(
    connection: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTWORK_AUTHOR", "alice")
    before = rows(connection, b"SELECT DISTINCT recorded_by FROM agreement_version")
    file = tmp_path / "agreements.toml"
    file.write_text(command(database_url, "agreements", "show").stdout.replace("Acme SA", "Acme NV"), encoding="utf-8")
    assert command(database_url, "agreements", "apply", str(file)).returncode == 0
    versions = json.loads(command(database_url, "agreements", "history", "--json").stdout)
    assert (before, {version["recorded_by"] for version in versions}) == ([], {"cli alice"})
    assert "cli alice" in command(database_url, "agreements", "history").stdout


def test_an_import_of_bookings_names_the_file_and_who_imported_it(
    connection: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTWORK_AUTHOR", "alice")
    file = tmp_path / "october.csv"
    file.write_text(
        "external_id,centre,resource,member,starts_at,ends_at,status\n"
        "B-1,namur,d-1,m-1,2026-10-05T09:00+02:00,2026-10-05T12:00+02:00,booked\n",
        encoding="utf-8",
    )
    assert command(database_url, "bookings", "import", str(file), "--reason", "left at noon").returncode == 0
    assert rows(connection, b"SELECT recorded_by, reason FROM booking WHERE external_id = 'B-1'") == [
        ("import october.csv by cli alice", "left at noon")
    ]


def test_a_command_whose_author_cannot_be_shown_records_nothing(
    connection: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill(connection, tmp_path)
    monkeypatch.setenv("SMARTWORK_AUTHOR", "two\nlines")
    refused = command(database_url, "invoice", "pay", INVOICE)
    assert (refused.returncode, "SMARTWORK_AUTHOR is" in refused.stderr) == (1, True)
    assert [event.kind for event in documents.events(connection, INVOICE)] == ["issued"]
