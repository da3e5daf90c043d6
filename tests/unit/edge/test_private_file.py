"""What a gateway stores is readable by its own user only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.outbox import Outbox
from edge.private_file import make_private
from edge.saved_policy import SavedPolicy
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from tests.support.factory import Clock, small_policy

READING = Reading(1_772_000_000_000, "s-1", Metric.PRESENCE, 1.0)


@pytest.fixture(autouse=True)
def permissive() -> Iterator[None]:
    """A umask that lets everybody read new files."""
    before = os.umask(0o000)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The mode of each file with content; the reserve of the disk quota holds none."""
    files = [file for file in folder.iterdir() if file.suffix != ".reserve"]
    return {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in files}


def test_an_outbox_and_its_write_ahead_log_are_private(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels") as outbox:
        outbox.append([READING])
        found = modes(tmp_path)
    assert {"outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm"} <= set(found)
    assert set(found.values()) == {"0o600"}, found


def test_a_saved_policy_is_private(tmp_path: Path) -> None:
    SavedPolicy(tmp_path / "outbox.sqlite", "mons", Clock()).save(small_policy())
    assert modes(tmp_path) == {"outbox.sqlite.policy.json": "0o600"}


def test_an_outbox_of_an_earlier_version_becomes_private_with_its_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    copy = tmp_path / "copy.sqlite"
    with Outbox(path, "Europe/Brussels") as outbox:
        outbox.append([READING])
        for suffix in ("", "-wal"):  # as after a kill
            copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    assert {modes(tmp_path)[f"copy.sqlite{suffix}"] for suffix in ("", "-wal")} == {"0o666"}
    with Outbox(copy, "Europe/Brussels") as outbox:
        assert outbox.depth() == 1
        assert {mode for name, mode in modes(tmp_path).items() if name.startswith("copy")} == {"0o600"}


def test_a_file_that_cannot_be_made_private_is_reported_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "outbox.sqlite").touch(0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    make_private(tmp_path / "outbox.sqlite")
    assert "may be read by other users" in caplog.text
