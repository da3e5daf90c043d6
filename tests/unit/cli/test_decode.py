"""`smartwork decode` as an installer uses it: one message in, its readings or a clear error out."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.errors import InputError

WIDE = {"COLUMNS": "200"}


def decoded(*arguments: str, typed: str | None = None) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["decode", *arguments, "--json"], input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_each_shared_vector_is_decoded_on_the_command_line(shared_data: Path) -> None:
    for vector in json.loads((shared_data / "device-vectors" / "vectors.json").read_text()):
        payload = vector["payload"] if isinstance(vector["payload"], str) else json.dumps(vector["payload"])
        found = decoded("--profile", vector["profile"], vector["topic"], payload)
        values = {str(reading["metric"]): reading["value"] for reading in found}
        assert values == pytest.approx(vector["readings"], abs=0.01)
        for name, value in vector["readings"].items():
            assert isinstance(values[name], bool) is isinstance(value, bool)
        if "at" in vector:
            assert {reading["at"] for reading in found} == {vector["at"]}
            assert {reading["at_source"] for reading in found} == {"device"}


def test_bytes_are_read_as_hex_as_base64_and_from_standard_input() -> None:
    for payload in ("01 75 64 03 00 01", "AXVkAwAB"):
        found = decoded("--profile", "milesight", "--model", "VS341", "gw/desk", payload)
        assert [(reading["metric"], reading["value"]) for reading in found] == [("battery_pct", 100), ("presence", True)]
    assert decoded("--profile", "elsys", "desk", "-", typed="1102\n")[0]["value"] is True


def test_the_time_of_arrival_is_marked() -> None:
    (reading,) = decoded("--profile", "tasmota", "stat/desk-3/PIR1", "ON")
    assert reading["at_source"] == "arrival"


def test_a_field_that_is_not_understood_is_listed_with_the_reason() -> None:
    command = ["decode", "--profile", "zigbee2mqtt", "zigbee2mqtt/desk", '{"occupancy": "maybe", "battery": 80}']
    done = subprocess.run([sys.executable, "-m", "smartwork.cli.app", *command], capture_output=True, text=True, check=True)
    assert "battery_pct" in done.stdout
    assert re.search(r"occupancy +maybe +is not understood", done.stdout)


def test_every_field_that_gives_no_reading_is_listed_with_a_reason() -> None:
    payload = {
        "presence": True,
        "find_switch": "ON",
        "detection_distance_max": 4.5,
        "state": "none",
        "update": {"state": "idle", "installed_version": 7},
        "odd": "\x1b[2J",
    }
    shown = (
        CliRunner().invoke(app, ["decode", "--profile", "zigbee2mqtt", "zigbee2mqtt/r", json.dumps(payload)], env=WIDE).stdout
    )
    for name in ("find_switch", "detection_distance_max", "update", "odd", "state"):
        assert re.search(rf"^ *{name} +\S.* +is ", shown, flags=re.MULTILINE), name
    assert not re.search(r"^ *presence .*is none", shown, flags=re.MULTILINE)
    assert "\x1b" not in shown


def test_of_a_network_servers_message_the_sensors_fields_are_listed_one_by_one() -> None:
    event = {"time": "2026-03-10T12:00:00Z", "rxInfo": [{"rssi": -50}], "object": {"battery": 90, "tamper": 1}, "fCnt": 3}
    topic = "application/1/device/0011223344556677/event/up"
    shown = CliRunner().invoke(app, ["decode", "--profile", "chirpstack", topic, json.dumps(event)], env=WIDE).stdout
    assert "object.tamper" in shown
    assert "rxInfo" in shown
    assert not re.search(r"object\.battery|^ *time ", shown, flags=re.MULTILINE)


def test_the_arrival_decides_about_a_time_that_the_device_cannot_have_meant() -> None:
    payload = '{"Time": "1970-01-01T00:00:03", "ENERGY": {"Power": 7}}'
    (reading,) = decoded("--profile", "tasmota", "--arrived", "2026-07-01T10:00:00Z", "tele/x/SENSOR", payload)
    assert (reading["at"], reading["at_source"]) == ("2026-07-01T10:00:00.000Z", "arrival")


def test_a_topic_of_another_family_is_refused_with_an_example() -> None:
    with pytest.raises(InputError, match="expected a topic such as application/"):
        decoded("--profile", "chirpstack", "zigbee2mqtt/desk", "{}")


def test_a_user_sees_a_sentence_and_no_traceback() -> None:
    command = [sys.executable, "-m", "smartwork.cli.app", "decode", "--profile", "elsys", "desk", "no bytes"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "expected base64" in done.stderr
    assert "Traceback" not in done.stderr
