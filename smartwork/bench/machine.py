"""The machine on which a bench runs, and the memory of a process."""

import os
import platform
from pathlib import Path

from smartwork.devstack.errors import DevstackError


def peak_rss_mb(pid: int) -> float:
    """The peak memory of a process in MB (VmHWM of Linux). Raises DevstackError if the kernel does not report it."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError as error:
        raise DevstackError(f"The memory of process {pid} cannot be measured: {error}") from error
    raise DevstackError(f"The memory of process {pid} cannot be measured: /proc/{pid}/status has no VmHWM.")


def machine() -> str:
    """Cores, architecture, operating system and Python version, in one line."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
