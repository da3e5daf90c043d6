"""The readings of several batches as columns, so that one array operation checks all of them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from smartwork.db.ingest.messages import ReceivedBatch

_Scalar = TypeVar("_Scalar", bound=np.generic)
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BatchColumns:
    """The readings of several batches, concatenated; and per batch the payload's digest and the number of readings."""

    digests: list[bytes]
    """SHA-256 of each batch's payload."""
    lengths: Integers
    """Number of readings of each batch."""
    at_ms: Integers
    device: Integers
    """Index into the concatenated `devices` of all batches."""
    metric: Integers
    value: Floats
    n: Integers
    """Number of the reading in its outbox."""

    def per_reading(self, per_batch: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """The value of each batch, repeated for each of its readings."""
        return np.repeat(per_batch, self.lengths)

    def starts(self) -> Integers:
        """The index of each batch's first reading."""
        return np.cumsum(self.lengths) - self.lengths


def reading_columns(received: Sequence[ReceivedBatch]) -> BatchColumns:
    """The columns of these batches, in order. Needs no database: it runs while the previous portion is committed."""
    batches = [message.batch for message in received]
    lengths = np.array([len(batch.at_ms) for batch in batches], dtype=np.int64)
    device_counts = np.array([len(batch.devices) for batch in batches], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    total = int(lengths.sum())

    def column(values: Iterable[list[int]]) -> Integers:
        return np.fromiter(chain.from_iterable(values), dtype=np.int64, count=total)

    return BatchColumns(
        digests=[hashlib.sha256(message.payload).digest() for message in received],
        lengths=lengths,
        at_ms=column(batch.at_ms for batch in batches),
        device=column(batch.device for batch in batches) + np.repeat(np.cumsum(device_counts) - device_counts, lengths),
        metric=column(batch.metric for batch in batches),
        value=np.fromiter(chain.from_iterable(batch.value for batch in batches), dtype=np.float64, count=total),
        n=np.arange(total, dtype=np.int64)
        + np.repeat(np.array([batch.first for batch in batches], dtype=np.int64) - starts, lengths),
    )
