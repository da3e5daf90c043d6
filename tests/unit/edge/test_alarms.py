"""The alarms of a centre, and when their list is published."""

from datetime import timedelta

from edge.alarms import AlarmReport, SensorHistory, outbox_alarm, zone_alarms
from edge.light_device import TRIES_BEFORE_ALARM
from edge.report_timing import REPUBLISH
from edge.zone_lights import ZoneLights
from smartwork.contracts.edge_reports import Alarm
from smartwork.contracts.policy import Profile
from tests.support.lit_zones import NOON, policy, presence, state

SILENT = Alarm(kind="sensor_silent", device="s-1", since_ms=0, says="s-1 is silent")


class Zones:
    """The zones of a small policy with the history of their sensors."""

    def __init__(self) -> None:
        self.lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON)
        self.history = SensorHistory()

    def report_presence(self, value: float, minutes: float = 0) -> None:
        """The sensor reports presence or absence."""
        now = NOON + timedelta(minutes=minutes)
        readings = [presence(value, now)]
        self.lights.handle_readings(readings, now)
        self.history.add(readings, now)

    def report_light(self, level: float, minutes: float = 0) -> None:
        """The light confirms a level."""
        self.lights.handle_readings(state(level > 0, level), NOON + timedelta(minutes=minutes))

    def alarms(self, minutes: float) -> list[Alarm]:
        """The alarms so many minutes after noon."""
        return zone_alarms(self.lights.zones, self.history, NOON + timedelta(minutes=minutes))


def test_a_light_that_does_not_confirm_becomes_an_alarm_until_it_does() -> None:
    zones = Zones()
    zones.report_presence(1)
    sent = 0
    for second in range(600):
        sent += len(zones.lights.tick(NOON + timedelta(seconds=second)))
        zones.report_presence(1, second / 60)
    assert sent > TRIES_BEFORE_ALARM
    (alarm,) = zones.alarms(10)
    assert (alarm.kind, alarm.device, alarm.says) == (
        "lamp_disobeys",
        "z-0-l-0",
        "z-0-l-0 was set to 80% and reports nothing",
    )
    zones.report_light(0.8, 10)
    assert zones.alarms(10) == []


def test_a_silent_sensor_and_a_stuck_one_are_alarms() -> None:
    zones = Zones()
    zones.report_presence(1)
    zones.report_light(0.8)
    for hour in range(13):
        zones.report_presence(1, hour * 60)
    assert [alarm.kind for alarm in zones.alarms(12 * 60 + 5)] == ["sensor_stuck"]
    assert [alarm.kind for alarm in zones.alarms(13 * 60)] == ["sensor_silent", "sensor_stuck"]


def test_a_flapping_sensor_is_an_alarm_until_it_stops() -> None:
    zones = Zones()
    zones.report_light(0.8)
    for i in range(25):
        zones.report_presence(float(i % 2), i / 3)
        zones.report_light(zones.lights.zones["z-0"].state.level or 0, i / 3)
    assert [alarm.kind for alarm in zones.alarms(8)] == ["sensor_flaps"]
    assert zones.alarms(8 + 11) == []


def test_the_alarm_of_a_full_outbox_says_what_is_still_stored() -> None:
    alarm = outbox_alarm(NOON)
    assert (alarm.kind, alarm.device) == ("outbox_full", None)
    assert "only presence" in alarm.says


def test_alarms_are_published_when_one_begins_or_ends_and_again_after_a_while() -> None:
    report = AlarmReport()
    assert report.pending_report([], NOON) is not None
    assert report.pending_report([], NOON + timedelta(seconds=1)) is None
    published = report.pending_report([SILENT], NOON + timedelta(seconds=2))
    assert published is not None
    assert published.alarms == [SILENT]
    assert report.pending_report([SILENT], NOON + timedelta(seconds=3)) is None
    assert report.pending_report([SILENT], NOON + timedelta(seconds=2) + REPUBLISH) is not None
    assert report.pending_report([], NOON + timedelta(seconds=4) + REPUBLISH) is not None
