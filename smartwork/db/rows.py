"""Readings in PostgreSQL's binary COPY form, made from columns a whole portion at a time."""

import numpy as np
import numpy.typing as npt

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_PG_EPOCH_MS = 946_684_800_000
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("at_len", ">i4"), ("at", ">i8"),
        ("device_len", ">i4"), ("device", ">i4"),
        ("metric_len", ">i4"), ("metric", ">i2"),
        ("value_len", ">i4"), ("value", ">f8"),
        ("outbox_len", ">i4"), ("outbox", ">i4"),
        ("n_len", ">i4"), ("n", ">i8"),
    ]
)  # fmt: skip
_WIDTHS = {"at": 8, "device": 4, "metric": 2, "value": 8, "outbox": 4, "n": 8}

Integers = npt.NDArray[np.signedinteger]


def binary_rows(
    at_ms: Integers, device_id: Integers, metric: Integers, value: npt.NDArray[np.float64], outbox_id: Integers, n: Integers
) -> bytes:
    """The rows of `copy_readings`, without header and trailer; `at_ms` is in milliseconds since 1970 UTC."""
    rows = np.empty(len(n), dtype=_ROW)
    rows["fields"] = len(_WIDTHS)
    for name, width in _WIDTHS.items():
        rows[f"{name}_len"] = width
    rows["at"] = (at_ms - _PG_EPOCH_MS) * 1000
    rows["device"] = device_id
    rows["metric"] = metric
    rows["value"] = value
    rows["outbox"] = outbox_id
    rows["n"] = n
    return rows.tobytes()
