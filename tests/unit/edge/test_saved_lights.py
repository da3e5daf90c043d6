"""The saved state of zones' light: both versions are read, and what cannot be read is left out."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.saved_lights import SavedZone, from_json, to_json
from smartwork.domain.presence.live_sensor import SensorState

NOON = datetime(2026, 10, 5, 10, tzinfo=UTC)
NOON_MS = round(NOON.timestamp() * 1000)
ZONES = {
    "hall": SavedZone({"s-1": SensorState(True, NOON, NOON), "s-2": SensorState(False, NOON, None)}, (0.2, NOON)),
    "v": SavedZone({}, None),
}


def test_what_is_saved_is_loaded() -> None:
    assert from_json(to_json(ZONES)) == ZONES
    since = {"hall": SavedZone({"s-1": SensorState(True, NOON, NOON, NOON - timedelta(hours=3))}, None)}
    assert from_json(to_json(since)) == since


def test_the_version_that_older_gateways_wrote_is_loaded() -> None:
    written = (
        f'{{"hall": {{"sensors": {{"s-1": [true, {NOON_MS}, {NOON_MS}], "s-2": [false, {NOON_MS}, null]}}, '
        f'"override": [0.2, {NOON_MS}]}}, "v": {{"sensors": {{}}, "override": null}}}}'
    )
    assert from_json(written) == ZONES


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{",
        '{"z-0": {"sensors": {"z-0-s": 1}}}',
        '{"z-0": {"override": ["a", 1]}}',
        '{"z-0": {"override": [0.5]}}',
        '{"z-0": 5}',
        '{"v": 2}',
        '{"v": 2, "zones": []}',
        '{"v": 2, "zones": {"z-0": {"sensors": {}}}}',
        '{"v": 2, "zones": {"z-0": {"sensors": {"z-0-s": {"present": true}}, "override": null}}}',
        '{"v": 2, "zones": {"z-0": {"sensors": {}, "override": {"level": 0.5, "until_ms": 1e300}}}}',
    ],
)
def test_what_cannot_be_read_is_left_out(text: str | None) -> None:
    assert from_json(text) == {}


def test_a_zone_that_cannot_be_read_does_not_hide_the_others() -> None:
    assert from_json('{"z-0": 5, "z-1": {"sensors": {}, "override": null}}') == {"z-1": SavedZone({}, None)}
