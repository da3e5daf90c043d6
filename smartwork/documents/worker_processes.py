"""Workers that draw documents: processes for many documents, threads for few.

Much of a document is Python's work, which threads only do in turn.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from threading import Thread

MANY = 16
"""The number of documents from which processes save more time than their start costs."""

_WORK = "smartwork.documents.files"
"""The module with the work. Each process imports it at once, half a second before the first document comes."""


@contextmanager
def workers(documents: int) -> Iterator[Executor]:
    """Workers for so many documents, one for each processor. Processes start at once, to be ready when documents are.

    Documents that are still waiting when the block ends are not drawn.
    """
    count = os.cpu_count() or 1
    pool = _processes(count) if documents >= MANY and count > 1 else ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _processes(count: int) -> Executor:
    # Spawned, as the threads of the typesetter would be missing after a fork.
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_begin)
    for _ in range(count):
        pool.submit(import_module, _WORK)
    return pool


def _begin() -> None:
    """Make a worker end with the process that started it, and ignore Ctrl-C, which that process handles."""
    gc.disable()  # Drawing leaves no cycles, and searching for them takes a tenth of the time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
