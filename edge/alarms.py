"""The alarms of a centre: lights that do not respond, sensors that are silent, stuck or flapping, and a full outbox."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from edge.light_device import LightDevice
from edge.report_timing import REPUBLISH, interval_passed
from edge.zone_lights import LitZone
from smartwork.contracts.edge_reports import ALARMS_LIMIT, Alarm, Alarms
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.presence.sensor_limits import STUCK_AFTER, silence_timeout

FLAPS, FLAPPING = 20, timedelta(minutes=10)
"""So many changes of presence within so long are not people, but a loose contact or a sensor that sees a fan."""


class SensorHistory:
    """What the alarms need to know about each presence sensor: since when it reports presence, and its last changes."""

    def __init__(self) -> None:
        self._present_since: dict[str, datetime] = {}
        self._changes: dict[str, deque[datetime]] = {}

    def add(self, readings: Iterable[Reading], now: datetime) -> None:
        """Add readings that arrived at `now`."""
        for reading in readings:
            if reading.metric is Metric.PRESENCE:
                if bool(reading.value) != (reading.device in self._present_since):
                    self._changes.setdefault(reading.device, deque(maxlen=FLAPS)).append(now)
                if reading.value:
                    self._present_since.setdefault(reading.device, now)
                else:
                    self._present_since.pop(reading.device, None)

    def flapping_since(self, device: str, now: datetime) -> datetime | None:
        """When a sensor began to flap, or None if it does not."""
        changes = self._changes.get(device, deque())
        if len(changes) == FLAPS and changes[-1] - changes[0] <= FLAPPING and now - changes[-1] <= FLAPPING:
            return changes[0]
        return None

    def present_since(self, device: str) -> datetime | None:
        """When a sensor that reports presence began to, else None."""
        return self._present_since.get(device)


class AlarmReport:
    """Decides when the list of alarms must be published: when one begins or ends, and again after REPUBLISH."""

    def __init__(self) -> None:
        self._published: frozenset[tuple[str, str | None]] | None = None
        self._published_at: datetime | None = None

    def pending_report(self, alarms: Sequence[Alarm], now: datetime) -> Alarms | None:
        """The report to publish now, or None."""
        kinds = frozenset((alarm.kind, alarm.device) for alarm in alarms)
        if kinds == self._published and not interval_passed(self._published_at, now, REPUBLISH):
            return None
        self._published, self._published_at = kinds, now
        return Alarms(reported_ms=_ms(now), alarms=list(alarms[:ALARMS_LIMIT]))


def zone_alarms(zones: Mapping[str, LitZone], history: SensorHistory, now: datetime) -> list[Alarm]:
    """The alarms of the zones' lights and presence sensors."""
    return [alarm for zone in zones.values() for alarm in (*_light_alarms(zone), *_sensor_alarms(zone, history, now))]


def outbox_alarm(now: datetime) -> Alarm:
    """The alarm of an outbox whose disk quota is used up."""
    text = "The outbox is full: only presence readings are stored. Dropped readings appear as missing in the ledger."
    return Alarm(kind="outbox_full", since_ms=_ms(now), says=text)


def _light_alarms(zone: LitZone) -> Iterator[Alarm]:
    for device, light in zone.lights.items():
        if light.is_unresponsive and light.commanded is not None and light.commanded_at is not None:
            text = f"{device} was set to {_percent(light.commanded)} and reports {_reported(light)}"
            yield Alarm(kind="lamp_disobeys", device=device, since_ms=_ms(light.commanded_at), says=text)


def _sensor_alarms(zone: LitZone, history: SensorHistory, now: datetime) -> Iterator[Alarm]:
    for device, interval_s in zone.policy.presence.items():
        timeout = silence_timeout(interval_s)
        sensor = zone.state.sensors.get(device)
        since = (sensor.reported_at if sensor else zone.state.since) + timeout
        if now >= since:
            text = f"{device} has sent no presence for more than {timedelta(seconds=round(timeout.total_seconds()))}"
            yield Alarm(kind="sensor_silent", device=device, since_ms=_ms(since), says=text)
        flapping_since = history.flapping_since(device, now)
        if flapping_since is not None:
            minutes = FLAPPING / timedelta(minutes=1)
            text = f"{device} changed between present and absent {FLAPS} times within {minutes:.0f} minutes"
            yield Alarm(kind="sensor_flaps", device=device, since_ms=_ms(flapping_since), says=text)
        present_since = history.present_since(device)
        if present_since is not None and now - present_since > STUCK_AFTER:
            hours = (now - present_since) / timedelta(hours=1)
            text = f"{device} has reported presence for {hours:.0f} hours without a break"
            yield Alarm(kind="sensor_stuck", device=device, since_ms=_ms(present_since + STUCK_AFTER), says=text)


def _reported(light: LightDevice) -> str:
    if light.on is None:
        return "nothing"
    return "off" if not light.on else "on" if light.reported_level is None else _percent(light.reported_level)


def _percent(level: float) -> str:
    return f"{level:.0%}"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
