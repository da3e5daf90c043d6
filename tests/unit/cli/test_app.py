"""The command line starts fast: it imports what only one command needs when that command runs."""

import subprocess
import sys

HEAVY = {
    "dashboard", "edge.gateway", "fastapi", "firmware_sim", "icalendar", "ingest", "lxml", "numpy", "paho", "pypdf", "segno",
    "sepaxml", "smartwork.bench", "smartwork.scenarios", "streamlit", "typst", "uvicorn",
}  # fmt: skip


def test_help_imports_nothing_that_only_one_command_needs() -> None:
    code = "import sys, smartwork.cli.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)
