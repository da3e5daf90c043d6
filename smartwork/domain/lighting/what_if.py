"""What other light settings would have used: the gateway's controller, run on the measured spans of a past period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.lighting.controller import (
    PresenceReading,
    TimePassed,
    ZonePolicy,
    ZoneState,
    initial_state,
    next_change,
    step,
)
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

CO2_KG_PER_KWH = 0.1655
"""Belgian production in 2023 (lowcarbonpower.org); it changes from year to year."""
_NEVER_SILENT_S = 10**9


@dataclass(frozen=True, slots=True)
class WhatIfResult:
    """Energy of a zone's lamps over a period, the part used while vacant, and how long people had less than its level.

    The power of dimmed lamps is taken as proportional to their level, which is nearly true of LED drivers.
    """

    used_wh: float
    empty_wh: float
    dark_s: float


def try_settings(
    light: ZoneSettings,
    hours: OpeningHours,
    rated_w: float,
    spans: Mapping[str, Sequence[Span]],
    window: Interval,
) -> WhatIfResult:
    """What the zone would have used over `window` with the settings `light`, given the spans of its places by name.

    Daylight control and overrides are left out, because spans record neither.
    """
    policy = ZonePolicy(light.model_copy(update={"daylight_lux": None}), dict.fromkeys(spans, _NEVER_SILENT_S), {}, hours)
    state, now = initial_state(window.start), window.start
    used_wh = vacant_wh = dark_s = 0.0
    occupied: set[str] = set()
    for at, place, span in _span_starts(spans, window):
        while now < at:
            change = next_change(policy, state, now)
            until = at if change is None else min(at, change)
            seconds, level = (until - now).total_seconds(), state.level or 0.0
            used_wh += rated_w * level * seconds / 3600
            if not occupied:
                vacant_wh += rated_w * level * seconds / 3600
            elif level < light.level:
                dark_s += seconds
            now = until
            state, _ = step(policy, state, TimePassed(), now)
        if span is not None:
            state = _begin_span(policy, state, place, span, now)
            (occupied.add if span.state == "occupied" else occupied.discard)(place)
    return WhatIfResult(used_wh, vacant_wh, dark_s)


def _begin_span(policy: ZonePolicy, state: ZoneState, place: str, span: Span, now: datetime) -> ZoneState:
    """The zone's state after a span began at a place; an unknown span removes the place's sensor from the state."""
    if span.state == "unknown":
        known = {name: sensor for name, sensor in state.sensors.items() if name != place}
        return step(policy, replace(state, sensors=known), TimePassed(), now)[0]
    return step(policy, state, PresenceReading(place, span.state == "occupied"), now)[0]


def _span_starts(spans: Mapping[str, Sequence[Span]], window: Interval) -> Iterator[tuple[datetime, str, Span | None]]:
    """The start of each span within the window, with its place, in time order; at last the end of the window."""
    starts = [
        (max(span.start, window.start), place, span)
        for place, of_place in spans.items()
        for span in of_place
        if span.end > window.start and span.start < window.end
    ]
    yield from sorted(starts, key=lambda start: (start[0], start[1]))
    yield window.end, "", None
