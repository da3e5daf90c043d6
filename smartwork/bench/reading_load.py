"""Generated batches of readings, as edges publish them: desks with a presence sensor that also measures light and climate.

The same load always has the same readings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.topics import MessageType, Topic

DESKS = 19
"""Desks in each centre; eight centres have about 150."""
EDGE = "gateway"
EPOCH = "bec4bec4bec4"
ZONE = "Europe/Brussels"
EVERY_S = 60
"""Seconds between presence readings of a desk."""
_CLIMATE = (Metric.ILLUMINANCE_LUX, Metric.TEMPERATURE_C, Metric.HUMIDITY_PCT)
_CLIMATE_EVERY = 4
"""Each fourth presence reading comes with light and climate."""
_STAY_MIN = 45
"""Mean minutes between changes of presence at a desk."""


def centre_name(i: int) -> str:
    """The slug of centre number `i`."""
    return f"c-{i:04}"


def device_name(i: int) -> str:
    """The slug of the sensor at desk number `i` of a centre, from 0."""
    return f"s-{i + 1}"


@dataclass(frozen=True, slots=True)
class ReadingLoad:
    """`rows` readings of `centres` centres, in batches of at most `batch`.

    Rows are divided evenly among the centres. They end before `until`. `first` is the outbox number of each centre's first
    reading.
    """

    centres: int
    rows: int
    batch: int
    until: datetime
    first: int = 1


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Readings of one centre as columns; `device` is the number of the desk, from 0."""

    at_ms: npt.NDArray[np.int64]
    device: npt.NDArray[np.int64]
    metric: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]

    def rows(self, start: int, end: int) -> "ReadingColumns":
        """The readings in rows [start, end)."""
        return ReadingColumns(self.at_ms[start:end], self.device[start:end], self.metric[start:end], self.value[start:end])


@dataclass(frozen=True, slots=True)
class LoadBatch:
    """One batch: the number of its centre, its first outbox number, its local day, and its readings."""

    centre: int
    first: int
    day: str
    columns: ReadingColumns


def batches(load: ReadingLoad) -> Iterator[LoadBatch]:
    """All batches in the order of publication: the first of each centre, then the second of each, and so on."""
    centres = [_centre(load, i) for i in range(load.centres)]
    for start, end, day in list(_batch_rows(centres[0], load.batch)):
        for i, columns in enumerate(centres):
            yield LoadBatch(i, load.first + start, day, columns.rows(start, end))


def message(generated: LoadBatch) -> tuple[str, bytes]:
    """The topic and payload with which an edge publishes the batch."""
    columns = generated.columns
    desks, device = np.unique(columns.device, return_inverse=True)
    batch = Batch(
        epoch=EPOCH,
        first=generated.first,
        day=generated.day,
        devices=[device_name(i) for i in desks.tolist()],
        at_ms=columns.at_ms.tolist(),
        device=device.tolist(),
        metric=columns.metric.tolist(),
        value=columns.value.tolist(),
    )
    return str(Topic(centre_name(generated.centre), MessageType.READINGS, EDGE)), batch.model_dump_json().encode()


def _centre(load: ReadingLoad, i: int) -> ReadingColumns:
    """The readings of centre number `i`, in time order."""
    rows = load.rows // load.centres
    rng = np.random.default_rng(i)
    per_round = DESKS + DESKS * len(_CLIMATE) / _CLIMATE_EVERY
    rounds = int(rows / per_round) + _CLIMATE_EVERY + 1
    present_at_first = rng.random(DESKS) < 0.5
    changes = rng.random((rounds, DESKS)) < EVERY_S / 60 / _STAY_MIN
    presence = present_at_first ^ (np.cumsum(changes, axis=0) % 2).astype(bool)
    tick, desk = np.divmod(np.arange(rounds * DESKS), DESKS)
    metrics = np.where((tick + desk) % _CLIMATE_EVERY == 0, 1 + len(_CLIMATE), 1)
    tick, desk = np.repeat(tick, metrics)[:rows], np.repeat(desk, metrics)[:rows]
    which = np.concatenate([np.arange(n) for n in metrics.tolist()])[:rows]
    metric = np.array([Metric.PRESENCE, *_CLIMATE], dtype=np.int64)[which]
    value = np.where(which == 0, presence[tick, desk], np.round(rng.normal(20, 1, rows), 2)).astype(np.float64)
    newest = int(load.until.timestamp()) * 1000
    at_ms = tick * EVERY_S * 1000 + desk * 3_000
    return ReadingColumns(at_ms + (newest - int(at_ms[-1]) - 1_000), desk, metric, value)


def _batch_rows(columns: ReadingColumns, batch: int) -> Iterator[tuple[int, int, str]]:
    """First row, end row and local day of each batch, as an outbox seals them: at most `batch` rows of one local day."""
    start, total = 0, len(columns.at_ms)
    while start < total:
        at = datetime.fromtimestamp(int(columns.at_ms[start]) / 1000, ZoneInfo(ZONE))
        midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), ZoneInfo(ZONE))
        day_ends = int(np.searchsorted(columns.at_ms, round(midnight.timestamp() * 1000)))
        end = min(start + batch, day_ends, total)
        yield start, end, at.date().isoformat()
        start = end
