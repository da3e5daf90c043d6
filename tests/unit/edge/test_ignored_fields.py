"""Fields that are not understood: counted by device and field, reported soon and small, whatever a device invents."""

import json
from datetime import UTC, datetime, timedelta

from edge.adapters.message import IgnoredField
from edge.homeassistant.entity_states import not_understood_payload
from edge.ignored_fields import OTHER_FIELDS, REPORT_EVERY, REPORT_NEW_AFTER, IgnoredFields
from edge.translator import Translator
from smartwork.contracts.edge_reports import NOT_UNDERSTOOD_LIMIT
from smartwork.contracts.policy import DeviceEntry, Profile

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def odd(name: str, value: str = "?", *, is_fault: bool = True) -> list[IgnoredField]:
    return [IgnoredField(name, value, "is not understood", is_fault=is_fault)]


def entry(device: str, profile: Profile = Profile.ZIGBEE2MQTT, address: str = "zigbee2mqtt/a") -> DeviceEntry:
    return DeviceEntry(device=device, profile=profile, address=address, interval_s=60)


def test_a_field_is_counted_with_its_newest_value_and_settings_are_not() -> None:
    ignored = IgnoredFields()
    for seconds, value in enumerate(("a", "b", "c")):
        ignored.add("desk-1", odd("presence", value), NOON + seconds * SECOND)
    ignored.add("desk-1", odd("sensitivity", is_fault=False), NOON)
    report = ignored.pending_report(NOON + 3 * SECOND)
    assert report is not None
    [field] = report.fields
    assert (field.device, field.field, field.count, field.sample) == ("desk-1", "presence", 3, "c")
    assert field.last_ms - field.since_ms == 2_000


def test_a_device_that_invents_names_fills_neither_the_memory_nor_the_report_and_hides_no_other_device() -> None:
    ignored = IgnoredFields()
    ignored.add("quiet", odd("occupancy"), NOON)
    for i in range(5_000):
        ignored.add("hostile", odd(f"name-{i}-{'x' * 500}", "v" * 500), NOON + i * SECOND)
    report = ignored.report(NOON + timedelta(hours=2))
    of_hostile = [field for field in report.fields if field.device == "hostile"]
    assert [field.device for field in report.fields][-1] == "quiet"
    assert len(of_hostile) == 11
    assert sum(field.count for field in of_hostile) == 5_000
    assert [field.count for field in of_hostile if field.field == OTHER_FIELDS] == [4_990]
    assert len(ignored.of("hostile")) <= 51


def test_a_report_stays_small_with_thousands_of_devices() -> None:
    ignored = IgnoredFields()
    for i in range(3_000):
        ignored.add(f"d-{i}", odd("presence"), NOON + i * SECOND)
    report = ignored.report(NOON)
    assert len(report.fields) == NOT_UNDERSTOOD_LIMIT
    assert report.fields[0].device == "d-2999"
    assert len(report.model_dump_json()) < 50_000


def test_a_new_field_is_reported_soon_then_the_counts_at_intervals_and_nothing_before_there_is_anything() -> None:
    ignored = IgnoredFields()
    assert ignored.pending_report(NOON) is None
    ignored.add("a", odd("x"), NOON)
    assert ignored.pending_report(NOON) is not None
    ignored.add("a", odd("x"), NOON)
    assert ignored.pending_report(NOON + REPORT_NEW_AFTER) is None
    ignored.add("a", odd("y"), NOON)
    assert ignored.pending_report(NOON + SECOND) is None
    assert ignored.pending_report(NOON + REPORT_NEW_AFTER) is not None
    assert ignored.pending_report(NOON + REPORT_NEW_AFTER + REPORT_EVERY - SECOND) is None
    assert ignored.pending_report(NOON + REPORT_NEW_AFTER + REPORT_EVERY) is not None


def test_counts_outlive_a_new_policy_and_end_with_the_device() -> None:
    before = Translator([entry("a")])
    before.translate("zigbee2mqtt/a", b'{"presence": "maybe"}', NOON)
    after = Translator([entry("a"), entry("b", address="zigbee2mqtt/b")], before=before)
    after.translate("zigbee2mqtt/a", b'{"presence": "perhaps"}', NOON)
    assert after.ignored.of("a")["presence"].count == 2
    assert Translator([entry("b", address="zigbee2mqtt/b")], before=after).ignored.of("a") == {}


def test_text_that_cannot_be_sent_or_that_controls_a_terminal_is_replaced() -> None:
    translator = Translator([entry("s", Profile.SHELLY, "s")])
    status = r'{"method":"NotifyStatus","params":{"\ud800\u001b[2J:0":{"errors":"\udfff\u001b"}}}'
    translator.translate("s/events/rpc", status.encode(), NOON)
    [alarm] = translator.ignored.alarms(NOON)
    report = translator.ignored.report(NOON)
    assert "��" in alarm.says
    assert (report.fields[0].field, report.fields[0].sample) == ("��[2J:0", "��")


def test_home_assistant_shows_the_counts_by_device_and_field() -> None:
    ignored = IgnoredFields()
    for device in ("desk-1", "desk-2"):
        ignored.add(device, odd("presence"), NOON)
    ignored.add("desk-1", odd("presence"), NOON)
    assert json.loads(not_understood_payload(ignored.report(NOON))) == {
        "fields": 2,
        "devices": {"desk-1": {"presence": 2}, "desk-2": {"presence": 1}},
    }
    assert json.loads(not_understood_payload(None)) == {"fields": 0, "devices": {}}


def test_what_a_device_declares_counts_under_a_new_policy_too() -> None:
    device = entry("t", Profile.HOMEASSISTANT, "sensor/hall")
    before = Translator([device])
    assert before.declare("homeassistant/sensor/hall/unit_of_measurement", rb'"\u00b0F"')
    assert before.declare("homeassistant/sensor/hall/device_class", b'"temperature"')
    [reading] = Translator([device], before=before).translate("homeassistant/sensor/hall/state", b"68", NOON)
    assert reading.value == 20
