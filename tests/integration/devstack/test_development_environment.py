"""A newcomer's first commands, on a development stack of their own: `up` prints the setting that other commands need."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from smartwork.devstack.cache import cache_base, make_folder

pytestmark = pytest.mark.services

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def smartwork() -> Iterator[Run]:
    """Runs `smartwork …` with an instance of its own; the packages are those of this machine."""
    with TemporaryDirectory(prefix="smartwork-newcomer-") as folder:
        cache = Path(folder)
        cache.chmod(0o755)  # the servers run as another user
        (cache / "trees").symlink_to(make_folder(cache_base(os.environ) / "trees"))
        own = {name: value for name, value in os.environ.items() if not name.startswith("SMARTWORK_")}
        own |= {"SMARTWORK_CACHE": str(cache), "COLUMNS": "200"}

        def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "smartwork", *arguments]
            return subprocess.run(
                command, cwd=cache, env=own | settings, capture_output=True, text=True, timeout=120, check=False
            )

        try:
            yield run
        finally:
            run("down", "--wipe")


def test_up_prints_the_setting_with_which_other_commands_use_its_database(smartwork: Run) -> None:
    assert "run: smartwork up && export SMARTWORK_ENV=development" in smartwork("bill").stderr
    up = smartwork("up")
    assert up.returncode == 0, up.stderr
    [(name, value)] = re.findall(r"^export (SMARTWORK_ENV)=(\w+)$", up.stdout, re.MULTILINE)
    without = smartwork("bill", "--month", "2026-09")
    assert without.returncode == 1
    assert "To use the development database of this checkout, run: export SMARTWORK_ENV=development" in without.stderr
    chosen = {name: value}
    assert "up to date" in smartwork("migrate", **chosen).stdout
    ledger = smartwork("ledger", **chosen)
    assert (ledger.returncode, ledger.stdout) == (0, "The ledger is empty: no edge has sent anything yet.\n")
    assert smartwork("audit", **chosen).returncode == 0
    assert "stopped" not in smartwork("status").stdout


def test_with_the_setting_a_command_starts_the_stack_and_only_migrate_fills_it(smartwork: Run) -> None:
    chosen = {"SMARTWORK_ENV": "development"}
    assert "To create them, run: smartwork migrate" in smartwork("ledger", **chosen).stderr
    assert "Applied 0001_network" in smartwork("migrate", **chosen).stdout
    assert smartwork("ledger", **chosen).returncode == 0
