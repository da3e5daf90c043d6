"""Workers that draw documents: processes where there are many, as most of a document holds the interpreter."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

from smartwork.documents.pdf import drawing

MANY = 16
"""From so many documents on, processes save more than their start costs."""


@contextmanager
def workers(documents: int) -> Iterator[Executor]:
    """Workers for so many documents, one a processor; processes start at once, so that they are ready when needed.

    What waits when the block ends is not begun any more.
    """
    count = os.cpu_count() or 1
    pool = _processes(count) if documents >= MANY and count > 1 else ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _processes(count: int) -> Executor:
    # Not forked: the typesetter's threads would be missing in a child.
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_begin)
    for _ in range(count):
        pool.submit(drawing)
    return pool


def _begin() -> None:
    """End with the process that started this one, however it ends, and not by the keyboard before it."""
    gc.disable()  # drawing leaves no cycles behind, and looking for them takes a tenth of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
