"""Lamps: what each was told, whether it obeyed, when it is told again, and whether a person changed it by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from edge.adapters.families import COMMANDS
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

RETRY = timedelta(seconds=3)
LONGEST_RETRY = timedelta(minutes=2)
PATIENT_TRIES = 4
"""Told so often without obeying, a lamp is an alarm; it is told on all the same, less and less often."""
SETTLING = timedelta(seconds=5)
"""After its ramp a lamp may still report levels on the way; later ones that differ are a person's."""
NEAR = 0.03


class Message(NamedTuple):
    """What a lamp of a family is told: a topic of the centre's broker, or a service of Home Assistant, and its payload."""

    topic: str
    payload: bytes
    profile: Profile


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp. `level` is what it was told (0 is off), None before the first time; `on` and `dimmed` what it says."""

    entry: DeviceEntry
    level: float | None = None
    ramp_s: float = 0.0
    told_at: datetime | None = None
    tries: int = 0
    on: bool | None = None
    dimmed: float | None = None
    obeyed: bool = False

    @property
    def disobeys(self) -> bool:
        """Whether it was told often and does not do it."""
        return not self.obeyed and self.tries >= PATIENT_TRIES

    @property
    def retry_at(self) -> datetime | None:
        """When it is told again, or None where it obeyed."""
        if self.obeyed or self.told_at is None:
            return None
        doublings = min(max(0, self.tries - 1), 10)
        return self.told_at + timedelta(seconds=self.ramp_s) + min(RETRY * (1 << doublings), LONGEST_RETRY)


def tell(lamp: Lamp, level: float, ramp_s: float, now: datetime) -> tuple[Lamp, list[Message]]:
    """The lamp told a level, and the messages that tell it so; none for a family that can only be heard."""
    command = COMMANDS.get(lamp.entry.profile)
    if command is None:
        return lamp, []
    anew = lamp.level != level
    told = replace(lamp, level=level, ramp_s=ramp_s, told_at=now, tries=1 if anew else lamp.tries + 1, obeyed=False)
    said = command(lamp.entry, level, ramp_s)
    return told, [Message(topic, payload, lamp.entry.profile) for topic, payload in said]


def hear(lamp: Lamp, readings: Sequence[Reading], now: datetime) -> tuple[Lamp, float | None]:
    """The lamp after it said its state, and the level that a person gave it by hand, None where nobody did."""
    said = {reading.metric: reading.value for reading in readings}
    if Metric.LIGHT_ON not in said and Metric.LIGHT_LEVEL not in said:
        return lamp, None
    on = bool(said[Metric.LIGHT_ON]) if Metric.LIGHT_ON in said else lamp.on
    heard = replace(lamp, on=on, dimmed=said.get(Metric.LIGHT_LEVEL, lamp.dimmed))
    if lamp.level is None or lamp.told_at is None:
        return heard, None
    if _is_as_told(heard):
        return replace(heard, obeyed=True), None
    if lamp.obeyed and now > lamp.told_at + timedelta(seconds=lamp.ramp_s) + SETTLING:
        return replace(heard, obeyed=True), _level(heard)
    return heard, None


def _is_as_told(lamp: Lamp) -> bool:
    if lamp.level is None or lamp.on is None:
        return False
    if lamp.level == 0 or not lamp.on:
        return lamp.on == (lamp.level > 0)
    return lamp.dimmed is None or abs(lamp.dimmed - lamp.level) <= NEAR


def _level(lamp: Lamp) -> float:
    if not lamp.on:
        return 0.0
    return 1.0 if lamp.dimmed is None else lamp.dimmed
