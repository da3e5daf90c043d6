"""A migration that landed is never edited: the list of checksums in the repository says what landed."""

from pathlib import Path

import pytest

from smartwork.db.core.migrations import Migration, migrations
from tests.support.migration_checksums import add_new, faults, landed

NETWORK, READINGS = Migration(1, "0001_network", "CREATE TABLE centre ()"), Migration(2, "0002_readings", "SELECT 1")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "checksums.txt"
    path.touch()
    add_new(path, [NETWORK, READINGS])
    return path


def test_no_migration_that_landed_was_edited_or_deleted_and_each_is_listed() -> None:
    found = faults(landed(), migrations())
    assert not found, "\n".join(found)


def test_the_migrations_from_before_the_list_are_in_it() -> None:
    assert landed()["0004_years"] == "7dc7bd02dc1a1973d4523f357204bf70f26adb2a535c5db919da7a9605a1e33d"


def test_an_edited_migration_is_named_with_what_to_do(listed: Path) -> None:
    edited = Migration(1, "0001_network", "CREATE TABLE centre (x int)")
    [fault] = faults(landed(listed), [edited, READINGS])
    assert fault.startswith("0001_network was edited after it landed: restore it")


def test_a_deleted_migration_is_named(listed: Path) -> None:
    assert faults(landed(listed), [NETWORK]) == ["0002_readings landed and is missing: restore it."]


def test_a_new_migration_is_added_by_the_command_that_the_fault_names(listed: Path) -> None:
    new = Migration(3, "0003_new", "SELECT 3")
    shipped = [NETWORK, READINGS, new]
    assert faults(landed(listed), shipped) == ["0003_new is new: run `make checksums` and commit the list with it."]
    assert add_new(listed, shipped) == ["0003_new"]
    assert faults(landed(listed), shipped) == []


def test_adding_never_replaces_the_checksum_of_an_edited_migration(listed: Path) -> None:
    before = listed.read_text()
    assert add_new(listed, [Migration(1, "0001_network", "edited"), READINGS]) == []
    assert listed.read_text() == before


def test_two_checksums_of_one_migration_are_refused(listed: Path) -> None:
    listed.write_text(f"{listed.read_text()}{'0' * 64}  0001_network.sql\n")
    with pytest.raises(ValueError, match="0001_network"):
        landed(listed)
