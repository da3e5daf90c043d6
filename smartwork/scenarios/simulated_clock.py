"""`python -m smartwork.scenarios.simulated_clock CLOCK`: runs the gateway with a simulated clock, settings as for `edge`.

CLOCK is a file of eight bytes, the simulated seconds since 1970 as a little-endian double. The scenario sets it.
"""

import mmap
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

from edge.__main__ import run
from smartwork.clock import now

SECONDS = struct.Struct("<d")


class Clock:
    """The simulated time, in a file that several processes map."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SECONDS.size)

    def __call__(self) -> datetime:
        """The simulated instant."""
        return datetime.fromtimestamp(SECONDS.unpack(self._memory[: SECONDS.size])[0], UTC)

    def set(self, at: datetime) -> None:
        """Set the time for all processes that use the file."""
        self._memory[: SECONDS.size] = SECONDS.pack(at.timestamp())


if __name__ == "__main__":
    sys.exit(run(Clock(Path(sys.argv[1])), network_clock=now))
