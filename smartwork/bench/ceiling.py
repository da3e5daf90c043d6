"""The ceiling: the rate of one binary COPY of the same rows into the same table, while nothing else runs."""

import numpy as np

from smartwork.bench.reading_load import DESKS, ReadingLoad, batches, centre_name, device_name
from smartwork.db.bench.throwaway import clear, copy_seconds, device_ids, readings
from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import HEADER, TRAILER, reading_rows
from smartwork.devstack.errors import DevstackError

_PART = 100
"""Batches passed to the driver at a time."""


def rows_per_second(connection: Connection, load: ReadingLoad) -> float:
    """Readings a second of one COPY of `load`. Raises DevstackError if not all are stored."""
    ids = device_ids(connection)
    table = np.array([[ids[centre_name(c), device_name(d)] for d in range(DESKS)] for c in range(load.centres)])
    parts = [HEADER]
    for batch in batches(load):
        columns = batch.columns
        n = np.arange(batch.first, batch.first + len(columns.at_ms))
        device = table[batch.centre][columns.device]
        outbox = np.full(len(n), batch.centre)
        parts.append(reading_rows(columns.at_ms, device, columns.metric, columns.value, outbox, n).tobytes())
    whole = [b"".join(parts[i : i + _PART]) for i in range(0, len(parts), _PART)]
    clear(connection)
    seconds = copy_seconds(connection, [*whole, TRAILER])
    if (stored := readings(connection)) != load.rows:
        raise DevstackError(f"The COPY of the ceiling stored {stored} of {load.rows} readings.")
    return load.rows / seconds
