"""The README's way of one reading is the way that production takes: a real reading is followed, call by call."""

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from edge.gateway import Gateway
from ingest.service import Ingest
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from smartwork.domain.bookings.bookings import Booking
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.progress import no_progress
from smartwork.settings import EdgeSettings, IngestSettings
from smartwork.transport.mqtt import MqttClient
from tests.support.call_trace import Call, CallTrace
from tests.support.factory import small_network
from tests.support.program import eventually
from tests.support.project import ROOT
from tests.support.threads import running

pytestmark = pytest.mark.services
SAT_DOWN = datetime(2026, 3, 10, 8, 0, 0, 123_000, tzinfo=UTC)
"""When the reading was taken that is followed."""
MINUTES = 60
BOOKED_FROM = SAT_DOWN.replace(microsecond=0)
MARCH, APRIL = date(2026, 3, 1), datetime(2026, 4, 1, 8, tzinfo=UTC)
MOST_FILES = 8


def section(path: Path) -> str:
    """The text below "Follow one reading" in a document."""
    return path.read_text().split("## Follow one reading\n")[1].split("\n## ")[0]


def steps() -> list[Call]:
    """The steps of the README: a file and a function each."""
    found = re.findall(r"^\d+\. \[`([\w/.]+)`\]\(\1\), `([\w.]+)`", section(ROOT / "README.md"), flags=re.MULTILINE)
    return [Call(file, function) for file, function in found]


def other_files() -> list[str]:
    """The other files of the table in the architecture page."""
    return re.findall(r"^\| `([\w/.]+)` \|", section(ROOT / "docs" / "architecture.md"), flags=re.MULTILINE)


@pytest.fixture
def passed(connection: Connection, database_url: str, broker_url: str, tmp_path: Path) -> list[Call]:
    """What a reading passes: published by a desk sensor, forwarded, stored, derived, reconciled, billed."""
    began = time.monotonic()

    def clock() -> datetime:
        return SAT_DOWN + timedelta(minutes=MINUTES + 1, seconds=time.monotonic() - began)

    def stored() -> tuple[int, int]:
        [row] = connection.execute(
            "SELECT (SELECT count(*) FROM reading), (SELECT count(*) FROM span WHERE state = 'vacant')"
        ).fetchall()
        return (int(row[0]), int(row[1]))

    install(connection, small_network())
    period = (BOOKED_FROM, BOOKED_FROM + timedelta(minutes=MINUTES))
    put_bookings(connection, [Booking("B-1", "mons", "desk-1", "m-1", *period, "booked")])
    edge = EdgeSettings(broker_url=broker_url, centre="mons", outbox=str(tmp_path / "outbox.sqlite"))
    server = IngestSettings(broker_url=broker_url, database_url=database_url, worker="walk")
    applied = str(Topic("mons", MessageType.POLICY_APPLIED, "gateway"))
    trace = CallTrace(SAT_DOWN)
    with (
        trace.watching(),
        running(lambda stop: Gateway(edge, clock).run(stop)),
        running(lambda stop: Ingest(server, clock, stop).run()),
        MqttClient(broker_url, "devices", subscriptions=[applied]) as devices,
    ):
        devices.wait_connected(10)
        publish_policies(connection, devices, clock())
        eventually(lambda: bool(devices.receive(1, 0.1)), lambda: "the gateway has no policy")
        for minute in range(MINUTES + 1):
            at = SAT_DOWN + timedelta(minutes=minute)
            payload = {"occupancy": minute < MINUTES, "last_seen": at.isoformat()}
            devices.publish("zigbee2mqtt/mons/desk 1", json.dumps(payload).encode()).wait_for_publish(10)
        eventually(lambda: stored()[0] > MINUTES, lambda: f"{stored()[0]} readings are stored")
        eventually(lambda: stored()[1] > 0, lambda: "no spans are derived")
    with trace.watching():
        reconcile_month(connection, MARCH, APRIL, no_progress)
        report = bill_month(connection, MARCH, APRIL, tmp_path / "out", no_progress)
    assert len(report.invoices) == 1
    return trace.passed


def test_the_way_of_one_reading_is_the_one_that_the_readme_names(passed: list[Call]) -> None:
    named = steps()
    assert len({step.file for step in named}) == len(named) == MOST_FILES
    assert [call for call in passed if call in named] == named
    before_rating = passed[: passed.index(named[-1])]
    others = {call.file for call in before_rating} - {step.file for step in named}
    named_others = set(other_files())
    assert sorted(others - named_others) == []
    assert sorted(named_others - others) == []
