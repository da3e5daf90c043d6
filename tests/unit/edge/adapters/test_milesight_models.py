"""Milesight's models by their maker's decoders (Milesight-IoT/SensorDecoders): what a channel means, and how long it is."""

# ruff: noqa: E501 - a case is one line of a table

import pytest

from edge.adapters.milesight_models import MODELS, REGIONS, length_of
from edge.adapters.milesight_settings import setting_length
from smartwork.contracts.policy import Profile
from tests.unit.edge.adapters.test_field_messages import Case, values_of

PEOPLE: dict[str, float] = {"occupant_count": 2, "presence": 1}
BYTES: list[tuple[str | None, str, dict[str, float]]] = [
    # AM304L and AM305L count movements and say in the highest bit whether the PIR is triggered.
    ("am304l", "017564 0367F500 04686E 059F0380 069D2C01", {"battery_pct": 100, "temperature_c": 24.5, "humidity_pct": 55, "presence": 1, "illuminance_lux": 300}),
    ("am305l", "059F0300 077DE803", {"presence": 0, "co2_ppm": 1000}),
    ("am304l", "050001", {"presence": 1}),
    ("am304l", "869D2C0111 0367F500", {"temperature_c": 24.5}),
    ("em320-th-v2", "0367F500 049A8901", {"temperature_c": 24.5, "humidity_pct": 39.3}),
    ("em320-th-v2", "049AFFFF 0367F500", {"temperature_c": 24.5}),
    ("em320-th-v2", "B3670000 0367F500", {"temperature_c": 24.5}),
    ("wt211", "0367F500 096846", {"temperature_c": 24.5, "humidity_pct": 35}),
    ("ws513", "0683E8030000", {"energy_wh": 1000}),
    ("ws513-v3", "0683E8030000 087001", {"energy_wh": 10, "light_on": 1}),
    ("em500-pt100", "017564 0367F500", {"battery_pct": 100}),
    ("em500-smtc", "0367F500 046814", {}),
    ("uc501", "030001 017564", {"battery_pct": 100}),
    ("vs330", "017562 02820F00 038E01 048E01", {"battery_pct": 98, "presence": 1}),
    ("vs360", "017532 027532 04CC01000200", {"battery_pct": 50}),
    # Codes that a decoder calls "unknown" are nobody's presence.
    ("vs373", "03F800000000 0000", {"presence": 1}),
    ("vs373", "03F801000000 0000", {"presence": 0}),
    ("vs373", "03F80700 00000000", {}),
    ("vs341", "030002", {}),
    ("ws202", "0300FF", {}),
    # One region of several, and all together.
    ("vs121", "04C90203 0005", PEOPLE),
    ("VS121:1", "04C90203 0005", {"presence": 1}),
    ("VS121:2", "04C90203 0005", {"presence": 0}),
    ("VS121:4", "04C90203 0005", {}),
    ("vs133", "0FE301000100", PEOPLE),
    ("vs133:2", "0FE301000100", {"occupant_count": 0, "presence": 0}),
    ("vs135:3", "0FE301000100", {"occupant_count": 1, "presence": 1}),
    ("vs321", "06FE0300 0200", {"presence": 1}),
    ("vs321", "05FD0200 06FE0300 0000", PEOPLE),
    ("vs321:1", "05FD0200 06FE0300 0200", {"presence": 0}),
    ("vs321:2", "05FD0200 06FE0300 0200", {"presence": 1}),
    ("vs321:3", "05FD0200 06FE0300 0200", {}),
    ("vs373:2", "03F800000000 0000 0AB30202000000", {"presence": 1}),
    ("vs373:1", "03F800000000 0000 0AB30202000000", {"presence": 0}),
    # What a device says of its settings, its alarms and its memory does not end the reading.
    ("vs341", "FF950000 030001", {"presence": 1}),
    ("vs341", "FE2F01 030001", {"presence": 1}),
    ("vs340", "FF350102030405060708 030000", {"presence": 0}),
    ("ws203", "20CE000000000102030405 050001", {"presence": 1}),
    ("vs121", "F84A00 04C90100 0000", {}),
    ("vs121", "F8880100 04C90100 0000", {"occupant_count": 1, "presence": 1}),
    ("vs121", "F990010203040506 04C90100 0000", {"occupant_count": 1, "presence": 1}),
    ("vs133", "F9880102 0FE300000000", {"occupant_count": 0, "presence": 0}),
    ("vs370", "F94001 030001", {"presence": 1}),
    ("am319-hcho", "FF3901 050001", {"presence": 1}),
    ("am307", "FF390102030405 050001", {"presence": 1}),
    ("ct303-v2", "04990100 106310270000", {"energy_wh": 100_000}),
    # A protocol of commands: 01 75 08 is a temperature there, and no battery.
    ("wt401", "0064 017508", {}),
    ("wt102", "0064 017564", {}),
    ("cth01", "017564", {}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "payload", "values"), BYTES)
def test_a_model_says_what_its_bytes_mean(model: str, payload: str, values: dict[str, float]) -> None:
    found = values_of(Profile.MILESIGHT, "gw/d", payload.replace(" ", ""), model)
    assert found == pytest.approx(values)


CODECS: list[Case] = [
    (Profile.MILESIGHT, "WS502:2", "gw/d", {"switch_1": "on", "switch_2": "off"}, {"light_on": 0}),
    (Profile.MILESIGHT, "WS502", "gw/d", {"switch_1": "on", "switch_2": "off"}, {"light_on": 1}),
    (Profile.MILESIGHT, "WS503:3", "gw/d", {"switch_1": "on"}, {}),
    (Profile.MILESIGHT, "WS515-v3", "gw/d", {"socket_status": {"switch_status_1": 1}}, {"light_on": 1}),
    (Profile.MILESIGHT, "AM304L", "gw/d", {"pir": {"pir_status": 1, "pir_count": 4}, "Lux": 312}, {"presence": 1, "illuminance_lux": 312}),
    (Profile.MILESIGHT, "AM107", "gw/d", {"activity": 12, "illumination": 40}, {"presence": 1, "illuminance_lux": 40}),
    (Profile.MILESIGHT, "AM107", "gw/d", {"activity": 0}, {"presence": 0}),
    (Profile.MILESIGHT, "WT401", "gw/d", {"temperature": 21.5, "humidity": 40, "pir_status": 1, "battery": 90}, {"temperature_c": 21.5, "humidity_pct": 40, "presence": 1, "battery_pct": 90}),
    (Profile.MILESIGHT, "WT211", "gw/d", {"ambient_temperature": 21.5, "target_temperature": 19}, {"temperature_c": 21.5}),
    (Profile.MILESIGHT, "VS133", "gw/d", {"region_1_count": 1, "region_2_count": 2, "line_1_total_in": 99}, {"occupant_count": 3, "presence": 1}),
    (Profile.MILESIGHT, "VS133:2", "gw/d", {"region_1_count": 1, "region_2_count": 2}, PEOPLE),
    (Profile.MILESIGHT, "VS321:1", "gw/d", {"people_total_counts": 1, "region_1": "vacant", "region_2": "occupied"}, {"presence": 0}),
    (Profile.MILESIGHT, "VS321", "gw/d", {"people_total_counts": 1, "region_1": "vacant", "region_2": "occupied"}, {"occupant_count": 1, "presence": 1}),
    (Profile.MILESIGHT, "VS373", "gw/d", {"region_1_occupancy": "vacant", "region_2_occupancy": "vacant"}, {"presence": 0}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"people_1": 1, "people_2": 1}}}, PEOPLE),
    (Profile.TTN, "ERS-EYE", "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"occupancy": 1, "vdd": 3600, "motion": 9}}}, {"presence": 0, "battery_pct": 100}),
    (Profile.TTN, "ERS", "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"motion": 9, "vdd": 2700}}}, {"presence": 1, "battery_pct": 0}),
    (Profile.TTN, "vs341", "v3/a/devices/b/up", {"uplink_message": {"f_port": 224, "frm_payload": "AXVkAwAB"}}, {}),
    (Profile.TTN, "vs341", "v3/a/devices/b/up", {"simulated": "true", "uplink_message": {"f_port": 85, "frm_payload": "AXVkAwAB"}}, {}),
    (Profile.CHIRPSTACK, "vs341", "application/1/device/24e1/event/up", {"fPort": 224, "data": "AXVkAwAB"}, {}),
    (Profile.CHIRPSTACK, None, "application/1/device/24e124746c111111/event/up", {"tags": {"model": "vs341"}, "fPort": 85, "data": "AXVkAwAB"}, {"battery_pct": 100, "presence": 1}),
    (Profile.CHIRPSTACK, None, "application/1/device/0011223344556677/event/up", {"objectJSON": '{"occupancy": true, "battery": 55}'}, {"battery_pct": 55, "presence": 1}),
    (Profile.CHIRPSTACK, None, "application/1/device/0011223344556677/event/up", {"objectJSON": "{broken"}, {}),
    (Profile.MILESIGHT, None, "gw/d", {"devEUI": "24e1", "objectJSON": '{"people_total_counts": 2}'}, PEOPLE),
    (Profile.ELSYS, "ERS", "gw/e", "0100E23E0101", {"temperature_c": 22.6}),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "model", "topic", "payload", "values"), CODECS)
def test_the_output_of_a_codec_is_read_by_the_registered_channel(
    profile: Profile, model: str | None, topic: str, payload: object, values: dict[str, float]
) -> None:
    assert values_of(profile, topic, payload, model) == pytest.approx(values)


def test_every_channel_that_means_something_has_a_length() -> None:
    named = [(pattern, channels) for pattern, channels in (*MODELS, *REGIONS) if pattern.isalnum() or "-" in pattern]
    for pattern, channels in named:
        for channel in channels:
            assert length_of(channel, pattern.partition("|")[0]) is not None, (pattern, channel)


def test_an_answer_to_a_setting_is_one_byte_longer_than_the_setting() -> None:
    assert (setting_length(0xF9, 0x66, "vs341"), setting_length(0xF8, 0x66, "vs341")) == (1, 2)
    assert setting_length(0x03, 0x66, "vs341") is None
