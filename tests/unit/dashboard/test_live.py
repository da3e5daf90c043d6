"""A floor plan never shows a stale reading as fresh, and escapes all texts."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dashboard
from dashboard.free_card import free_card
from dashboard.live import availability, counts, free_desks, glows, seats
from dashboard.plan import floor_plan
from smartwork.db.bookings.availability import PlaceState
from smartwork.db.read.dashboard import CentreRow, Place, ZoneLight
from smartwork.domain.bookings.availability import Presence
from smartwork.domain.time import Interval

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
    centre = CentreRow(1, "mons", "Mons", "Mons", "Europe/Brussels", False, "public", "Ville", 1, 5, 5, time(8), time(18))
    svg = floor_plan(centre, [], seats([place(1, present=True, name="<script>alert(1)</script>")], NOW), {}, NOW)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def known(resource: int, *booked: Interval, last_present: datetime | None = None) -> PlaceState:
    return PlaceState(resource, f"d-{resource}", "Desk", "desk", 1, booked, Presence("unknown", last_present))


def test_a_vacant_desk_is_free_to_take_only_if_it_is_open_not_booked_soon_and_not_just_left() -> None:
    rows = [place(1, present=False, resource=number) for number in (1, 2, 3)] + [
        place(1, present=True, resource=4),
        place(999, present=False, resource=5),
    ]
    seats_now = seats(rows, NOW)
    soon = Interval(NOW + timedelta(minutes=20), NOW + timedelta(hours=1))
    facts = {
        1: known(1), 2: known(2, soon), 3: known(3, last_present=NOW - timedelta(minutes=5)), 4: known(4), 5: known(5)
    }  # fmt: skip
    open_time = [Interval(NOW - timedelta(hours=1), NOW + timedelta(hours=8))]
    places_now = availability(seats_now, facts, open_time, NOW)
    desks = free_desks(seats_now, places_now)
    assert desks == {"free": 1, "booked": 1, "recently_used": 1, "occupied": 1, "unknown": 1}
    card = free_card(desks, places_now.values(), 3, ZoneInfo("Europe/Brussels"))
    assert (card.label, card.figure, card.note) == ("Free to take", "1", "of 3 vacant, 1 booked, 1 recently used")
    later = availability(seats_now, facts, [Interval(NOW + timedelta(hours=20), NOW + timedelta(hours=30))], NOW)
    card = free_card(free_desks(seats_now, later), later.values(), 3, ZoneInfo("Europe/Brussels"))
    assert (card.figure, card.note) == ("0", "closed until Tue 6 Oct, 07:00; 3 vacant")


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Streamlit puts this folder first on the path: a file named html.py would stop the server."""
    names = {file.stem for file in Path(dashboard.__path__[0]).glob("*.py")}
    assert not names & sys.stdlib_module_names
