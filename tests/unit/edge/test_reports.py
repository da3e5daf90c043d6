"""What an edge says of its house: when it changes, and again now and then for whoever was not listening."""

from datetime import UTC, datetime, timedelta

from edge.reports import REPEAT, SEEN_PAUSE, AlarmReport, SeenReport
from smartwork.contracts.edge_reports import DISCOVERED_DEVICES_LIMIT, Alarm

NOON = datetime(2026, 10, 5, 10, tzinfo=UTC)
SILENT = Alarm(kind="sensor_silent", device="s-1", since_ms=0, says="s-1 is silent")


def test_alarms_are_said_when_one_begins_or_ends_and_again_after_a_while() -> None:
    report = AlarmReport()
    assert report.news([], NOON) is not None
    assert report.news([], NOON + timedelta(seconds=1)) is None
    said = report.news([SILENT], NOON + timedelta(seconds=2))
    assert said is not None
    assert said.alarms == [SILENT]
    assert report.news([SILENT], NOON + timedelta(seconds=3)) is None
    assert report.news([SILENT], NOON + timedelta(seconds=2) + REPEAT) is not None
    assert report.news([], NOON + timedelta(seconds=4) + REPEAT) is not None


def test_unknown_devices_are_said_once_soon_newest_first_and_never_more_than_the_limit() -> None:
    report = SeenReport()
    assert report.news(NOON) is None
    for i in range(DISCOVERED_DEVICES_LIMIT + 5):
        report.note(f"tele/plug-{i}/SENSOR", NOON)
    report.note("sw/v1/mons/status/gateway", NOON)
    said = report.news(NOON)
    assert said is not None
    assert len(said.devices) == DISCOVERED_DEVICES_LIMIT
    assert said.devices[0].address == f"plug-{DISCOVERED_DEVICES_LIMIT + 4}"
    report.note("tele/plug-1/SENSOR", NOON)
    assert report.news(NOON + timedelta(seconds=1)) is None
    assert report.news(NOON + SEEN_PAUSE) is not None


def test_a_new_registry_begins_the_list_anew() -> None:
    report = SeenReport()
    report.note("tele/plug-7/SENSOR", NOON)
    report.news(NOON)
    report.forget()
    said = report.news(NOON + SEEN_PAUSE)
    assert said is not None
    assert said.devices == []
    assert report.news(NOON + SEEN_PAUSE + REPEAT) is None
