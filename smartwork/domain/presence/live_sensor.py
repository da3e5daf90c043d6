"""The state of one presence sensor from its readings as they arrive: its last report, and since when it detects presence.

The gateway keeps it for the light and for Home Assistant. It follows the rules that derive spans: a silent sensor is unknown,
vacant time of at most MAX_GAP does not end presence, and presence of more than STUCK_AFTER comes from a stuck sensor.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smartwork.domain.presence.combination import SensorVote
from smartwork.domain.presence.sensor_limits import MAX_GAP, STUCK_AFTER


@dataclass(frozen=True, slots=True)
class SensorState:
    """The last report of a presence sensor, its time, and when the sensor last detected presence.

    `present_since` is the start of the last presence, short gaps filled; None if the sensor never detected any or was silent.
    """

    present: bool
    reported_at: datetime
    present_at: datetime | None
    present_since: datetime | None = None

    def present_until(self, timeout: timedelta, now: datetime) -> datetime:
        """Until when the sensor reported presence: up to now while it does, at most until it became silent."""
        if self.present:
            return min(now, self.reported_at + timeout)
        return self.present_at if self.present_at is not None else self.reported_at

    def is_stuck(self, timeout: timedelta, now: datetime) -> bool:
        """Whether the last presence has lasted for more than STUCK_AFTER; `timeout` is the sensor's silence timeout."""
        if self.present_since is None:
            return False
        lasted = self.present_until(timeout, now) - self.present_since
        return lasted >= STUCK_AFTER if self.present and now < self.reported_at + timeout else lasted > STUCK_AFTER

    def vote(self, timeout: timedelta, now: datetime) -> SensorVote:
        """What the sensor says of its place at `now`."""
        if now >= self.reported_at + timeout:
            return SensorVote("unknown")
        return SensorVote("occupied", self.is_stuck(timeout, now)) if self.present else SensorVote("vacant")


def after_reading(before: SensorState | None, present: bool, at: datetime, timeout: timedelta) -> SensorState:
    """The state after a reading at `at`, which is never before that of an earlier reading."""
    if before is None:
        return SensorState(present, at, at if present else None, at if present else None)
    is_living = at < before.reported_at + timeout
    present_at = at if present or (is_living and before.present) else before.present_at
    goes_on = is_living and (before.present or (before.present_at is not None and at - before.present_at <= MAX_GAP))
    if present:
        return SensorState(present, at, present_at, before.present_since if goes_on and before.present_since else at)
    return SensorState(present, at, present_at, before.present_since if is_living else None)
