"""The table of device families in docs/devices.md agrees with the code."""

import re

from edge.adapters.families import ADAPTERS, ADDRESSES, COMMANDS
from tests.support.project import ROOT

DOC = ROOT / "docs" / "devices.md"


def test_the_table_of_families_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (yes|no) \|$", DOC.read_text(), flags=re.MULTILINE)
    documented = {name: (address, lights) for name, address, lights in rows}
    assert documented == {p.value: (ADDRESSES[p], "yes" if p in COMMANDS else "no") for p in ADAPTERS}
