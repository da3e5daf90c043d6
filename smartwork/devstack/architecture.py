"""The architecture of this machine, as Debian names it."""

import platform
import sys
from pathlib import Path

from smartwork.devstack.errors import WITHOUT_DEVSTACK, DevstackError

_TRIPLETS = {"x86_64": ("amd64", "x86_64-linux-gnu"), "aarch64": ("arm64", "aarch64-linux-gnu")}


def architecture() -> tuple[str, str]:
    """The name of the architecture and of its library folder. Raises DevstackError if the machine is not supported."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _TRIPLETS:
        message = (
            f"The development stack runs on Linux, x86_64 or aarch64; this is {sys.platform} {machine}. {WITHOUT_DEVSTACK}"
        )
        raise DevstackError(message)
    return _TRIPLETS[machine]


def library_folder(root: Path) -> Path:
    """The folder of shared libraries in a package tree."""
    return root / "usr/lib" / architecture()[1]
