"""What docs/devices.md tells installers is what the code knows."""

import re

from edge.adapters.families import ADAPTERS, ADDRESSES, COMMANDS
from tests.support.project import ROOT

DOC = ROOT / "docs" / "devices.md"


def test_the_table_of_families_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (yes|no) \|$", DOC.read_text(), flags=re.MULTILINE)
    told = {name: (address, lights) for name, address, lights in rows}
    assert told == {p.value: (ADDRESSES[p], "yes" if p in COMMANDS else "no") for p in ADAPTERS}
