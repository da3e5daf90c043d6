"""A server of an instance: start, find, stop and kill it. Base class of PostgreSQL and Mosquitto."""

import signal
import socket
import time
from abc import ABC, abstractmethod
from pathlib import Path

from smartwork.devstack.errors import DevstackError, last_lines
from smartwork.devstack.instance import Instance, is_free
from smartwork.devstack.process_identity import command_line, find_server, is_server, send_signal, wait_until_gone
from smartwork.devstack.server_account import Account, server_account, start_detached
from smartwork.progress import Progress, no_progress

_ATTEMPTS = 3
_MAX_LOG_BYTES = 20_000_000


class Service(ABC):
    """A server of an instance. Its methods read the state of the machine each time; no state is kept between calls."""

    name: str
    title: str
    program: str
    stop_signal: signal.Signals
    timeout_s = 60.0

    def __init__(self, instance: Instance, tree: Path) -> None:
        self.instance = instance
        self.tree = tree
        self.account: Account | None = server_account()

    @property
    def port(self) -> int:
        """Its port on the loopback interface."""
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
        """The file of its output."""
        return self.instance.folder / f"{self.name}.log"

    @abstractmethod
    def healthy(self) -> bool:
        """Whether it answers at its address in its protocol."""

    @abstractmethod
    def _recorded_pid(self) -> int | None: ...

    @abstractmethod
    def _identifying_argument(self) -> Path:
        """The command-line argument that no other server has."""

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Write its configuration, remove what a killed server left behind, and return the command that starts it."""

    def pid(self) -> int | None:
        """Its process id; None if it does not run. A recorded id is verified before it is used."""
        recorded = self._recorded_pid()
        if recorded is not None and is_server(recorded, self.program, self._identifying_argument()):
            return recorded
        return find_server(self.program, self._identifying_argument())

    def start(self, progress: Progress = no_progress) -> None:
        """Start it and wait until it answers. If it runs already, that process is used.

        If another program has taken its port, another port is picked. Raises DevstackError with the end of the log.
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
            if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
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
        """Shut it down; kill it after `timeout_s` seconds. Returns whether it was running."""
        pid = self.pid()
        if pid is None:
            return False
        send_signal(pid, self.stop_signal)
        if not wait_until_gone(pid, timeout_s):
            self.kill()
        return True

    def kill(self) -> None:
        """Kill it with SIGKILL, as a power cut would, and wait until it has ended."""
        pid = self.pid()
        if pid is not None:
            send_signal(pid, signal.SIGKILL)
            wait_until_gone(pid, 10)

    def restart(self, progress: Progress = no_progress) -> None:
        """Shut it down and start it again."""
        self.stop()
        self.start(progress)

    def data_size(self) -> int:
        """The size of its data on disk, in bytes."""
        size = 0
        for path in self.data.rglob("*"):
            try:
                size += path.lstat().st_blocks * 512
            except OSError:  # the server deleted the file meanwhile
                continue
        return size

    def _wait_until_healthy(self, pid: int) -> bool:
        deadline = time.monotonic() + self.timeout_s
        interval_s = 0.02
        while time.monotonic() < deadline:
            # Between fork and exec the process still has the command line of the shell that starts it.
            if not is_server(pid, self.program, self._identifying_argument()) and command_line(pid)[:1] != ["/bin/sh"]:
                return False
            if self.healthy():
                return True
            time.sleep(interval_s)
            interval_s = min(0.25, interval_s * 1.5)
        return False


# An MQTT 5 CONNECT packet: clean start, keep-alive 10 s, no properties, empty client id.
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
