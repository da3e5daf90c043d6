"""The command `smartwork` where only the gateway's extra is installed."""

import subprocess
import sys

from tests.support.project import ROOT

WITH_THE_EDGE_EXTRA_ONLY = """
import sys

ALLOWED = {"annotated_types", "dotenv", "paho", "pydantic", "pydantic_core", "pydantic_settings", "typing_extensions",
           "typing_inspection", "tzdata", "smartwork", "edge"} | set(sys.stdlib_module_names)


class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NotInstalled())
sys.argv = ["smartwork", "ledger"]
from smartwork.__main__ import main

main()
"""


def test_with_only_the_edge_extra_the_command_names_the_extra_that_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_THE_EDGE_EXTRA_ONLY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs the extra `server`" in done.stderr
    assert "pip install 'smartwork[server]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
