"""`smartwork bill` as the role of the worker runs it: one company, all, who waits, and a line credited in full."""

import json
from pathlib import Path

import pytest

from smartwork.cli.author import author
from smartwork.db.core.connection import Connection
from tests.support.accounts import command, rows

pytestmark = pytest.mark.services


def test_the_worker_bills_one_company_then_all_and_credits_a_line_in_full(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    month = ("--month", "2026-10", "--out", str(tmp_path), "--json")
    one = json.loads(command(database_url, "bill", "--company", "bolt", *month).stdout)
    assert [document["company"] for document in one["invoices"]] == ["bolt"]
    connection.execute(b"DELETE FROM contract WHERE company_id = 1")
    every = command(database_url, "bill", *month)
    assert every.returncode == 0, every.stderr
    waiting = json.loads(every.stdout)["waiting"]
    assert [(bill["company"], bill["centre"]) for bill in waiting] == [("acme", "namur")]
    [number] = [document["number"] for document in one["invoices"]]
    dispute = command(database_url, "invoice", "dispute", number, "--line", "1", "--note", "not here")
    assert dispute.returncode == 0, dispute.stderr
    credit = command(database_url, "invoice", "credit", number, "--line", "1", "--reason", "not here", "--out", str(tmp_path))
    assert credit.returncode == 0, credit.stderr
    assert rows(connection, b"SELECT count(*) FROM billed_occupancy") == [(0,)]
    released = b"SELECT released_at = starts_at, recorded_by, reason FROM booking WHERE booking_id = 2"
    assert rows(connection, released) == [(True, f"credit note to {number} by {author()}", "credited in full")]
    draft = command(database_url, "bill", "--draft", "--month", "2026-10")
    assert "acme waits, because of namur" in " ".join(draft.stdout.split())
