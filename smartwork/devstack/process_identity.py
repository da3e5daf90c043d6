"""Which process is which.

A process id alone proves nothing, because the kernel reuses ids. A process is identified by its id together with its start
time, or by its program and arguments.
"""

import os
import signal
import time
from pathlib import Path

import psutil

from smartwork.devstack.errors import DevstackError

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def started_at(pid: int) -> int | None:
    """When a process started, in clock ticks since boot. None if it does not exist or is a zombie.

    Ticks since boot stay the same when the clock is set, unlike the time of day.
    """
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return round((process.create_time() - psutil.boot_time()) * _TICKS_PER_S)
    except psutil.Error:
        return None


def command_line(pid: int) -> list[str]:
    """The arguments of a process. Empty if it does not exist, is a zombie, or may not be read."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def is_server(pid: int, program: str, argument: Path) -> bool:
    """Whether a process runs `program` with `argument`."""
    line = command_line(pid)
    return bool(line) and Path(line[0]).name == program and str(argument) in line[1:]


def find_server(program: str, argument: Path) -> int | None:
    """The id of the process that runs `program` with `argument`, whether or not its id was recorded; or None."""
    return next((pid for pid in psutil.pids() if is_server(pid, program, argument)), None)


def processes_in(folder: Path) -> list[int]:
    """The ids of the processes whose working folder is `folder`, as far as they may be read."""
    ids = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder:
                ids.append(process.pid)
        except psutil.Error:
            continue
    return ids


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal. Does nothing if the process is gone; raises DevstackError if it belongs to another user."""
    try:
        psutil.Process(pid).send_signal(number)
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied as error:
        message = f"Process {pid} belongs to another user: stop it as that user, or use another instance name."
        raise DevstackError(message) from error


def wait_until_gone(pid: int, timeout_s: float) -> bool:
    """Wait until a process has ended; False if it has not after `timeout_s` seconds. A zombie has ended."""
    started = started_at(pid)
    deadline = time.monotonic() + timeout_s
    while started is not None and started_at(pid) == started:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
