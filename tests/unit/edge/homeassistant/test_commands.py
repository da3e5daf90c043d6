"""Commands from Home Assistant's JSON lights."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.homeassistant.commands import LightEntityCommand


@given(st.integers(0, 255))
def test_a_commanded_brightness_becomes_a_level(brightness: int) -> None:
    command = LightEntityCommand.parse("l-1", json.dumps({"state": "ON", "brightness": brightness}).encode())
    assert round((command.level or 0) * 255) == brightness


def test_on_without_brightness_has_no_level_and_off_is_zero() -> None:
    assert LightEntityCommand.parse("l-1", b'{"state": "ON"}') == LightEntityCommand("l-1", None)
    assert LightEntityCommand.parse("l-1", b'{"state": "OFF", "transition": 2}') == LightEntityCommand("l-1", 0.0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"ON",
        b"\xff",
        b"[" * 50_000,
        b"[]",
        b"{}",
        b'{"state": "ON", "brightness": 256}',
        b'{"state": "ON", "brightness": "5"}',
    ],
)
def test_an_invalid_command_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|expected"):
        LightEntityCommand.parse("l-1", payload)
