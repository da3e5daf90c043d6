"""What is known of each background worker: when it last succeeded, how often it has failed since, and whether it runs."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

STALE_AFTER_S = 900.0
"""A worker that has not succeeded for its interval and this long hangs, unless it waits for the database."""


@dataclass(slots=True)
class _State:
    thread: threading.Thread
    interval_s: float
    succeeded_at: float
    """Monotonic; the start, before the first success."""
    last_success: datetime | None = None
    failures: int = 0
    last_failure: str = ""
    is_waiting: bool = False
    """For the database."""
    ended: str = ""


@dataclass(slots=True)
class WorkerHealth:
    """The state of all background workers of a process. Its methods may be called from any thread.

    `fault` is not empty once a worker has ended or has failed `most_failures` times in a row: then the process must end with
    an error, so that whoever supervises it starts it again. Failures while the database is away are not counted.
    """

    clock: Callable[[], datetime]
    most_failures: int
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    monotonic: Callable[[], float] = time.monotonic
    _states: dict[str, _State] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _fault: str = field(default="", init=False)
    _last_success: Gauge = field(init=False)
    _failures: Counter = field(init=False)

    def __post_init__(self) -> None:
        self._last_success = Gauge(
            "smartwork_ingest_background_last_success_timestamp_seconds",
            "When the background worker last succeeded, in seconds since 1970 UTC; 0 before its first success.",
            ["task"],
            registry=self.registry,
        )
        self._failures = Counter(
            "smartwork_ingest_background_failures", "Failures of the background worker.", ["task"], registry=self.registry
        )

    @property
    def fault(self) -> str:
        """Why the process must end; empty while it need not."""
        with self._lock:
            if not self._fault:
                dead = [name for name, state in self._states.items() if state.thread.ident and not state.thread.is_alive()]
                self._fault = "".join(f"the background worker {name} has ended" for name in dead[:1])
            return self._fault

    def faults(self) -> list[str]:
        """What is wrong with the workers: each that has ended, and each that hangs."""
        with self._lock:
            now = self.monotonic()
            stale = [
                f"the background worker {name} has not succeeded for {now - state.succeeded_at:.0f} s"
                for name, state in self._states.items()
                if not state.is_waiting and now - state.succeeded_at > state.interval_s + STALE_AFTER_S
            ]
        return [*([self.fault] if self.fault else []), *stale]

    def report(self) -> list[str]:
        """One line for each worker: its last success, and its failures since."""
        with self._lock:
            lines = []
            for name, state in sorted(self._states.items()):
                success = state.last_success.isoformat(timespec="seconds") if state.last_success else "never"
                waiting = ", waits for the database" if state.is_waiting else ""
                failures = f", {state.failures} failures since" if state.failures else ""
                lines.append(f"{name}: last success {success}{failures}{waiting}")
            return lines

    def watch(self, name: str, thread: threading.Thread, interval_s: float) -> None:
        """Begin to watch a worker."""
        with self._lock:
            self._states[name] = _State(thread, interval_s, self.monotonic())
            self._last_success.labels(name).set(0)
            self._failures.labels(name)

    def forget(self, name: str) -> None:
        """Stop watching a worker that is asked to stop."""
        with self._lock:
            self._states.pop(name, None)

    def waits_for_database(self, name: str) -> None:
        """Record that a worker needs a connection."""
        self._change(name, is_waiting=True)

    def works(self, name: str) -> None:
        """Record that a worker is connected. The time for which it waited does not count as hanging."""
        with self._lock:
            if (state := self._states.get(name)) and state.is_waiting:
                state.is_waiting = False
                state.succeeded_at = self.monotonic()

    def succeeded(self, name: str) -> None:
        """Record a round without a failure."""
        at = self.clock()
        self._change(name, succeeded_at=self.monotonic(), last_success=at, failures=0)
        self._last_success.labels(name).set(at.timestamp())

    def failed(self, name: str, failure: str, *, counts: bool) -> None:
        """Record a failure; `counts` is false if the database was lost."""
        self._failures.labels(name).inc()
        with self._lock:
            state = self._states.get(name)
            if state is None or not counts:
                return
            state.failures += 1
            if state.failures >= self.most_failures and not self._fault:
                self._fault = f"the background worker {name} failed {state.failures} times in a row: {failure}"

    def ended(self, name: str, reason: str) -> None:
        """Record that the thread of a worker ends though nobody asked it to."""
        with self._lock:
            if name in self._states and not self._fault:
                self._fault = f"the background worker {name} has ended: {reason}"

    def _change(self, name: str, **values: object) -> None:
        with self._lock:
            if state := self._states.get(name):
                for key, value in values.items():
                    setattr(state, key, value)
