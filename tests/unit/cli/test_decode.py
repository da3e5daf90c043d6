"""`smartwork decode` as an installer uses it: one message in, its readings or a clear complaint out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.errors import InputError


def decoded(*arguments: str, typed: str | None = None) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["decode", *arguments, "--json"], input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_each_shared_vector_is_decoded_on_the_command_line(shared_data: Path) -> None:
    for vector in json.loads((shared_data / "device-vectors" / "vectors.json").read_text()):
        payload = vector["payload"] if isinstance(vector["payload"], str) else json.dumps(vector["payload"])
        found = decoded("--profile", vector["profile"], vector["topic"], payload)
        said = {str(each["metric"]): each["value"] for each in found}
        assert said == pytest.approx(vector["readings"], abs=0.01)
        for name, value in vector["readings"].items():
            assert isinstance(said[name], bool) is isinstance(value, bool)
        if "at" in vector:
            assert {each["at"] for each in found} == {vector["at"]}
            assert {each["at_source"] for each in found} == {"device"}


def test_bytes_come_in_hex_in_base64_and_from_standard_input() -> None:
    for payload in ("01 75 64 03 00 01", "AXVkAwAB"):
        said = decoded("--profile", "milesight", "--model", "VS341", "gw/desk", payload)
        assert [(each["metric"], each["value"]) for each in said] == [("battery_pct", 100), ("presence", True)]
    assert decoded("--profile", "elsys", "desk", "-", typed="1102\n")[0]["value"] is True


def test_a_time_of_arrival_is_marked_as_such() -> None:
    (said,) = decoded("--profile", "tasmota", "stat/desk-3/PIR1", "ON")
    assert said["at_source"] == "arrival"


def test_a_field_that_says_nonsense_is_named() -> None:
    with pytest.raises(InputError, match="occupancy is 'maybe'"):
        decoded("--profile", "zigbee2mqtt", "zigbee2mqtt/desk", '{"occupancy": "maybe"}')


def test_a_topic_of_another_family_is_refused_with_an_example() -> None:
    with pytest.raises(InputError, match="expected one such as application/"):
        decoded("--profile", "chirpstack", "zigbee2mqtt/desk", "{}")


def test_a_user_sees_a_sentence_and_no_traceback() -> None:
    command = [sys.executable, "-m", "smartwork.cli.app", "decode", "--profile", "elsys", "desk", "0100"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "type 01 is cut short" in done.stderr
    assert "Traceback" not in done.stderr
