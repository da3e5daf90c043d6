"""The chain: the rate of batches through broker and real ingest process, until all is stored and spans are derived."""

import time
from collections.abc import Callable

from smartwork.bench.load_sender import LoadSender
from smartwork.bench.reading_load import ReadingLoad
from smartwork.db.bench.throwaway import clear, readings, stored
from smartwork.db.core.connection import Connection
from smartwork.db.presence.spans import queued_devices
from smartwork.devstack.errors import DevstackError

_TIMEOUT_S = 60.0
_POLL_EVERY_S = 0.04
"""A compromise: exact to about a hundredth of the measured time, and little load on the database."""


def rows_per_second(
    connection: Connection, sender: LoadSender, load: ReadingLoad, alive: Callable[[], None], *, with_spans: bool = True
) -> float:
    """Readings a second from the first publication to the last commit, including the spans if `with_spans`.

    Raises DevstackError if not every reading is stored exactly once, or if there is no progress for a minute.
    """
    batches = sender.prepare(load)
    clear(connection)
    sender.send()
    ended = _finished_at(connection, batches, alive, with_spans=with_spans)
    began = sender.sent().began
    counted = stored(connection)
    if (counted.stored, counted.rejected, readings(connection)) != (load.rows, 0, load.rows):
        raise DevstackError(f"Of {load.rows} readings {counted.stored} were stored and {counted.rejected} rejected.")
    return load.rows / (ended - began)


def _finished_at(connection: Connection, batches: int, alive: Callable[[], None], *, with_spans: bool) -> float:
    """The monotonic time at which all batches were stored and, if `with_spans`, the span queue was empty."""
    before, moved_at = (-1, -1), time.monotonic()
    while True:
        now = time.monotonic()
        here = stored(connection).batches
        waiting = queued_devices(connection) if here == batches else 0
        if here == batches and not (with_spans and waiting):
            return now
        if (here, waiting) != before:
            before, moved_at = (here, waiting), now
        elif now - moved_at > _TIMEOUT_S:
            raise DevstackError(
                f"No progress for {_TIMEOUT_S:g} s: {here} of {batches} batches are stored, {waiting} devices wait for spans."
            )
        alive()
        time.sleep(_POLL_EVERY_S)
