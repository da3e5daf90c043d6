"""What an outbox without disk space keeps in memory: the newest presence of each device, and counts of what was dropped."""

from collections import Counter
from collections.abc import Iterable

from edge.batching import LocalDays
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading


class Overflow:
    """Readings that have no place on the disk. `dropped` counts, by local day, those that are lost.

    The outbox gives dropped readings numbers as well, so that the ledger shows them as missing.
    """

    def __init__(self) -> None:
        self._newest: dict[str, Reading] = {}
        self.dropped: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._newest or self.dropped)

    @property
    def presence(self) -> list[Reading]:
        """The newest presence reading of each device."""
        return list(self._newest.values())

    def add(self, presence: Iterable[Reading], dropped: Counter[str], days: LocalDays) -> None:
        """Keep presence readings, each in place of the device's older one, which is counted as dropped."""
        self.dropped += dropped
        for reading in presence:
            older = self._newest.get(reading.device)
            if older is not None:
                self.dropped[days.day_of(older.at_ms)] += 1
            self._newest[reading.device] = reading

    def clear(self) -> None:
        """Forget everything, because it is stored and numbered now."""
        self._newest.clear()
        self.dropped.clear()


def split_presence(readings: Iterable[Reading], days: LocalDays) -> tuple[list[Reading], Counter[str]]:
    """The presence readings, and how many of the others there are by local day."""
    presence: list[Reading] = []
    others: Counter[str] = Counter()
    for reading in readings:
        if reading.metric is Metric.PRESENCE:
            presence.append(reading)
        else:
            others[days.day_of(reading.at_ms)] += 1
    return presence, others
