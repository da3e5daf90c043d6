"""The ceiling: the same rows into the same table by one binary COPY, while nothing else runs."""

import numpy as np

from smartwork.bench.load import DESKS, Load, centre_name, device_name, portions
from smartwork.db.bench.throwaway import clear, copy_seconds, device_ids, readings
from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import HEADER, TRAILER, reading_rows
from smartwork.devstack.errors import DevstackError

_PART = 100
"""Batches that are handed to the driver at a time."""


def rows_per_second(connection: Connection, load: Load) -> float:
    """Readings a second of the bare COPY of `load`; raises DevstackError where not all are stored."""
    ids = device_ids(connection)
    table = np.array([[ids[centre_name(c), device_name(d)] for d in range(DESKS)] for c in range(load.centres)])
    parts = [HEADER]
    for portion in portions(load):
        columns = portion.columns
        n = np.arange(portion.first, portion.first + len(columns.at_ms))
        device = table[portion.centre][columns.device]
        outbox = np.full(len(n), portion.centre)
        parts.append(reading_rows(columns.at_ms, device, columns.metric, columns.value, outbox, n).tobytes())
    whole = [b"".join(parts[i : i + _PART]) for i in range(0, len(parts), _PART)]
    clear(connection)
    seconds = copy_seconds(connection, [*whole, TRAILER])
    if (found := readings(connection)) != load.rows:
        raise DevstackError(f"The ceiling was to store {load.rows} readings; {found} are there.")
    return load.rows / seconds
