"""A floor plan never shows a stale reading as fresh, and escapes all texts."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dashboard
from dashboard.live import counts, glows, seats
from dashboard.plan import floor_plan
from smartwork.db.read.dashboard import Place, ZoneLight

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def place(age_s: float | None, *, present: bool | None, resource: int = 1, name: str = "Desk") -> Place:
    last_reading_at = None if age_s is None else NOW - timedelta(seconds=age_s)
    return Place(resource, 1, 1, f"d-{resource}", name, "desk", 1, 0, 0, 1, 1, last_reading_at, present, 100)


def zone(age_s: float, on: bool, level: float) -> ZoneLight:
    at = NOW - timedelta(seconds=age_s)
    return ZoneLight(1, "Hall", 10, 100, 0, 0, 5, 5, 1, 100, at, on, at, level)


def test_a_reading_is_valid_for_two_and_a_half_intervals() -> None:
    assert [seats([place(age, present=True)], NOW)[0].state for age in (250, 251)] == ["occupied", "unknown"]


def test_a_sensor_without_readings_is_unknown() -> None:
    assert seats([place(None, present=None)], NOW)[0].state == "unknown"


def test_one_fresh_sensor_that_sees_somebody_outweighs_one_that_does_not() -> None:
    assert [s.state for s in seats([place(1, present=False), place(2, present=True)], NOW)] == ["occupied"]
    assert [s.state for s in seats([place(1, present=False), place(999, present=True)], NOW)] == ["vacant"]


def test_a_stuck_sensor_does_not_outvote_a_good_one() -> None:
    stuck = replace(place(1, present=True), stuck=True)
    assert [s.state for s in seats([stuck, place(2, present=False)], NOW)] == ["vacant"]
    assert [s.state for s in seats([stuck, place(999, present=False)], NOW)] == ["occupied"]


def test_desks_are_counted_by_state() -> None:
    rows = [place(1, present=True), place(1, present=False, resource=2), place(None, present=None, resource=3)]
    assert counts(seats(rows, NOW)) == {"occupied": 1, "vacant": 1, "unknown": 1}


def test_light_that_is_off_does_not_glow_whatever_its_level_and_silent_light_is_not_known() -> None:
    assert [glows([zone(age, on, 0.8)], NOW)[0].level for age, on in ((1, True), (1, False), (300, True))] == [0.8, 0.0, None]


def test_a_name_cannot_smuggle_markup_into_the_plan() -> None:
    svg = floor_plan(5, 5, [], seats([place(1, present=True, name="<script>alert(1)</script>")], NOW), NOW)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Streamlit puts this folder first on the path: a file named html.py would stop the server."""
    names = {file.stem for file in Path(dashboard.__path__[0]).glob("*.py")}
    assert not names & sys.stdlib_module_names
