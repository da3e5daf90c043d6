"""Work in a thread of its own while a test looks at it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def running(work: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    """Do `work` in a thread of its own, told to stop at the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop.is_set,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
