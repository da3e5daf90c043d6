"""Figures of a recorded room: occupancy, light on while it was vacant, and lighting energy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.domain.lighting.energy import LightingEnergy, MeterReading, split_by_occupancy
from smartwork.domain.presence.derivation import extend_presence, sensor_states, to_spans
from smartwork.domain.presence.spans import Span, clip, count_changes, in_state, seconds_by_state
from smartwork.domain.time import Interval, overlap_seconds

BRIGHT_LUX = 300.0
"""Above this the light counts as on. EN 12464-1 requires 500 lux on the task in offices and 300 lux around it."""


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """Rows read, minutes by state over the window, changes of state, and `bright_empty_share` (0 to 1)."""

    rows: int
    occupied_min: float
    vacant_min: float
    unknown_min: float
    changes: int
    bright_empty_share: float

    @property
    def occupied_share(self) -> float:
        """Occupied time as a share of occupied and vacant time; 0 if there is none."""
        measured = self.occupied_min + self.vacant_min
        return self.occupied_min / measured if measured else 0.0


def room_figures(
    presence: Sequence[tuple[datetime, bool]],
    lux: Sequence[tuple[datetime, float]],
    window: Interval,
    interval_s: float,
    hold: timedelta,
) -> RoomFigures:
    """The figures of `window` from presence and illuminance samples in time order.

    `bright_empty_share` is the vacant share of the time above BRIGHT_LUX whose occupancy is known.
    """
    states = room_states(presence, window, interval_s, hold)
    seconds = seconds_by_state(states, window)
    over_bright = to_spans(sensor_states([(at, value > BRIGHT_LUX) for at, value in lux], interval_s))
    bright = in_state(clip(over_bright, window), "occupied")
    lit_empty = overlap_seconds(bright, in_state(states, "vacant"))
    lit_occupied = overlap_seconds(bright, in_state(states, "occupied"))
    lit = lit_empty + lit_occupied
    return RoomFigures(
        len(presence),
        seconds["occupied"] / 60,
        seconds["vacant"] / 60,
        seconds["unknown"] / 60,
        count_changes(states),
        lit_empty / lit if lit else 0.0,
    )


def lighting_energy(
    readings: Sequence[MeterReading],
    presence: Sequence[tuple[datetime, bool]],
    window: Interval,
    interval_s: float,
    hold: timedelta,
) -> LightingEnergy:
    """The energy that a cumulative meter counted, by the occupancy of the room within the window."""
    states = room_states(presence, window, interval_s, hold)
    return split_by_occupancy(readings, in_state(states, "occupied"), in_state(states, "vacant"))


def room_states(
    presence: Sequence[tuple[datetime, bool]], window: Interval, interval_s: float, hold: timedelta
) -> tuple[Span, ...]:
    """The room's states within `window`, presence extended by `hold` after each detection."""
    return clip(to_spans(extend_presence(sensor_states(presence, interval_s), hold)), window)
