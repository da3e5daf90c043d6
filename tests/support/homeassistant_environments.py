"""A real Home Assistant for tests: a private Python of Debian, and two environments of locked packages.

`python -m tests.support.homeassistant_environments` sets it up, once for each machine and user: about two minutes and 1.2 GB.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack.architecture import architecture
from smartwork.devstack.cache import cache_base, locked, make_folder
from smartwork.devstack.errors import DevstackError, plain_environment
from smartwork.devstack.instance import PROJECT_ROOT
from smartwork.devstack.packages import PackageTree, install
from smartwork.progress import Progress, no_progress

PYTHON = PackageTree(
    name="python313",
    packages=("python3.13", "python3.13-venv", "libpython3.13-dev", "libstdc++6", "libgcc-s1"),
    programs=("usr/bin/python3.13",),
    probe=("usr/bin/python3.13", "-c", "import ssl, sqlite3, lzma, bz2, zlib, ctypes, venv, uuid, decimal, curses"),
    left_out=r"perl|perl-.*|libc-bin|openssl.*|debconf|tzdata|netbase|media-types|mailcap|readline-common|ucf"
    r"|gcc-.*-base|sensible-utils|libc6-dev|libc-dev-bin|linux-libc-dev|libcrypt-dev|rpcsvc-proto|python3-pip-whl"
    r"|python3-setuptools-whl|ca-certificates|libpam.*|libselinux1|libaudit.*",
)
SERVER_LOCK = PROJECT_ROOT / "requirements" / "homeassistant.txt"
EDGE_LOCK = PROJECT_ROOT / "requirements" / "homeassistant-edge.txt"
_NEEDED_BYTES = 2_500_000_000
_COMPLETE = ".complete"


@dataclass(frozen=True)
class Environments:
    """Python interpreters: `server` has Home Assistant, `edge` has the gateway with its extra `homeassistant`."""

    server: Path
    edge: Path


def ready(env: Mapping[str, str]) -> Environments | None:
    """The environments, or None if they are not complete. Creates nothing."""
    found = _environments(env)
    return found if all(_is_complete(python) for python in (found.server, found.edge)) else None


def set_up(env: Mapping[str, str], progress: Progress = no_progress) -> Environments:
    """The environments, which are created if they are missing. That takes about two minutes, once.

    Raises DevstackError if packages of Debian or of the locks cannot be downloaded; the message says what to do.
    """
    if found := ready(env):
        return found
    tree = install(PYTHON, env, progress)
    found = _environments(env)
    folder = make_folder(cache_base(env) / "homeassistant")
    with locked(folder / ".lock", progress):
        for python, lock in ((found.server, SERVER_LOCK), (found.edge, EDGE_LOCK)):
            if not _is_complete(python):
                if shutil.disk_usage(folder).free < _NEEDED_BYTES:
                    raise DevstackError(f"{folder} is on a disk with too little free space: 2.5 GB are needed.")
                _make(python, lock, tree, progress)
    return found


def _environments(env: Mapping[str, str]) -> Environments:
    base = cache_base(env) / "homeassistant"
    recipe = PYTHON.folder(cache_base(env)).name.encode()
    server, edge = (
        base / f"{lock.stem}-{hashlib.sha256(recipe + lock.read_bytes()).hexdigest()[:10]}"
        for lock in (SERVER_LOCK, EDGE_LOCK)
    )
    return Environments(server / "bin/python", edge / "bin/python")


def _is_complete(python: Path) -> bool:
    return (python.parents[1] / _COMPLETE).exists()


def _make(python: Path, lock: Path, tree: Path, progress: Progress) -> None:
    folder = python.parents[1]
    shutil.rmtree(folder, ignore_errors=True)
    _run([str(tree / "usr/bin/python3.13"), "-m", "venv", "--without-pip", str(folder)], "creating an environment")
    include = tree / "usr/include"
    headers = [include / "python3.13", include / architecture()[1], include]
    total = sum("==" in line for line in lock.read_text().splitlines())
    options = ["--no-input", "--progress-bar", "off", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", *options, "-r", str(lock)]
    # pip would count packages on the caller's PYTHONPATH as installed.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**own, "CPATH": ":".join(map(str, headers))}
    log = folder / "pip.log"
    with (
        log.open("w") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True, env=environment) as pip,
    ):
        fetched = 0
        for line in pip.stdout or ():
            if line.startswith(("Collecting ", "Processing ")):
                fetched += 1
                progress(f"fetching {lock.stem}", fetched, total)
            elif line.startswith(("Building ", "Installing ")):
                progress(f"installing {lock.stem}, a minute", 0, 0)
    if pip.returncode:
        excerpt = "\n".join(f"  {line[:300]}" for line in log.read_text().splitlines() if "WARNING" not in line)[-2_000:]
        help_text = "Is a package index within reach, and a C compiler?"
        raise DevstackError(f"The packages of {lock.name} could not be installed:\n{excerpt}\n{help_text}")
    (folder / _COMPLETE).touch()


def _run(command: list[str], what: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=plain_environment())
    if result.returncode:
        raise DevstackError(f"Failed: {what}.\n{(result.stderr or result.stdout)[-1_000:]}")


def main() -> int:
    """Set up the environments and print the interpreter of the server. Exit status 1 if that fails."""
    last_text = ""

    def report(step: str, done: int, total: int) -> None:
        nonlocal last_text
        text = f"{step} {done} of {total}" if total else step
        if text != last_text and (not total or done in (1, total) or done % 10 == 0):
            last_text = text
            print(text, file=sys.stderr, flush=True)

    try:
        print(set_up(os.environ, report).server)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
