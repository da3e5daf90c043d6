"""A ledger day as invoice snapshots store it: `in_outbox` has the key `waiting`, and duplicates are left out.

The stored keys are part of the snapshot's canonical text, on which digests are computed: they never change.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from smartwork.domain.ledger.ledger_day import LedgerDay


@dataclass(frozen=True, slots=True)
class _StoredLedgerDay:
    day: date
    numbered: int
    stored: int
    rejected: int
    waiting: int
    missing: int


_STORED = TypeAdapter(_StoredLedgerDay)


def encode_ledger_day(day: LedgerDay) -> dict[str, Any]:
    """The JSON object of a ledger day in a snapshot."""
    return {
        "day": day.day.isoformat(),
        "numbered": day.numbered,
        "stored": day.stored,
        "rejected": day.rejected,
        "waiting": day.in_outbox,
        "missing": day.missing,
    }


def decode_ledger_day(stored: object) -> LedgerDay:
    """The ledger day that a snapshot's JSON object holds. Raises ValueError if a figure is absent or wrong."""
    if isinstance(stored, LedgerDay):
        return stored
    snapshot = _STORED.validate_python(stored)
    return LedgerDay(
        day=snapshot.day,
        numbered=snapshot.numbered,
        stored=snapshot.stored,
        rejected=snapshot.rejected,
        in_outbox=snapshot.waiting,
        missing=snapshot.missing,
    )


SnapshotLedgerDay = Annotated[LedgerDay, PlainValidator(decode_ledger_day), PlainSerializer(encode_ledger_day)]
"""The type of a ledger day in a value that is persisted as a snapshot."""
