"""The alarms of a centre, and when their list is published."""

from datetime import timedelta

from edge.alarms import AlarmReport, SensorHistory, light_alarms, outbox_alarm
from edge.light_device import TRIES_BEFORE_ALARM
from edge.report_timing import REPUBLISH
from edge.zone_lights import ZoneLights
from smartwork.contracts.edge_reports import Alarm, LightCommand
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Policy, Profile, Role
from smartwork.contracts.reading import Reading
from tests.support.lit_zones import NOON, policy, presence, state

SILENT = Alarm(kind="sensor_silent", device="s-1", since_ms=0, says="s-1 is silent")


class Zones:
    """The zones of a small policy with the history of their sensors."""

    def __init__(self) -> None:
        self.lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON)
        self.history = SensorHistory()
        self.history.apply(policy(Profile.ZIGBEE2MQTT), self.lights.zones.values(), NOON)

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
        return [*light_alarms(self.lights.zones), *self.history.alarms(NOON + timedelta(minutes=minutes))]


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


def test_a_light_that_is_commanded_its_level_again_and_again_is_no_alarm() -> None:
    """As when new policies arrive: a light that publishes only changes has nothing to answer."""
    zones = Zones()
    zones.report_presence(1)
    zones.report_light(0.8)
    for minute in range(1, 60):
        zones.lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON + timedelta(minutes=minute), zones.lights)
        zones.report_presence(1, minute)
        zones.lights.tick(NOON + timedelta(minutes=minute, seconds=1))
        assert zones.alarms(minute) == []
    assert zones.lights.tick(NOON + timedelta(hours=2)) == []


def test_a_light_that_reports_the_commanded_level_is_no_alarm_though_it_never_answered() -> None:
    zones = Zones()
    zones.report_light(0.8)  # it is on already when the gateway starts
    zones.report_presence(1)
    for second in range(600):
        zones.lights.tick(NOON + timedelta(seconds=second))
        zones.report_presence(1, second / 60)
    assert zones.alarms(10) == []


def test_a_light_that_fails_after_it_was_commanded_often_is_an_alarm_only_after_unanswered_commands() -> None:
    zones = Zones()
    zones.report_presence(1)
    for _ in range(2 * TRIES_BEFORE_ALARM):
        zones.report_light(0.8)
        zones.lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON, zones.lights)
        zones.report_presence(1)
    zones.lights.handle_command("z-0-l-0", LightCommand(level=0.2), NOON)
    assert zones.alarms(0) == []
    for second in range(60):
        zones.lights.tick(NOON + timedelta(seconds=second))
    (alarm,) = zones.alarms(1)
    assert alarm.says == "z-0-l-0 was set to 20% and reports 80%"


def test_silent_stuck_and_flapping_sensors_of_unlit_zones_are_alarms() -> None:
    def entry(device: str, role: Role = "presence") -> DeviceEntry:
        return DeviceEntry(device=device, profile=Profile.ESPHOME, address=device, interval_s=60, zone="unlit", role=role)

    devices = [entry("silent"), entry("stuck"), entry("flaps"), entry("ambient", role="ambient"), entry("fine")]
    history = SensorHistory()
    history.apply(Policy(version=1, timezone="Europe/Brussels", devices=devices), [], NOON)
    for minute in range(13 * 60):
        at = NOON + timedelta(minutes=minute)
        history.add([Reading(0, "stuck", Metric.PRESENCE, 1), Reading(0, "fine", Metric.OCCUPANT_COUNT, 2)], at)
        for part in range(4):
            history.add([Reading(0, "flaps", Metric.PRESENCE, part % 2)], at + timedelta(seconds=part))
        history.add([Reading(0, "unregistered", Metric.PRESENCE, 1)], at)
    found = {(alarm.kind, alarm.device) for alarm in history.alarms(NOON + timedelta(hours=13))}
    assert found == {("sensor_silent", "silent"), ("sensor_stuck", "stuck"), ("sensor_flaps", "flaps")}


def test_a_new_policy_keeps_what_is_known_of_a_sensor_and_forgets_sensors_that_it_does_not_list() -> None:
    zones = Zones()
    zones.history.apply(policy(zones=2), [], NOON + timedelta(hours=1))
    assert [(alarm.kind, alarm.device) for alarm in zones.alarms(60)] == [("sensor_silent", "z-0-s")]
    zones.history.apply(policy(zones=0), [], NOON + timedelta(hours=1))
    assert zones.alarms(600) == []


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


def test_a_standing_alarm_is_new_once_and_ends_once() -> None:
    report = AlarmReport()
    later = SILENT.model_copy(update={"says": "s-1 is still silent"})
    assert report.changes([SILENT]) == ([SILENT], [])
    assert report.changes([later]) == ([], [])
    assert report.changes([]) == ([], [later])
    assert report.changes([]) == ([], [])
    assert report.changes([SILENT]) == ([SILENT], [])
