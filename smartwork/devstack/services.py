"""A server that an instance runs: started detached, found again, stopped, killed. The two servers derive from it."""

import signal
import socket
import time
from abc import ABC, abstractmethod
from pathlib import Path

from smartwork.devstack.errors import DevstackError, last_lines
from smartwork.devstack.instance import Instance, is_free
from smartwork.devstack.procfs import (
    Account,
    command_line,
    find_server,
    is_server,
    send,
    service_account,
    start_detached,
    wait_until_gone,
)
from smartwork.progress import Progress, silent

_ATTEMPTS = 3
_LARGEST_LOG = 20_000_000


class Service(ABC):
    """One server of an instance. All of its methods look at the machine: nothing is remembered between calls."""

    name: str
    title: str
    program: str
    stop_signal: signal.Signals
    timeout_s = 60.0

    def __init__(self, instance: Instance, tree: Path) -> None:
        self.instance = instance
        self.tree = tree
        self.account: Account | None = service_account()

    @property
    def port(self) -> int:
        """The recorded port, on the loopback interface."""
        return self.instance.port(self.name)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.instance.folder / self.name

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.instance.folder / f"{self.name}.log"

    @abstractmethod
    def healthy(self) -> bool:
        """Whether it answers at its address, in its own protocol."""

    @abstractmethod
    def _recorded_pid(self) -> int | None: ...

    @abstractmethod
    def _mark(self) -> Path:
        """The argument that tells this instance's server from all others."""

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Write its configuration, clear what a killed one left behind, and say how to start it."""

    def pid(self) -> int | None:
        """The number of its process; None where it does not run. A recorded number is believed only when verified."""
        recorded = self._recorded_pid()
        if recorded is not None and is_server(recorded, self.program, self._mark()):
            return recorded
        return find_server(self.program, self._mark())

    def start(self, progress: Progress = silent) -> None:
        """Start it and wait until it answers; where it runs already, that one is used, whoever started it.

        A port that somebody else has taken meanwhile is changed. Raises DevstackError with the end of the log.
        """
        running = self.pid()
        if running is not None:
            progress(f"using {self.title}, which runs already", 0, 0)
            if self._wait_until_healthy(running):
                return
            progress(f"{self.title} does not answer, starting it again", 0, 0)
            self.stop()
        for attempt in range(1, _ATTEMPTS + 1):
            progress(f"starting {self.title}", 0, 0)
            if not is_free(self.port):
                self.instance.pick_port(self.name)
            argv = self._prepare()
            if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.old"))
            pid = start_detached(argv, self.account, self.data, self.log)
            if self._wait_until_healthy(pid):
                return
            if attempt == _ATTEMPTS:
                break
            self.stop()
            time.sleep(attempt)
        message = f"{self.title} did not start. The end of its log, {self.log}:\n{last_lines(self.log)}"
        raise DevstackError(message)

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Stop it in an orderly way, by force after a while. Whether there was anything to stop."""
        pid = self.pid()
        if pid is None:
            return False
        send(pid, self.stop_signal)
        if not wait_until_gone(pid, timeout_s):
            self.kill()
        return True

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL), and wait until it is gone."""
        pid = self.pid()
        if pid is not None:
            send(pid, signal.SIGKILL)
            wait_until_gone(pid, 10)

    def restart(self, progress: Progress = silent) -> None:
        """Stop in an orderly way and start again."""
        self.stop()
        self.start(progress)

    def data_size(self) -> int:
        """Bytes on disk."""
        size = 0
        for path in self.data.rglob("*"):
            try:
                size += path.lstat().st_blocks * 512
            except OSError:  # a file that the server deleted meanwhile
                continue
        return size

    def _wait_until_healthy(self, pid: int) -> bool:
        deadline = time.monotonic() + self.timeout_s
        pause = 0.02
        while time.monotonic() < deadline:
            # Between fork and exec it still looks like the shell that starts it.
            if not is_server(pid, self.program, self._mark()) and command_line(pid)[:1] != ["/bin/sh"]:
                return False
            if self.healthy():
                return True
            time.sleep(pause)
            pause = min(0.25, pause * 1.5)
        return False


# A complete MQTT 5 CONNECT: clean start, keep-alive 10 s, no properties, an empty client name.
_CONNECT = bytes.fromhex("10 0d 00 04 4d 51 54 54 05 02 00 0a 00 00 00".replace(" ", ""))
_DISCONNECT = bytes.fromhex("e0 00")


def mqtt_answers(port: int) -> bool:
    """Whether a broker on the loopback interface accepts an MQTT 5 connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(_CONNECT)
            answer = connection.recv(64)
            connection.sendall(_DISCONNECT)
    except OSError:
        return False
    return len(answer) >= 4 and answer[0] == 0x20 and answer[3] == 0
