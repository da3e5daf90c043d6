"""Child processes of one supervisor: started in order, watched, and stopped in reverse order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from smartwork.devstack import die_with_parent
from smartwork.devstack.errors import DevstackError, last_lines
from smartwork.progress import Progress, no_progress
from smartwork.settings import PREFIX


@dataclass(frozen=True)
class Component:
    """A program to run. `env` is added to the caller's environment, of which no setting of smartwork is kept.

    A setting of the caller may name a real server: a gateway of the demo must not connect to a real Home Assistant.

    `ready()` returns whether the program is ready to work. Without it, the program is ready once it is started.
    """

    name: str
    argv: Sequence[str]
    log_path: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None


class Supervisor:
    """Runs components while its `with` block runs.

    Each component has its own process group, so Ctrl-C reaches only the supervisor, which stops them in order. The kernel
    kills them when the thread that started them ends: start them in the main thread.
    """

    def __init__(self, ready_within_s: float = 60.0, grace_s: float = 10.0, progress: Progress = no_progress) -> None:
        self._ready_within_s = ready_within_s
        self._grace_s = grace_s
        self._progress = progress
        self._components: dict[str, Component] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.stop_all()

    def start_all(self, components: Iterable[Component]) -> None:
        """Start components one after the other, each when the previous one is ready. Raises DevstackError as `start`."""
        for component in components:
            self.start(component)

    def start(self, component: Component) -> None:
        """Start a component and wait until it is ready.

        If it ends or is not ready in time, it is stopped, and DevstackError is raised with the end of its log.
        """
        if self.running(component.name):
            raise DevstackError(f"{component.name} is running already: stop it first.")
        self._progress(f"starting {component.name}", 0, 0)
        self._components[component.name] = component
        self._children[component.name] = _launch(component)
        deadline = time.monotonic() + self._ready_within_s
        while component.ready is not None and not component.ready():
            if not self.running(component.name):
                break
            if time.monotonic() > deadline:
                self.stop(component.name)
                message = f"{component.name} was not ready within {self._ready_within_s:.0f} s."
                raise DevstackError(f"{message}{_log_excerpt(component)}")
            time.sleep(0.05)
        self.check([component.name])

    def check(self, names: Iterable[str] | None = None) -> None:
        """Raises DevstackError, with the end of the log, if a component has ended by itself. Call it regularly."""
        for name in self._children if names is None else names:
            code = self._children[name].poll()
            if code is not None:
                how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
                raise DevstackError(f"{name} {how}.{_log_excerpt(self._components[name])}")

    def running(self, name: str) -> bool:
        """Whether a component is running."""
        process = self._children.get(name)
        return process is not None and process.poll() is None

    def pid(self, name: str) -> int:
        """The process id of a component. Raises DevstackError if it is not running."""
        if not self.running(name):
            raise DevstackError(f"{name} is not running.")
        return self._children[name].pid

    def stop(self, name: str) -> None:
        """Stop a component with SIGTERM, and with SIGKILL after the grace period. No error if it has ended."""
        self._stop([name])

    def stop_all(self) -> None:
        """Stop all components, the last started first. They share one grace period."""
        self._stop(list(reversed(self._children)))

    def kill(self, name: str) -> None:
        """Kill a component with SIGKILL, as a power cut would."""
        process = self._children.pop(name, None)
        if process is not None:
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def restart(self, name: str) -> None:
        """Stop a component if it is running, and start it again. Raises DevstackError as `start`."""
        component = self._components.get(name)
        if component is None:
            raise DevstackError(f"{name} was never started.")
        self.stop(name)
        self.start(component)

    def _stop(self, names: list[str]) -> None:
        stopping = {name: self._children.pop(name) for name in names if name in self._children}
        for name, process in stopping.items():
            self._progress(f"stopping {name}", 0, 0)
            if process.poll() is None:
                _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + self._grace_s
        try:
            for process in stopping.values():
                _wait(process, deadline)
        finally:  # also if Ctrl-C interrupts the wait
            for process in stopping.values():
                _signal_group(process, signal.SIGKILL)  # the rest of the group, with its own children
                process.wait()


def _launch(component: Component) -> subprocess.Popen[bytes]:
    launcher = [sys.executable, "-I", "-S", str(Path(die_with_parent.__file__).resolve()), str(os.getpid())]
    try:
        component.log_path.parent.mkdir(parents=True, exist_ok=True)
        with component.log_path.open("wb") as log:
            return subprocess.Popen(
                [*launcher, *component.argv],
                env={**_environment(), **component.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise DevstackError(f"{component.name} cannot be started: {error}") from error


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _log_excerpt(component: Component) -> str:
    lines = last_lines(component.log_path)
    return f" The end of its log, {component.log_path}:\n{lines}" if lines else f" Its log, {component.log_path}, is empty."
