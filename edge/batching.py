"""How readings become batches: which local day a reading belongs to, where batches are split, and their content."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from smartwork.contracts.messages import Batch
from smartwork.contracts.reading import Reading
from smartwork.domain.time import local_day


class LocalDays:
    """Local days of one IANA time zone. Remembers the last day, because consecutive readings mostly share it."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._day = ""
        self._start_ms = self._end_ms = 0

    def day_of(self, at_ms: int) -> str:
        """The local day (ISO 8601) of an instant in milliseconds since 1970 UTC."""
        if not self._start_ms <= at_ms < self._end_ms:
            day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).date()
            interval = local_day(day, self._zone.key)
            self._day = day.isoformat()
            self._start_ms, self._end_ms = (round(at.timestamp() * 1000) for at in (interval.start, interval.end))
        return self._day


def split(readings: Iterable[Reading], days: LocalDays, size: int) -> Iterator[tuple[str, list[Reading]]]:
    """Split the readings, in order, into runs of one local day and at most `size` readings; yields (day, run)."""
    for day, same_day in groupby(readings, key=lambda reading: days.day_of(reading.at_ms)):
        run = list(same_day)
        for start in range(0, len(run), size):
            yield day, run[start : start + size]


def to_batch(epoch: str, first: int, day: str, run: Sequence[Reading]) -> Batch:
    """The batch of a run of readings whose numbers start with `first`.

    Raises ValueError (pydantic's) if a reading does not fit the wire contract.
    """
    names = sorted({reading.device for reading in run})
    index = {name: i for i, name in enumerate(names)}
    return Batch(
        epoch=epoch,
        first=first,
        day=day,
        devices=names,
        at_ms=[reading.at_ms for reading in run],
        device=[index[reading.device] for reading in run],
        metric=[int(reading.metric) for reading in run],
        value=[float(reading.value) for reading in run],
        by_arrival=[i for i, reading in enumerate(run) if reading.by_arrival],
    )
