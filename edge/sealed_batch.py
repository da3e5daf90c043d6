"""A batch as it is published: its numbers, its bytes, and the digest by which the server names it."""

from dataclasses import dataclass
from hashlib import sha256

from smartwork.contracts.messages import DIGEST_LENGTH, Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A batch as it is published, every time with the same bytes; `first` and `last` are reading numbers."""

    first: int
    last: int
    payload: bytes


def digest_of(payload: bytes) -> str:
    """The start of SHA-256 over a batch's bytes, in hex: tells batches with the same numbers apart."""
    return sha256(payload).hexdigest()[:DIGEST_LENGTH]


def readings_of(payload: bytes) -> tuple[int, str, list[Reading]]:
    """The first number, the local day and the readings of a sealed batch. Raises ValueError if it is none."""
    batch = Batch.model_validate_json(payload)
    by_arrival = set(batch.by_arrival)
    columns = zip(batch.at_ms, batch.device, batch.metric, batch.value, strict=True)
    return (
        batch.first,
        batch.day,
        [
            Reading(at_ms, batch.devices[device], Metric(metric), value, i in by_arrival)
            for i, (at_ms, device, metric, value) in enumerate(columns)
        ],
    )
