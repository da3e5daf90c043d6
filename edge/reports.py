"""What an edge says of its house when it changes: its alarms, and devices that nobody registered."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from edge.adapters.guess import guess
from smartwork.contracts.edge_reports import (
    ALARMS_LIMIT,
    DISCOVERED_DEVICES_LIMIT,
    Alarm,
    Alarms,
    DiscoveredDevice,
    DiscoveredDevices,
)

REPEAT = timedelta(minutes=1)
"""Said again after this long: a shared subscription hears nothing that was said before it was made, retained or not."""
SEEN_PAUSE = timedelta(seconds=10)
"""Devices that are new to us are told no more often than this."""


class AlarmReport:
    """Says the alarms as a whole whenever one begins or ends."""

    def __init__(self) -> None:
        self._told: frozenset[tuple[str, str | None]] | None = None
        self._said_at: datetime | None = None

    def news(self, alarms: Sequence[Alarm], now: datetime) -> Alarms | None:
        """What to say now, or None where nothing changed since it was said last."""
        kinds = frozenset((alarm.kind, alarm.device) for alarm in alarms)
        if kinds == self._told and not _is_due(self._said_at, now, REPEAT):
            return None
        self._told, self._said_at = kinds, now
        return Alarms(reported_ms=_ms(now), alarms=list(alarms[:ALARMS_LIMIT]))


class SeenReport:
    """Remembers the newest devices that are in no registry, and says so when one more is heard."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], DiscoveredDevice] = OrderedDict()
        self._said_at: datetime | None = None
        self._changed = False

    def note(self, topic: str, now: datetime) -> None:
        """A message on `topic` that no registered device speaks on."""
        found = guess(topic)
        if found is None or len(found.address) > 200 or len(topic) > 500:
            return
        key = (found.profile.value, found.address)
        self._changed = self._changed or key not in self._seen
        self._seen[key] = DiscoveredDevice(profile=found.profile, address=found.address, topic=topic, last_ms=_ms(now))
        self._seen.move_to_end(key)
        if len(self._seen) > DISCOVERED_DEVICES_LIMIT:
            self._seen.popitem(last=False)

    def forget(self) -> None:
        """Begin anew, for a registry that may know them now."""
        self._changed = self._changed or bool(self._seen)
        self._seen.clear()

    def news(self, now: datetime) -> DiscoveredDevices | None:
        """What to say now, or None."""
        if not (self._seen or self._changed) or not _is_due(self._said_at, now, SEEN_PAUSE if self._changed else REPEAT):
            return None
        self._changed, self._said_at = False, now
        return DiscoveredDevices(reported_ms=_ms(now), devices=list(reversed(self._seen.values())))


def _is_due(said_at: datetime | None, now: datetime, pause: timedelta) -> bool:
    return said_at is None or not timedelta(0) <= now - said_at < pause


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
