"""The checksums of the migrations that landed, in `tests/migration/checksums.txt`, one line each as `sha256sum` prints it.

`make checksums` adds a line for each migration that has none. It never changes a line: a migration that landed is not edited.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from smartwork.db.core.migrations import Migration, migrations
from tests.support.project import ROOT

LANDED = ROOT / "tests" / "migration" / "checksums.txt"


def landed(path: Path = LANDED) -> dict[str, str]:
    """The checksum of each migration in the list, by name. Raises ValueError if a name has two."""
    found: dict[str, str] = {}
    for line in path.read_text().splitlines():
        checksum, name = line.split()
        if found.setdefault(name.removesuffix(".sql"), checksum) != checksum:
            raise ValueError(f"{path}: {name} has two checksums. Keep the one that landed first.")
    return found


def faults(listed: Mapping[str, str], shipped: Sequence[Migration]) -> list[str]:
    """A sentence for each migration that was edited, deleted or is not in the list; it says what to do."""
    texts = {migration.name: migration.checksum for migration in shipped}
    return [
        *(
            f"{name} was edited after it landed: restore it (git checkout), and correct its mistake in a new migration."
            for name, checksum in texts.items()
            if listed.get(name, checksum) != checksum
        ),
        *(f"{name} landed and is missing: restore it." for name in listed if name not in texts),
        *(f"{name} is new: run `make checksums` and commit the list with it." for name in texts if name not in listed),
    ]


def add_new(path: Path, shipped: Sequence[Migration]) -> list[str]:
    """Append a line for each migration that has none; returns their names."""
    listed = landed(path)
    new = [migration for migration in shipped if migration.name not in listed]
    with path.open("a") as file:
        file.writelines(f"{migration.checksum}  {migration.name}.sql\n" for migration in new)
    return [migration.name for migration in new]


def main() -> int:
    """Add what is new to the list; exit status 1 if a migration that landed was edited or is missing."""
    for name in add_new(LANDED, migrations()):
        print(f"Added {name}.")
    remaining = faults(landed(), migrations())
    for fault in remaining:
        print(fault, file=sys.stderr)
    return 1 if remaining else 0


if __name__ == "__main__":
    sys.exit(main())
