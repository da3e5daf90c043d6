"""PostgreSQL's binary formats for many values at once: rows for COPY, and arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from smartwork.domain.presence.derivation import STATES, PlaceSpans

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_PG_EPOCH_MS = 946_684_800_000
_PG_EPOCH_US = 1_000 * _PG_EPOCH_MS


def _row(**fields: str) -> np.dtype[np.void]:
    """The layout of a row in binary COPY: the number of fields, then each field after its length in bytes."""
    layout = [("fields", ">i2")]
    for name, kind in fields.items():
        layout += [(f"{name}_len", ">i4"), (name, kind)]
    return np.dtype(layout)


_READING = _row(at=">i8", device=">i4", metric=">i2", value=">f8", outbox=">i4", n=">i8")
_TIME = np.dtype([("length", ">i4"), ("element", ">i8")])
_FLAG = np.dtype([("length", ">i4"), ("element", "i1")])
_ARRAY_HEADER = 20  # dimensions, flags, type, size, first index
_SPAN = {
    state: _row(resource=">i4", start=">i8", end=">i8", state=f"S{len(state)}", suspect="i1", contradicted="i1")
    for state in STATES
}

Rows = npt.NDArray[np.void]
Integers = npt.NDArray[np.signedinteger]
Flags = npt.NDArray[np.bool_]


def _filled(layout: np.dtype[np.void], many: int) -> Rows:
    """`many` rows with the number and the lengths of fields set; the values are not set yet."""
    rows = np.empty(many, dtype=layout)
    names = [name for name in layout.names or () if f"{name}_len" in (layout.names or ())]
    rows["fields"] = len(names)
    for name in names:
        rows[f"{name}_len"] = layout[name].itemsize
    return rows


def reading_rows(
    at_ms: Integers, device_id: Integers, metric: Integers, value: npt.NDArray[np.float64], outbox_id: Integers, n: Integers
) -> Rows:
    """The rows for the statement `copy_readings`, to be sent between HEADER and TRAILER.

    `at_ms` is in milliseconds since 1970 UTC.
    """
    rows = _filled(_READING, len(n))
    rows["at"] = (at_ms - _PG_EPOCH_MS) * 1000
    rows["device"] = device_id
    rows["metric"] = metric
    rows["value"] = value
    rows["outbox"] = outbox_id
    rows["n"] = n
    return rows


def binary_spans(resource_id: Integers, places: PlaceSpans) -> bytes:
    """The whole of `copy_spans`: the spans, each of the resource at the same index."""
    parts = [HEADER]
    for number, state in enumerate(STATES):
        here = places.spans.state == number
        some = places.spans.where(here)
        rows = _filled(_SPAN[state], len(some.start))
        rows["resource"] = resource_id[here]
        rows["start"] = some.start - _PG_EPOCH_US
        rows["end"] = some.end - _PG_EPOCH_US
        rows["state"] = state
        rows["suspect"] = places.suspect[here]
        rows["contradicted"] = places.contradicted[here]
        parts.append(rows.tobytes())
    return b"".join([*parts, TRAILER])


def times(sent: bytes) -> Integers:
    """The elements of a timestamptz array, in microseconds since 1970 UTC.

    `sent` is the result of `array_send` for an array of one dimension without NULL.
    """
    return np.frombuffer(sent, dtype=_TIME, offset=_ARRAY_HEADER)["element"].astype(np.int64) + _PG_EPOCH_US


def flags(sent: bytes) -> Flags:
    """The elements of a boolean array; `sent` as for `times`."""
    found: Flags = np.frombuffer(sent, dtype=_FLAG, offset=_ARRAY_HEADER)["element"] != 0
    return found


def array_text(numbers: Sequence[float]) -> str:
    """Numbers as an array literal. The driver would check each for quotes, which takes ten times as long."""
    return "{" + ",".join(map(repr, numbers)) + "}"
