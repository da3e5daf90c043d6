"""The cache folder of the development stack: package trees and instances."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from smartwork.devstack.errors import DevstackError
from smartwork.progress import Progress


def cache_base(env: Mapping[str, str]) -> Path:
    """The cache folder: SMARTWORK_CACHE; else /var/cache/smartwork for root, and the user's cache for others.

    For root it is not in root's home, because PostgreSQL runs as another user, who cannot enter that.
    """
    if named := env.get("SMARTWORK_CACHE"):
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/smartwork")
    home = env.get("XDG_CACHE_HOME") or str(Path("~").expanduser() / ".cache")
    return Path(home).absolute() / "smartwork"


def make_folder(path: Path) -> Path:
    """Create `path` and its parents; as root, other users may enter them. Raises DevstackError if it cannot be created."""
    try:
        for step in reversed([path, *path.parents]):
            if not step.exists():
                step.mkdir(exist_ok=True)
                if os.geteuid() == 0:
                    step.chmod(0o755)
    except OSError as error:
        message = f"Cannot create {path}: {error.strerror}. Set SMARTWORK_CACHE to a folder that you may write to."
        raise DevstackError(message) from error
    return path


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock file, which one process can hold at a time. The kernel releases it when the process ends."""
    make_folder(path.parent)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process", 0, 0)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
