"""What other light settings would have done: the controller of the edge, run over spans that were measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from smartwork.contracts.policy import ZoneLight
from smartwork.domain.lighting.controller import Presence, State, Tick, ZonePolicy, begin, due, step
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

CO2_KG_PER_KWH = 0.1655
"""Belgian production in 2023 (lowcarbonpower.org); it changes from year to year."""
_NEVER_SILENT_S = 10**9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a zone's lamps would have used over a period, what of it over nobody, and how long people had less than
    their level. Dimmed light is taken as proportional to its level, as LED drivers nearly are.
    """

    used_wh: float
    empty_wh: float
    dark_s: float


def outcome(
    light: ZoneLight,
    hours: OpeningHours,
    rated_w: float,
    spans: Mapping[str, Sequence[Span]],
    window: Interval,
) -> Outcome:
    """What the zone would have used over `window` under `light`, given the spans of its desks and rooms by name.

    Daylight is left out: spans do not say how bright it was. Overrides by hand are left out too.
    """
    policy = ZonePolicy(light.model_copy(update={"daylight_lux": None}), dict.fromkeys(spans, _NEVER_SILENT_S), {}, hours)
    state, now = begin(window.start), window.start
    used = empty = dark = 0.0
    occupied: set[str] = set()
    for at, resource, span in _events(spans, window):
        while now < at:
            turn = due(policy, state, now)
            until = at if turn is None else min(at, turn)
            seconds, level = (until - now).total_seconds(), state.level or 0.0
            used += rated_w * level * seconds / 3600
            if not occupied:
                empty += rated_w * level * seconds / 3600
            elif level < light.level:
                dark += seconds
            now = until
            state, _ = step(policy, state, Tick(), now)
        if span is not None:
            state = _told(policy, state, resource, span, now)
            (occupied.add if span.state == "occupied" else occupied.discard)(resource)
    return Outcome(used, empty, dark)


def _told(policy: ZonePolicy, state: State, resource: str, span: Span, now: datetime) -> State:
    """The zone after a span began; what a sensor cannot tell is not known from then on."""
    if span.state == "unknown":
        unknown = replace(state, sensors={name: said for name, said in state.sensors.items() if name != resource})
        return step(policy, unknown, Tick(), now)[0]
    return step(policy, state, Presence(resource, span.state == "occupied"), now)[0]


def _events(spans: Mapping[str, Sequence[Span]], window: Interval) -> Iterator[tuple[datetime, str, Span | None]]:
    """The beginnings of spans within the window in order of time, then its end."""
    found = [
        (max(span.start, window.start), resource, span)
        for resource, of_resource in spans.items()
        for span in of_resource
        if span.end > window.start and span.start < window.end
    ]
    yield from sorted(found, key=lambda event: (event[0], event[1]))
    yield window.end, "", None
