"""The threads that keep spans in step with readings."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from ingest.background_worker import repeat, running
from smartwork.db.core.connection import Connection
from smartwork.db.presence.spans import derive_queued_spans

log = logging.getLogger("ingest.span_derivation")

EVERY_S = 0.5
QUIET, LONGEST = timedelta(seconds=1), timedelta(seconds=10)
"""Under load a sensor is derived once it is quiet for so long, or at the latest so long after it was touched first: not
again for each batch of one that speaks all the time. Where nothing comes in, at once."""
THREADS = 2
"""One computes while the database works for the other."""


@contextmanager
def deriving(database_url: str) -> Iterator[Callable[[], None]]:
    """Derive the spans of what readings touched: under load by and by, and all of them when the yielded function is called.

    What is still touched at the end of the block stays marked in the database: the next worker derives it.
    """
    ended = threading.Event()
    rounds = [_Rounds(ended) for _ in range(THREADS)]

    def ask() -> None:
        for each in rounds:
            each.asked.set()

    loops = [
        threading.Thread(
            target=repeat,
            args=(database_url, each.due, each.derive, ended, log),
            name=f"ingest.span_derivation-{i}",
            daemon=True,
        )
        for i, each in enumerate(rounds)
    ]
    with running(*loops, ended=ended, wake=ask):
        yield ask


class _Rounds:
    """When one thread derives, and what: all that is stale if it was asked to, else what is quiet."""

    def __init__(self, ended: threading.Event) -> None:
        self.asked = threading.Event()
        self._ended = ended
        self._all = False

    def due(self) -> bool:
        """Wait for the next round; false where there is none."""
        self._all = self.asked.wait(EVERY_S)
        self.asked.clear()
        return not self._ended.is_set()

    def derive(self, connection: Connection) -> None:
        """One round."""
        if self._all:
            derive_queued_spans(connection)
        else:
            derive_queued_spans(connection, QUIET, LONGEST)
