"""A component as its own process, as it runs in production, to be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tests.support.project import ROOT


class Program:
    """`python -m module` with these settings; what it prints goes to a log. Ended with the `with` block.

    `python` is the interpreter of another environment than this one.
    """

    def __init__(self, module: str, settings: Mapping[str, object], log: Path, python: str = sys.executable) -> None:
        self._command = [python, "-m", module]
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
    def said(self) -> str:
        """All that it printed so far, in all its lives."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """Its process number; raises RuntimeError where it was never started."""
        if self._process is None:
            raise RuntimeError("it was never started")
        return self._process.pid

    def start(self) -> None:
        """Start it, a first time or again."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)

    def stop(self, timeout_s: float = 15) -> int:
        """Ask it to end and return its exit status; raises TimeoutExpired where it does not listen."""
        if self._process is None:
            raise RuntimeError("it was never started")
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)

    def wait_until_it_says(self, text: str, timeout_s: float = 15) -> None:
        """Return when the text stands in its log; raises AssertionError with the log where it does not come."""
        eventually(lambda: text in self.said, lambda: f"{text!r} was not said:\n{self.said}", timeout_s)


def eventually(holds: Callable[[], bool], why_not: Callable[[], str] = lambda: "", timeout_s: float = 15) -> None:
    """Return as soon as `holds`; raises AssertionError with `why_not` where it never does."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(why_not() or f"it did not come true within {timeout_s:g} s")
        time.sleep(0.05)
