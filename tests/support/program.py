"""A component in a process of its own, as in production, which a test can kill and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from smartwork.db.core.roles import Role
from smartwork.devstack.role_addresses import role_url
from tests.support.project import ROOT

_ROLES = {"ingest": Role.INGEST, "api": Role.API}


def service_url(database_url: str, role: Role) -> str:
    """The address for `role` on a test's server, from the superuser's address; another address is returned as it is."""
    return role_url(database_url, role) if urlsplit(database_url).username == "smartwork" else database_url


class Program:
    """`python -m module` with these settings and its output in a log file. Killed at the end of the `with` block.

    A service logs in to the database with its own role, also where `settings` has the superuser's address.
    `python` is the interpreter, for a program in another environment.
    """

    def __init__(self, module: str, settings: Mapping[str, object], log: Path, python: str = sys.executable) -> None:
        self._command = [python, "-m", module]
        if "database_url" in settings and module in _ROLES:
            settings = {**settings, "database_url": service_url(str(settings["database_url"]), _ROLES[module])}
        others = {name: value for name, value in os.environ.items() if not name.startswith("SMARTWORK_")}
        self._env = others | {f"SMARTWORK_{name.upper()}": str(value) for name, value in settings.items()}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log_text(self) -> str:
        """All output so far, also from before a restart."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError if it was never started."""
        if self._process is None:
            raise RuntimeError("it was never started")
        return self._process.pid

    def start(self) -> None:
        """Start the process, for the first time or again."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)

    def stop(self, timeout_s: float = 15) -> int:
        """Stop the process with SIGTERM. Returns its exit status; raises TimeoutExpired if it does not end."""
        if self._process is None:
            raise RuntimeError("it was never started")
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)

    def wait(self, timeout_s: float = 15) -> int:
        """Wait until the process ends by itself. Returns its exit status; raises TimeoutExpired if it does not end."""
        if self._process is None:
            raise RuntimeError("it was never started")
        return self._process.wait(timeout_s)

    def wait_for_log(self, text: str, timeout_s: float = 15) -> None:
        """Return when the log has this text. Raises AssertionError with the log after `timeout_s` seconds."""
        eventually(lambda: text in self.log_text, lambda: f"{text!r} is not in the log:\n{self.log_text}", timeout_s)


def eventually(holds: Callable[[], bool], why_not: Callable[[], str] = lambda: "", timeout_s: float = 15) -> None:
    """Return when `holds()` is true. Raises AssertionError with the text of `why_not()` after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(why_not() or f"the condition was still false after {timeout_s:g} s")
        time.sleep(0.05)
