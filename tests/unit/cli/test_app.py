"""The command line: it starts fast, and prints errors as they are."""

import signal
import subprocess
import sys

import pytest

from smartwork.cli import app as command_line
from smartwork.errors import InputError

HEAVY = {
    "dashboard", "edge.gateway", "fastapi", "firmware_sim", "icalendar", "ingest", "lxml", "numpy", "paho", "pypdf", "segno",
    "sepaxml", "smartwork.bench", "smartwork.scenarios", "streamlit", "typst", "uvicorn",
}  # fmt: skip


def test_help_imports_nothing_that_only_one_command_needs() -> None:
    code = "import sys, smartwork.cli.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_an_error_is_printed_as_it_is_and_the_exit_status_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise InputError("Add a table [seller] to the file [/].")

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(command_line, "app", fail)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: Add a table [seller] to the file [/].\n"
