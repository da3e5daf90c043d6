"""The saved policy: used after a restart, and never one that is damaged or of another centre."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.saved_policy import SavedPolicy
from tests.support.factory import Clock, small_policy

POLICY = small_policy(version=3)


def of(centre: str, folder: Path) -> SavedPolicy:
    return SavedPolicy(folder / "outbox.sqlite", centre, Clock())


def file(folder: Path) -> Path:
    return folder / "outbox.sqlite.policy.json"


def test_a_policy_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    saved = of("mons", tmp_path)
    assert saved.load(None) is None
    saved.save(POLICY)
    assert of("mons", tmp_path).load(None) == POLICY
    assert saved.alarms() == []


def test_a_gateway_that_is_updated_uses_the_policy_in_its_outbox(tmp_path: Path) -> None:
    assert of("mons", tmp_path).load(POLICY.model_dump_json()) == POLICY


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no JSON": lambda path: path.write_text("{"),
    "empty": lambda path: path.write_text(""),
    "other JSON": lambda path: path.write_text("[1]"),
    "random bytes": lambda path: path.write_bytes(bytes(range(256))),
    "cut": lambda path: path.write_text(path.read_text()[:-40]),
    "a changed digit": lambda path: path.write_text(path.read_text().replace("60", "61", 1)),
    "a directory": directory,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_policy_file_is_set_aside_and_the_copy_in_the_outbox_is_used(tmp_path: Path, name: str) -> None:
    of("mons", tmp_path).save(POLICY)
    DAMAGES[name](file(tmp_path))
    saved = of("mons", tmp_path)
    assert saved.load(POLICY.model_dump_json()) == POLICY
    assert [alarm.kind for alarm in saved.alarms()] == ["policy_damaged"]
    assert [path.name for path in tmp_path.glob("*damaged*")] == ["outbox.sqlite.policy.json.damaged-20260310T120000Z"]
    saved.save(POLICY)
    assert of("mons", tmp_path).load(None) == POLICY


def test_a_policy_of_another_centre_is_not_used(tmp_path: Path) -> None:
    of("namur", tmp_path).save(POLICY)
    saved = of("mons", tmp_path)
    assert saved.load(None) is None
    (alarm,) = saved.alarms()
    assert "it belongs to the centre namur" in alarm.says


@pytest.mark.parametrize("text", ["", "{", "null", '{"v": 1}'])
def test_without_a_valid_copy_the_gateway_waits_for_the_network_and_raises_an_alarm(tmp_path: Path, text: str) -> None:
    saved = of("mons", tmp_path)
    assert saved.load(text) is None
    assert [alarm.kind for alarm in saved.alarms()] == ["policy_damaged"]


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    saved = SavedPolicy(tmp_path / "folder" / "outbox.sqlite", "mons", Clock())
    saved.save(POLICY)
    assert saved.load(None) is None
