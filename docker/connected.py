"""Health check of a service: `python connected.py 1883 5432` succeeds if the container has a TCP connection to each port.

It reads the connections from the kernel, so it needs no password, sends nothing, and uses no library. A service that has lost
its broker or its database is unhealthy until it is connected again.
"""

# ruff: noqa: INP001 - a script that is copied into images, not a package

import sys
from pathlib import Path

_ESTABLISHED = "01"


def connected_ports(process: Path) -> set[int]:
    """The remote ports of the established TCP connections in the network namespace of `process`, a folder of /proc."""
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            _, _, remote, state, *_ = line.split()
            if state == _ESTABLISHED:
                ports.add(int(remote.rpartition(":")[2], 16))
    return ports


if __name__ == "__main__":
    missing = {int(port) for port in sys.argv[1:]} - connected_ports(Path("/proc/self"))
    if missing:
        sys.exit(f"not connected to port {', '.join(map(str, sorted(missing)))}")
