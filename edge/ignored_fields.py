"""Fields of device messages that are not understood, counted by device and field, with the newest sample."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.adapters.message import IgnoredField
from edge.report_timing import interval_passed
from smartwork.contracts.edge_reports import NOT_UNDERSTOOD_LIMIT, Alarm, FieldNotUnderstood, FieldsNotUnderstood

REMEMBERED = timedelta(days=1)
"""An alarm ends if the device has sent nothing that is not understood for so long."""
REPORT_EVERY, REPORT_NEW_AFTER = timedelta(minutes=5), timedelta(seconds=10)
"""How often the counts are reported, and how soon those of a field that was not counted before."""
OTHER_FIELDS = "(other fields)"
_FIELDS_LIMIT = 50
"""So many fields of a device are counted apart; a device may invent names. All further ones are counted together."""
_REPORTED_LIMIT = 10
"""So many fields of a device are in a report, so that one device does not keep the others out of it."""
_NAME, _SAMPLE, _REASON = 60, 60, 120


@dataclass(slots=True)
class FieldCount:
    """How often a field of a device was not understood since `since`, the newest value and why."""

    since: datetime
    last: datetime
    count: int
    field: IgnoredField


class IgnoredFields:
    """Counts what is not understood. A field that is none of ours, such as a setting, is not counted."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, FieldCount]] = {}
        self._reported_at: datetime | None = None
        self._has_new = False

    def keep_only(self, devices: Iterable[str]) -> None:
        """Forget the devices that are no longer registered."""
        registered = set(devices)
        self._counts = {device: counts for device, counts in self._counts.items() if device in registered}

    def add(self, device: str, fields: list[IgnoredField], now: datetime) -> None:
        """Count the fields of a message that arrived at `now`."""
        for field in fields:
            if not field.is_fault:
                continue
            counts = self._counts.setdefault(device, {})
            name = field.name[:_NAME] or "(empty name)"
            if name not in counts and len(counts) >= _FIELDS_LIMIT:
                name = OTHER_FIELDS
            count = counts.get(name)
            if count is None:
                counts[name] = FieldCount(now, now, 1, field)
                self._has_new = True
            else:
                count.last, count.count, count.field = now, count.count + 1, field

    def of(self, device: str) -> dict[str, FieldCount]:
        """The counts of a device, by field."""
        return dict(self._counts.get(device, {}))

    def pending_report(self, now: datetime) -> FieldsNotUnderstood | None:
        """The counts to publish now, or None. Nothing is published before a field was not understood for the first time."""
        interval = REPORT_NEW_AFTER if self._has_new else REPORT_EVERY
        if self._reported_at is None and not self._has_new:
            return None
        if not interval_passed(self._reported_at, now, interval):
            return None
        self._has_new, self._reported_at = False, now
        return self.report(now)

    def report(self, now: datetime) -> FieldsNotUnderstood:
        """What was not understood: of each device the fields that came last, and the others together, the newest first."""
        fields = [field for device, counts in self._counts.items() for field in _reported(device, counts)]
        fields.sort(key=lambda field: field.last_ms, reverse=True)
        return FieldsNotUnderstood(reported_ms=_ms(now), fields=fields[:NOT_UNDERSTOOD_LIMIT])

    def alarms(self, now: datetime) -> list[Alarm]:
        """One alarm for each device with fields that were not understood within the last REMEMBERED."""
        alarms = []
        for device, counts in self._counts.items():
            recent = [count for count in counts.values() if now - count.last < REMEMBERED]
            if recent:
                newest = max(recent, key=lambda count: count.last)
                text = (
                    f"{device} sends what is not understood: {newest.field.name[:30]} = {newest.field.value[:_SAMPLE]!r} "
                    f"{newest.field.reason} ({newest.count} times"
                )
                others = f"; {len(recent) - 1} more fields)" if len(recent) > 1 else ")"
                since = min(count.since for count in recent)
                alarms.append(
                    Alarm(
                        kind="not_understood",
                        device=device,
                        since_ms=_ms(since),
                        says=(text + others)[:200],
                    )
                )
        return alarms


def _reported(device: str, counts: dict[str, FieldCount]) -> list[FieldNotUnderstood]:
    """The fields of a device that are reported by name, and one line for all others."""
    newest = sorted((name for name in counts if name != OTHER_FIELDS), key=lambda name: counts[name].last, reverse=True)
    named, others = newest[:_REPORTED_LIMIT], newest[_REPORTED_LIMIT:]
    lines = [_line(device, name, [counts[name]]) for name in named]
    rest = [counts[name] for name in others] + ([counts[OTHER_FIELDS]] if OTHER_FIELDS in counts else [])
    return [*lines, _line(device, OTHER_FIELDS, rest)] if rest else lines


def _line(device: str, name: str, counts: list[FieldCount]) -> FieldNotUnderstood:
    newest = max(counts, key=lambda count: count.last)
    return FieldNotUnderstood(
        device=device,
        field=name,
        count=sum(count.count for count in counts),
        since_ms=_ms(min(count.since for count in counts)),
        last_ms=_ms(newest.last),
        sample=newest.field.value[:_SAMPLE],
        reason=newest.field.reason[:_REASON],
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
