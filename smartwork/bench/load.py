"""The bench's readings: desks with a presence sensor that also tells light and climate now and then; the same each time."""

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
"""Desks a centre has: 150 in eight."""
EDGE = "gateway"
EPOCH = "bec4bec4bec4"
ZONE = "Europe/Brussels"
EVERY_S = 60
_CLIMATE = (Metric.ILLUMINANCE_LUX, Metric.TEMPERATURE_C, Metric.HUMIDITY_PCT)
_CLIMATE_EVERY = 4
_STAY_MIN = 45
"""Minutes after which a desk changes from free to taken or back, on average."""


def centre_name(i: int) -> str:
    """The slug of the bench's centre number `i`."""
    return f"c-{i:04}"


def device_name(i: int) -> str:
    """The slug of the sensor of a centre's desk number `i`, from 0."""
    return f"s-{i + 1}"


@dataclass(frozen=True, slots=True)
class Load:
    """So many readings of so many centres in batches of `batch`, in time order, the centres by turns.

    Rows are divided evenly among the centres. They end before `until`, and `first` is the number of each centre's first.
    """

    centres: int
    rows: int
    batch: int
    until: datetime
    first: int = 1


@dataclass(frozen=True, slots=True)
class Columns:
    """A centre's readings as columns; `device` counts desks from 0."""

    at_ms: npt.NDArray[np.int64]
    device: npt.NDArray[np.int64]
    metric: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]

    def cut(self, start: int, end: int) -> "Columns":
        """The readings at places [start, end)."""
        return Columns(self.at_ms[start:end], self.device[start:end], self.metric[start:end], self.value[start:end])


@dataclass(frozen=True, slots=True)
class Portion:
    """One batch: whose, its first number, its local day, and its readings."""

    centre: int
    first: int
    day: str
    columns: Columns


def portions(load: Load) -> Iterator[Portion]:
    """All batches in the order in which they are published: the first of each centre, then the second of each."""
    centres = [_centre(load, i) for i in range(load.centres)]
    cuts = list(_cuts(centres[0], load.batch))
    for start, end, day in cuts:
        for i, columns in enumerate(centres):
            yield Portion(i, load.first + start, day, columns.cut(start, end))


def message(portion: Portion) -> tuple[str, bytes]:
    """A batch as its edge would say it: topic and payload."""
    columns = portion.columns
    desks, device = np.unique(columns.device, return_inverse=True)
    batch = Batch(
        epoch=EPOCH,
        first=portion.first,
        day=portion.day,
        devices=[device_name(i) for i in desks.tolist()],
        at_ms=columns.at_ms.tolist(),
        device=device.tolist(),
        metric=columns.metric.tolist(),
        value=columns.value.tolist(),
    )
    return str(Topic(centre_name(portion.centre), MessageType.READINGS, EDGE)), batch.model_dump_json().encode()


def _centre(load: Load, i: int) -> Columns:
    rows = load.rows // load.centres
    rng = np.random.default_rng(i)
    per_round = DESKS + DESKS * len(_CLIMATE) / _CLIMATE_EVERY
    rounds = int(rows / per_round) + _CLIMATE_EVERY + 1
    taken = rng.random(DESKS) < 0.5
    turns = rng.random((rounds, DESKS)) < EVERY_S / 60 / _STAY_MIN
    presence = taken ^ (np.cumsum(turns, axis=0) % 2).astype(bool)
    tick, desk = np.divmod(np.arange(rounds * DESKS), DESKS)
    told = np.where((tick + desk) % _CLIMATE_EVERY == 0, 1 + len(_CLIMATE), 1)
    tick, desk = np.repeat(tick, told)[:rows], np.repeat(desk, told)[:rows]
    within = np.concatenate([np.arange(n) for n in told.tolist()])[:rows]
    metric = np.array([Metric.PRESENCE, *_CLIMATE], dtype=np.int64)[within]
    value = np.where(within == 0, presence[tick, desk], np.round(rng.normal(20, 1, rows), 2)).astype(np.float64)
    newest = int(load.until.timestamp()) * 1000
    at_ms = tick * EVERY_S * 1000 + desk * 3_000
    return Columns(at_ms + (newest - int(at_ms[-1]) - 1_000), desk, metric, value)


def _cuts(columns: Columns, batch: int) -> Iterator[tuple[int, int, str]]:
    """Where batches begin and end, and their local day: as an outbox seals them."""
    start, total = 0, len(columns.at_ms)
    while start < total:
        at = datetime.fromtimestamp(int(columns.at_ms[start]) / 1000, ZoneInfo(ZONE))
        midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), ZoneInfo(ZONE))
        day_ends = int(np.searchsorted(columns.at_ms, round(midnight.timestamp() * 1000)))
        end = min(start + batch, day_ends, total)
        yield start, end, at.date().isoformat()
        start = end
