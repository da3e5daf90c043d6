"""Fields of device messages that are not understood, counted by device and field, with the newest sample."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.adapters.message import IgnoredField
from smartwork.contracts.edge_reports import Alarm

REMEMBERED = timedelta(days=1)
"""An alarm ends if the device has sent nothing that is not understood for so long."""
_FIELDS_LIMIT = 50
"""At most so many fields of a device are counted; a device may invent names."""
_SAMPLE = 60


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

    def add(self, device: str, fields: list[IgnoredField], now: datetime) -> None:
        """Count the fields of a message that arrived at `now`."""
        for field in fields:
            if not field.is_fault:
                continue
            counts = self._counts.setdefault(device, {})
            count = counts.get(field.name)
            if count is None:
                if len(counts) < _FIELDS_LIMIT:
                    counts[field.name] = FieldCount(now, now, 1, field)
            else:
                count.last, count.count, count.field = now, count.count + 1, field

    def of(self, device: str) -> dict[str, FieldCount]:
        """The counts of a device, by field."""
        return dict(self._counts.get(device, {}))

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
                        since_ms=round(since.timestamp() * 1000),
                        says=(text + others)[:200],
                    )
                )
        return alarms
