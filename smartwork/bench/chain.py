"""The chain: batches through the broker and the real ingest process, until everything is committed and derived."""

import time
from collections.abc import Callable

from smartwork.bench.load import Load
from smartwork.bench.sender import Sender
from smartwork.db.bench.throwaway import clear, readings, stored
from smartwork.db.core.connection import Connection
from smartwork.db.presence.spans import queued_devices
from smartwork.devstack.errors import DevstackError

_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.04
"""Often enough to be exact to a hundredth, seldom enough to take nothing from what is measured."""


def rows_per_second(
    connection: Connection, sender: Sender, load: Load, alive: Callable[[], None], *, with_spans: bool = True
) -> float:
    """Readings a second from the first publication to the last commit, that of the last span included if `with_spans`.

    Raises DevstackError where not every reading is stored exactly once, or nothing moves for a minute.
    """
    batches = sender.prepare(load)
    clear(connection)
    sender.send()
    ended = _level_at(connection, batches, alive, with_spans=with_spans)
    began = sender.sent().began
    found = stored(connection)
    if (found.stored, found.rejected, readings(connection)) != (load.rows, 0, load.rows):
        raise DevstackError(f"Of {load.rows} readings {found.stored} were stored and {found.rejected} rejected.")
    return load.rows / (ended - began)


def _level_at(connection: Connection, batches: int, alive: Callable[[], None], *, with_spans: bool) -> float:
    """The monotonic time at which the ledger held all batches and, where asked, no device waited for its spans."""
    before, moved_at = (-1, -1), time.monotonic()
    while True:
        now = time.monotonic()
        here = stored(connection).batches
        waiting = queued_devices(connection) if here == batches else 0
        if here == batches and not (with_spans and waiting):
            return now
        if (here, waiting) != before:
            before, moved_at = (here, waiting), now
        elif now - moved_at > _PATIENCE_S:
            raise DevstackError(f"The chain stands still at {here} of {batches} batches, {waiting} devices to be derived.")
        alive()
        time.sleep(_LOOK_EVERY_S)
