"""The live state of places and zones: the newest reading of each sensor, if it is not too old."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from smartwork.db.bookings.availability import PlaceState
from smartwork.db.read.dashboard import Place, ZoneLight
from smartwork.domain.bookings.availability import Availability, PlaceNow, Presence, place_now
from smartwork.domain.presence.combination import SensorVote, combined_state
from smartwork.domain.presence.sensor_limits import silence_timeout
from smartwork.domain.presence.spans import State
from smartwork.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Seat:
    """The state of a place now; `last_reading_at` is the newest reading of any of its sensors.

    The state is `suspect` if only stuck sensors are living.
    """

    place: Place
    state: State
    last_reading_at: datetime | None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Glow:
    """A zone's light now: level 0 to 1, or None if no light of the zone has a recent reading."""

    zone: ZoneLight
    level: float | None


def is_fresh(at: datetime | None, interval_s: int | None, now: datetime) -> bool:
    """Whether a reading is at most 2.5 reporting intervals old."""
    return at is not None and interval_s is not None and now - at <= silence_timeout(interval_s)


def seats(rows: Iterable[Place], now: datetime) -> list[Seat]:
    """One seat for each place, in the state that its sensors with a fresh reading give it (`presence.combination`).

    Expects the rows of a place together, the newest reading first.
    """
    seats_now = []
    for _, group in groupby(rows, key=lambda row: row.resource_id):
        sensors = list(group)
        votes = [
            SensorVote("occupied" if row.present else "vacant", bool(row.stuck))
            for row in sensors
            if is_fresh(row.last_reading_at, row.interval_s, now)
        ]
        combined = combined_state(votes)
        seats_now.append(Seat(sensors[0], combined.state, sensors[0].last_reading_at, combined.suspect))
    return seats_now


def glows(rows: Iterable[ZoneLight], now: datetime) -> list[Glow]:
    """One glow for each zone: the brightest of its lights with a recent reading. Expects the rows of a zone together."""
    glows_now = []
    for _, group in groupby(rows, key=lambda row: row.zone_id):
        lights = list(group)
        levels = [level for light in lights if (level := _level(light, now)) is not None]
        glows_now.append(Glow(lights[0], max(levels, default=None)))
    return glows_now


def _level(light: ZoneLight, now: datetime) -> float | None:
    on = light.light_on if is_fresh(light.on_at, light.interval_s, now) else None
    level = light.light_level if is_fresh(light.level_at, light.interval_s, now) else None
    if on is False:
        return 0.0
    return level if level is not None else 1.0 if on else None


def counts(seats_now: Iterable[Seat]) -> dict[State, int]:
    """How many desks are in each state; rooms and recordings are not desks."""
    total: dict[State, int] = {"occupied": 0, "vacant": 0, "unknown": 0}
    for seat in seats_now:
        if seat.place.kind == "desk":
            total[seat.state] += 1
    return total


def availability(
    seats_now: Iterable[Seat], booked: Mapping[int, PlaceState], opening: Sequence[Interval], now: datetime
) -> dict[int, PlaceNow]:
    """The availability of each desk and room by its number; `booked` has their bookings and last presence by number."""
    return {
        seat.place.resource_id: place_now(
            now, opening, known.booked, Presence(seat.state, known.presence.last_present, seat.suspect)
        )
        for seat in seats_now
        if (known := booked.get(seat.place.resource_id)) is not None
    }


def free_desks(seats_now: Iterable[Seat], places_now: Mapping[int, PlaceNow]) -> dict[Availability, int]:
    """How many desks have each availability; rooms and recordings are not desks."""
    total: dict[Availability, int] = {}
    for seat in seats_now:
        place = places_now.get(seat.place.resource_id)
        if place is not None and seat.place.kind == "desk":
            total[place.availability] = total.get(place.availability, 0) + 1
    return total
