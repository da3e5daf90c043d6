"""A gateway whose house lives in another time: `python -m smartwork.scenarios.simulated_clock CLOCK`, settings as for `edge`.

CLOCK is a file of eight bytes, the simulated seconds since 1970 as a little-endian double; who plays the day moves it.
"""

import logging
import mmap
import os
import signal
import struct
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from edge.gateway import Gateway
from smartwork.clock import now
from smartwork.settings import EdgeSettings

SECONDS = struct.Struct("<d")


class Clock:
    """The simulated time in a file that several processes look at."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SECONDS.size)

    def __call__(self) -> datetime:
        """The simulated instant."""
        return datetime.fromtimestamp(SECONDS.unpack(self._memory[: SECONDS.size])[0], UTC)

    def set(self, at: datetime) -> None:
        """Move the time, for all who look at it."""
        self._memory[: SECONDS.size] = SECONDS.pack(at.timestamp())


def main(path: str) -> int:
    """Run the gateway until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    Gateway(EdgeSettings.from_env(os.environ), Clock(Path(path)), network_clock=now).run(stop.is_set)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
