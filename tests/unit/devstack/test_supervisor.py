import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartwork.devstack.errors import DevstackError
from smartwork.devstack.process_identity import started_at, wait_until_gone
from smartwork.devstack.supervisor import Component, Supervisor
from tests.support.project import ROOT


def python(name: str, code: str, folder: Path, ready: str | None = None) -> Component:
    mark = folder / ready if ready else None
    return Component(name, [sys.executable, "-c", code], folder / f"{name}.log", ready=mark.exists if mark else None)


def test_components_run_until_the_end_of_the_block(tmp_path: Path) -> None:
    code = f"import time, pathlib; pathlib.Path({str(tmp_path / 'up')!r}).touch(); time.sleep(60)"
    with Supervisor() as supervisor:
        supervisor.start(python("one", code, tmp_path, "up"))
        pid = supervisor.pid("one")
        supervisor.check()
        assert started_at(pid) is not None
    assert started_at(pid) is None


def test_a_component_that_ends_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "import sys; sys.exit('the disk is on fire')"
    with Supervisor() as supervisor, pytest.raises(DevstackError, match=r"(?s)exit code 1.*the disk is on fire"):
        supervisor.start(python("one", code, tmp_path, "never"))


def test_a_program_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    component = Component("one", ["/nowhere/program"], tmp_path / "one.log", ready=lambda: False)
    with Supervisor() as supervisor, pytest.raises(DevstackError, match="/nowhere/program cannot be started"):
        supervisor.start(component)


def test_a_component_that_never_gets_ready_is_stopped(tmp_path: Path) -> None:
    with (
        Supervisor(ready_within_s=0.3) as supervisor,
        pytest.raises(DevstackError, match="not ready within"),
    ):
        supervisor.start(python("one", "import time; time.sleep(60)", tmp_path, "never"))
    assert not supervisor.running("one")


def test_a_component_that_ignores_sigterm_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    mark = tmp_path / "up"
    code = (
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    )
    with Supervisor(grace_s=0.2) as supervisor:
        supervisor.start(python("one", code, tmp_path, "up"))
        pid = supervisor.pid("one")
    assert started_at(pid) is None


def test_a_killed_component_can_be_started_again(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start(python("one", "import time; time.sleep(60)", tmp_path))
        first = supervisor.pid("one")
        supervisor.kill("one")
        supervisor.restart("one")
        assert supervisor.pid("one") != first


def test_killing_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
import sys, time
from pathlib import Path
from smartwork.devstack.supervisor import Component, Supervisor
with Supervisor() as supervisor:
    sleeper = "import time, pathlib; pathlib.Path({str(tmp_path / "up")!r}).touch(); time.sleep(60)"
    ready = Path({str(tmp_path / "up")!r}).exists
    supervisor.start(Component("one", [sys.executable, "-c", sleeper], Path({str(tmp_path / "log")!r}), ready=ready))
    Path({str(note)!r}).write_text(f"{{supervisor.pid('one')}}\\n")
    time.sleep(60)
"""
    root = ROOT
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as demo:
        deadline = time.monotonic() + 20
        while not (note.exists() and note.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.02)
        pid = int(note.read_text())
        assert started_at(pid) is not None
        demo.send_signal(signal.SIGKILL)
    assert wait_until_gone(pid, 5)


def test_a_component_gets_its_own_settings_and_none_of_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller's setting may name a real server, such as a real Home Assistant."""
    monkeypatch.setenv("SMARTWORK_HOMEASSISTANT_URL", "http://real:8123")
    monkeypatch.setenv("SMARTWORK_CENTRE_BROKER_URL", "mqtt://real")
    found = tmp_path / "found"
    code = (
        "import os, pathlib, time\n"
        "names = sorted(name for name in os.environ if name.startswith('SMARTWORK_'))\n"
        f"pathlib.Path({str(found)!r}).write_text(' '.join(names)); time.sleep(60)"
    )
    own = {"SMARTWORK_CENTRE": "mons"}
    with Supervisor() as supervisor:
        supervisor.start(Component("one", [sys.executable, "-c", code], tmp_path / "log", own, found.exists))
        while not found.read_text():
            time.sleep(0.01)
    assert found.read_text() == "SMARTWORK_CENTRE"
