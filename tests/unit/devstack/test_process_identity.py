"""A process is identified by its id with its start time, or by its program and arguments."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from smartwork.devstack.process_identity import (
    command_line,
    find_server,
    is_server,
    processes_in,
    send_signal,
    started_at,
    wait_until_gone,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_the_start_time_of_a_process_is_the_same_for_every_reader() -> None:
    code = f"from smartwork.devstack.process_identity import started_at; print(started_at({os.getpid()}))"
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(read) == started_at(os.getpid())


def test_a_zombie_has_ended() -> None:
    with subprocess.Popen(SLEEP) as process:
        assert started_at(process.pid) is not None
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, and not reaped yet
        assert started_at(process.pid) is None
        assert command_line(process.pid) == []
        assert wait_until_gone(process.pid, 0)


def test_a_server_is_found_by_its_program_and_its_argument(tmp_path: Path) -> None:
    with subprocess.Popen([*SLEEP, str(tmp_path)], cwd=tmp_path) as process:
        name = Path(sys.executable).name
        while not is_server(process.pid, name, tmp_path):  # until exec
            continue
        assert find_server(name, tmp_path) == process.pid
        assert find_server("postgres", tmp_path) is None
        assert processes_in(tmp_path) == [process.pid]
        assert not wait_until_gone(process.pid, 0)
        send_signal(process.pid, signal.SIGTERM)
        process.wait()
    send_signal(process.pid, signal.SIGTERM)  # no error: it is gone
    assert find_server(name, tmp_path) is None
