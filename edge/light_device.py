"""One light: the level it was commanded, whether it confirmed, when to resend, and whether a person changed it by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from edge.adapters.families import COMMANDS
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

FIRST_RETRY = timedelta(seconds=3)
LONGEST_RETRY = timedelta(minutes=2)
TRIES_BEFORE_ALARM = 4
"""After so many unconfirmed commands there is an alarm. Commands are still resent, at growing intervals."""
SETTLING = timedelta(seconds=5)
"""How long after its ramp a light may report intermediate levels. A different level after that was set by a person."""
TOLERANCE = 0.03
"""A reported level within this distance of the commanded one confirms it."""


class LightMessage(NamedTuple):
    """A message to a light: a topic of the centre's broker, or a service of Home Assistant, and its payload."""

    topic: str
    payload: bytes
    profile: Profile


@dataclass(frozen=True, slots=True)
class LightDevice:
    """The state of one light.

    `commanded` is the level last sent (0 is off), None before the first command. `on` and `reported_level` are what the
    light reports. `confirmed` is whether it has reported the commanded level since. `tries` counts the commands of this level
    since it was last confirmed.
    """

    entry: DeviceEntry
    commanded: float | None = None
    ramp_s: float = 0.0
    commanded_at: datetime | None = None
    tries: int = 0
    on: bool | None = None
    reported_level: float | None = None
    confirmed: bool = False

    @property
    def is_unresponsive(self) -> bool:
        """Whether the command was sent often, and the light has not reported the commanded level, before or since."""
        return not self.confirmed and self.tries >= TRIES_BEFORE_ALARM and not _is_as_commanded(self)

    @property
    def retry_at(self) -> datetime | None:
        """When to send the command again, or None if it is confirmed or there is none. The interval doubles each time."""
        if self.confirmed or self.commanded_at is None:
            return None
        doublings = min(max(0, self.tries - 1), 10)
        return self.commanded_at + timedelta(seconds=self.ramp_s) + min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def command_light(light: LightDevice, level: float, ramp_s: float, now: datetime) -> tuple[LightDevice, list[LightMessage]]:
    """The light after it was commanded a level, and the messages to send; none for a family that takes no commands."""
    command = COMMANDS.get(light.entry.profile)
    if command is None:
        return light, []
    is_retry = light.commanded == level and not light.confirmed
    commanded = replace(
        light,
        commanded=level,
        ramp_s=ramp_s,
        commanded_at=now,
        tries=light.tries + 1 if is_retry else 1,
        # Some families publish a state only when it changes: a light that is at the level already may not answer.
        confirmed=light.confirmed and light.commanded == level and _is_as_commanded(light),
    )
    messages = command(light.entry, level, ramp_s)
    return commanded, [LightMessage(topic, payload, light.entry.profile) for topic, payload in messages]


def report_state(light: LightDevice, readings: Sequence[Reading], now: datetime) -> tuple[LightDevice, float | None]:
    """The light after it reported its state, and the level that a person set by hand, None if nobody did."""
    values = {reading.metric: reading.value for reading in readings}
    if Metric.LIGHT_ON not in values and Metric.LIGHT_LEVEL not in values:
        return light, None
    on = bool(values[Metric.LIGHT_ON]) if Metric.LIGHT_ON in values else light.on
    reported = replace(light, on=on, reported_level=values.get(Metric.LIGHT_LEVEL, light.reported_level))
    if light.commanded is None or light.commanded_at is None:
        return reported, None
    if _is_as_commanded(reported):
        return replace(reported, confirmed=True, tries=0), None
    if light.confirmed and now > light.commanded_at + timedelta(seconds=light.ramp_s) + SETTLING:
        return replace(reported, confirmed=True), _level(reported)
    return reported, None


def set_by_hand(light: LightDevice, level: float, now: datetime) -> LightDevice:
    """The light after a person set it to `level` at the light itself: no command is needed."""
    return LightDevice(light.entry, level, commanded_at=now, on=light.on, reported_level=light.reported_level, confirmed=True)


def _is_as_commanded(light: LightDevice) -> bool:
    if light.commanded is None or light.on is None:
        return False
    if light.commanded == 0 or not light.on:
        return light.on == (light.commanded > 0)
    return light.reported_level is None or abs(light.reported_level - light.commanded) <= TOLERANCE


def _level(light: LightDevice) -> float:
    if not light.on:
        return 0.0
    return 1.0 if light.reported_level is None else light.reported_level
