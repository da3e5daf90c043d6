"""Several sensors of one place: how their states give the state of the place.

At each instant the sensors count that watch the place then, each in its own state: occupied, vacant or unknown.

1. A sensor is living while it is not silent. A silent one is unknown and has no vote.
2. If a living sensor that is not stuck detects presence, the place is occupied.
3. Else, if a living sensor reports absence, the place is vacant: a stuck sensor does not outvote a good one.
4. Else, if a stuck sensor is the only living one, the place is occupied and suspect: shown, never billed.
5. Else no sensor is living and the place is unknown.

Whether a sensor is stuck follows from its own presence (STUCK_AFTER). A sensor that reports absence for ever cannot outvote
another one, because presence wins. The state is contradicted while living sensors, stuck ones included, disagree; a
contradiction of more than CONTRADICTION_AFTER marks the spans of the place.

This function applies the rule to one instant: floor plans and Home Assistant show it. `derivation.combine` applies it to
spans, and `lighting.controller` to the sensors of a zone. Property tests compare them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from smartwork.domain.presence.spans import State


@dataclass(frozen=True, slots=True)
class SensorVote:
    """The state of one sensor at an instant, and whether its presence has lasted so long that it is stuck."""

    state: State
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class PlaceState:
    """The state of a place at an instant; `suspect` if only stuck sensors are living."""

    state: State
    suspect: bool = False
    contradicted: bool = False


def combined_state(votes: Iterable[SensorVote]) -> PlaceState:
    """The state of a place by the votes of all its sensors; unknown if there are none."""
    found = list(votes)
    detected = any(vote.state == "occupied" and not vote.stuck for vote in found)
    stuck = any(vote.state == "occupied" and vote.stuck for vote in found)
    vacant = any(vote.state == "vacant" for vote in found)
    contradicted = vacant and (detected or stuck)
    if detected:
        return PlaceState("occupied", contradicted=contradicted)
    if vacant:
        return PlaceState("vacant", contradicted=contradicted)
    return PlaceState("occupied", suspect=True) if stuck else PlaceState("unknown")
