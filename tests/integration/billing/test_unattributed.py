"""Unattributed stays: the command line lists those that the billing run and the dashboard count."""

import json
from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.read.dashboard import reading
from tests.support.accounts import NOVEMBER, OCTOBER, bill, command

pytestmark = pytest.mark.services


def test_unattributed_stays_are_listed_in_local_time_and_in_their_local_month(
    connection: Connection, database_url: str
) -> None:
    connection.execute(b"""
        INSERT INTO check_in VALUES (1, 'C-1', 1, 2, '2026-10-07 08:00Z', 'badge');
        INSERT INTO verdict VALUES
            (11, 2, NULL, NULL, NULL, 'walk_in', '2026-10-31 23:10Z', '2026-10-31 23:40Z', NULL, NULL, 0, 1500, 300, 0, 0),
            (12, 2, NULL, NULL, NULL, 'walk_in', '2026-10-26 07:00:30Z', '2026-10-26 09:00Z', NULL, NULL, 0, 7000, 170, 0, 0),
            (13, 2, NULL, NULL, 2, 'walk_in', '2026-10-07 08:00Z', '2026-10-07 09:00Z', NULL, NULL, 0, 3600, 0, 0, 0);
    """)
    listed = command(database_url, "invoice", "unattributed", "--month", "2026-10", "--json")
    assert listed.returncode == 0, listed.stderr
    found = json.loads(listed.stdout)
    assert (found["month"], found["count"], found["presence_s"]) == ("2026-10", 2, 10_000)
    assert found["walk_ins"] == [
        {
            "centre": "namur", "day": "2026-10-05", "resource": "d-1", "resource_name": "Desk 1",
            "starts_at": "2026-10-05T14:00:00+02:00", "ends_at": "2026-10-05T15:00:00+02:00", "presence_s": 3_000,
        },
        {
            "centre": "namur", "day": "2026-10-26", "resource": "r-1", "resource_name": "Room 1",
            "starts_at": "2026-10-26T08:00:30+01:00", "ends_at": "2026-10-26T10:00:00+01:00", "presence_s": 7_000,
        },
    ]  # fmt: skip
    shown = command(database_url, "invoice", "unattributed", "--month", "2026-10", "--centre", "namur").stdout
    rows = [line.split() for line in shown.splitlines() if "namur" in line]
    assert rows == [
        ["namur", "Mon", "2026-10-05", "Desk", "1", "14:00", "15:00", "50"],
        ["namur", "Mon", "2026-10-26", "Room", "1", "08:00", "10:00", "117"],
    ]
    assert "2 stays, 2 h 47 min of presence" in shown
    november = json.loads(command(database_url, "invoice", "unattributed", "--month", "2026-11", "--json").stdout)
    assert [(stay["day"], stay["starts_at"]) for stay in november["walk_ins"]] == [
        ("2026-11-01", "2026-11-01T00:10:00+01:00")
    ]


def test_run_dashboard_and_list_count_the_same_stays(connection: Connection, database_url: str, tmp_path: Path) -> None:
    unattributed = bill(connection, tmp_path).unattributed
    listed = json.loads(command(database_url, "invoice", "unattributed", "--month", "2026-10", "--json").stdout)
    with reading(database_url) as reader:
        on_page = [stay.occupied_s for of_centre in reader.unattributed_stays(OCTOBER).values() for stay in of_centre]
    assert (
        (listed["count"], listed["presence_s"])
        == (unattributed.count, unattributed.occupied_s)
        == (len(on_page), sum(on_page))
    )


@pytest.mark.usefixtures("connection")
def test_a_month_without_unattributed_stays_is_reported_and_an_unknown_centre_is_refused(database_url: str) -> None:
    none = command(database_url, "invoice", "unattributed", "--month", f"{NOVEMBER:%Y-%m}")
    assert (none.returncode, "There is no unattributed stay in November 2026" in none.stdout) == (0, True)
    wrong = command(database_url, "invoice", "unattributed", "--centre", "namour")
    assert (wrong.returncode, "Centres: namur" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)
