"""The alarms of a centre: lights that do not respond, sensors that are silent, stuck or flapping, and a full outbox."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.light_device import LightDevice
from edge.report_timing import REPUBLISH, interval_passed
from edge.zone_lights import LitZone
from smartwork.contracts.edge_reports import ALARMS_LIMIT, Alarm, Alarms
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Policy
from smartwork.contracts.reading import Reading
from smartwork.domain.presence.sensor_limits import STUCK_AFTER, silence_timeout

FLAPS, FLAPPING = 20, timedelta(minutes=10)
"""So many changes of presence within so long are not people, but a loose contact or a sensor that sees a fan."""


@dataclass(slots=True)
class _Sensor:
    """A presence sensor: its reporting interval, when it last reported, since when it reports presence, its last changes.

    Before its first report, `reported_at` is when the gateway began to expect one.
    """

    interval_s: int
    reported_at: datetime
    present_since: datetime | None = None
    changes: deque[datetime] = field(default_factory=lambda: deque(maxlen=FLAPS))

    def flapping_since(self, now: datetime) -> datetime | None:
        """When the sensor began to flap, or None if it does not."""
        changes = self.changes
        if len(changes) == FLAPS and changes[-1] - changes[0] <= FLAPPING and now - changes[-1] <= FLAPPING:
            return changes[0]
        return None


class SensorHistory:
    """What the alarms need to know about each presence sensor of the policy, whether its zone is lit or not."""

    def __init__(self) -> None:
        self._sensors: dict[str, _Sensor] = {}

    def apply(self, policy: Policy, zones: Iterable[LitZone], now: datetime) -> None:
        """Watch the presence sensors of this policy. What a lit zone still knows of a sensor counts as its last report."""
        reported_at = {device: s.reported_at for zone in zones for device, s in zone.state.sensors.items()}
        before = self._sensors
        self._sensors = {}
        for entry in policy.devices:
            if entry.role == "presence":
                sensor = before.get(entry.device) or _Sensor(entry.interval_s, reported_at.get(entry.device, now))
                sensor.interval_s = entry.interval_s
                self._sensors[entry.device] = sensor

    def add(self, readings: Iterable[Reading], now: datetime) -> None:
        """Add readings that arrived at `now`."""
        for reading in readings:
            sensor = self._sensors.get(reading.device)
            if sensor is None or reading.metric not in (Metric.PRESENCE, Metric.OCCUPANT_COUNT):
                continue
            sensor.reported_at = now
            if reading.metric is Metric.PRESENCE:
                if bool(reading.value) != (sensor.present_since is not None):
                    sensor.changes.append(now)
                sensor.present_since = (sensor.present_since or now) if reading.value else None

    def alarms(self, now: datetime) -> Iterator[Alarm]:
        """The alarms of silent, flapping and stuck sensors."""
        for device, sensor in self._sensors.items():
            yield from _sensor_alarms(device, sensor, now)


class AlarmReport:
    """Decides when the list of alarms must be published: when one begins or ends, and again after REPUBLISH."""

    def __init__(self) -> None:
        self._published: frozenset[tuple[str, str | None]] | None = None
        self._published_at: datetime | None = None
        self._active: dict[tuple[str, str | None], Alarm] = {}

    def pending_report(self, alarms: Sequence[Alarm], now: datetime) -> Alarms | None:
        """The report to publish now, or None."""
        kinds = frozenset((alarm.kind, alarm.device) for alarm in alarms)
        if kinds == self._published and not interval_passed(self._published_at, now, REPUBLISH):
            return None
        self._published, self._published_at = kinds, now
        return Alarms(reported_ms=_ms(now), alarms=list(alarms[:ALARMS_LIMIT]))

    def changes(self, alarms: Sequence[Alarm]) -> tuple[list[Alarm], list[Alarm]]:
        """The alarms that began, and those that ended, since the last call."""
        before = self._active
        self._active = {(alarm.kind, alarm.device): alarm for alarm in alarms}
        began = [alarm for key, alarm in self._active.items() if key not in before]
        return began, [alarm for key, alarm in before.items() if key not in self._active]


def light_alarms(zones: Mapping[str, LitZone]) -> list[Alarm]:
    """The alarms of the zones' lights."""
    return [alarm for zone in zones.values() for alarm in _light_alarms(zone)]


def outbox_alarm(now: datetime) -> Alarm:
    """The alarm of an outbox whose disk quota is used up."""
    text = "The outbox is full: only presence readings are stored. Dropped readings appear as missing in the ledger."
    return Alarm(kind="outbox_full", since_ms=_ms(now), says=text)


def _light_alarms(zone: LitZone) -> Iterator[Alarm]:
    for device, light in zone.lights.items():
        if light.is_unresponsive and light.commanded is not None and light.commanded_at is not None:
            text = f"{device} was set to {_percent(light.commanded)} and reports {_reported(light)}"
            yield Alarm(kind="lamp_disobeys", device=device, since_ms=_ms(light.commanded_at), says=text)


def _sensor_alarms(device: str, sensor: _Sensor, now: datetime) -> Iterator[Alarm]:
    timeout = silence_timeout(sensor.interval_s)
    since = sensor.reported_at + timeout
    if now >= since:
        text = f"{device} has sent no presence for more than {timedelta(seconds=round(timeout.total_seconds()))}"
        yield Alarm(kind="sensor_silent", device=device, since_ms=_ms(since), says=text)
    flapping_since = sensor.flapping_since(now)
    if flapping_since is not None:
        minutes = FLAPPING / timedelta(minutes=1)
        text = f"{device} changed between present and absent {FLAPS} times within {minutes:.0f} minutes"
        yield Alarm(kind="sensor_flaps", device=device, since_ms=_ms(flapping_since), says=text)
    if sensor.present_since is not None and now - sensor.present_since > STUCK_AFTER:
        hours = (now - sensor.present_since) / timedelta(hours=1)
        text = f"{device} has reported presence for {hours:.0f} hours without a break"
        yield Alarm(kind="sensor_stuck", device=device, since_ms=_ms(sensor.present_since + STUCK_AFTER), says=text)


def _reported(light: LightDevice) -> str:
    if light.on is None:
        return "nothing"
    return "off" if not light.on else "on" if light.reported_level is None else _percent(light.reported_level)


def _percent(level: float) -> str:
    return f"{level:.0%}"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
