"""The file of an outbox may be damaged in any way: the gateway goes on, and what is readable is kept with its numbers."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from edge import outbox_check
from edge.current_epoch import BATCH_SIZE
from edge.outbox import Outbox
from edge.outbox_file import KEPT, RETRY_AFTER, OutboxFile
from edge.sealed_batch import readings_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from tests.support.factory import NOON, ZONE, Clock

SEALED, UNSEALED = 10 * BATCH_SIZE, 60
START_MS = round(NOON.timestamp() * 1000)
Damage = Callable[[Path], None]


def reading(i: int) -> Reading:
    return Reading(START_MS + i, f"s-{i % 7}", Metric.TEMPERATURE_C, float(i))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An outbox with batches and readings that are not sealed, as a gateway of Mons left it without the network."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)[1]
    outbox.append([reading(i) for i in range(1, SEALED + 1)])
    outbox.append([reading(i) for i in range(SEALED + 1, SEALED + UNSEALED + 1)], unsealed=True)
    outbox.save("lights", "{}")
    outbox.close()
    return path


def opened(path: Path, centre: str = "mons", clock: Clock | None = None) -> tuple[OutboxFile, Outbox]:
    file = OutboxFile(path, centre, ZONE, 100_000_000, clock or Clock())
    return file, file.open()


def settle(file: OutboxFile, outbox: Outbox) -> Outbox:
    """The outbox after the gateway has worked for a while, as its main loop does."""
    for _ in range(200):
        try:
            outbox = file.work(outbox)
        except sqlite3.DatabaseError as error:
            outbox = file.replace(outbox, error)
    return outbox


def held(outbox: Outbox) -> dict[int, Reading]:
    """The readings in the outbox that belong to former epochs, by number."""
    found: dict[int, Reading] = {}
    for batch in outbox.former.oldest(1_000_000):
        first, _, readings = readings_of(batch.payload)
        found |= dict(enumerate(readings, first))
    return found


def random_bytes(offset: int) -> Damage:
    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset % path.stat().st_size)
            file.write(Random(offset).randbytes(200))

    return damage


def truncated(share: float) -> Damage:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def directory_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "a file").write_text("in it")


def text_in_its_place(path: Path) -> None:
    path.write_text("no database " * 5_000)


def sql(*statements: str) -> Damage:
    def damage(path: Path) -> None:
        db = sqlite3.connect(path)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()

    return damage


def wal_is_a_directory(path: Path) -> None:
    path.with_name(path.name + "-wal").mkdir()


DAMAGES: dict[str, tuple[Damage, int]] = {
    **{f"200 random bytes at {offset}": (random_bytes(offset), 0) for offset in (0, 90, 7_990)},
    "truncated to a half": (truncated(0.5), 0),
    "truncated to 50 bytes": (lambda path: os.truncate(path, 50), 0),
    "empty": (lambda path: os.truncate(path, 0), 0),
    "text": (text_in_its_place, 0),
    "a directory in its place": (directory_in_its_place, 0),
    "a directory in the place of its log": (wal_is_a_directory, SEALED + UNSEALED),
    "wrong schema": (sql("DROP TABLE batch", "CREATE TABLE batch (first INTEGER, other TEXT)"), UNSEALED),
    "a column more": (sql("ALTER TABLE numbered ADD COLUMN other TEXT"), SEALED + UNSEALED),
    "another database": (sql("DROP TABLE meta", "DROP TABLE batch", "CREATE TABLE orders (id)"), 0),
    "no epoch": (sql("DELETE FROM meta WHERE name = 'epoch'"), SEALED),
    "a last number that is too low": (sql("UPDATE meta SET value = '7' WHERE name = 'last'"), SEALED + UNSEALED),
    "a last number that is no number": (sql("UPDATE meta SET value = 'many' WHERE name = 'last'"), SEALED + UNSEALED),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_set_aside_and_a_new_epoch_is_opened_and_what_is_readable_is_kept(path: Path, name: str) -> None:
    damage, at_least = DAMAGES[name]
    with Outbox(path, ZONE) as before:
        epoch = before.epoch
    damage(path)
    file, outbox = opened(path)
    assert outbox.epoch != epoch
    assert outbox.append([reading(0)]) == 1
    outbox = settle(file, outbox)
    assert [p.name for p in path.parent.glob("*damaged-*") if not p.name.endswith(("-wal", "-shm"))] == [
        "outbox.sqlite.damaged-20260310T120000Z"
    ]
    assert [alarm.kind for alarm in file.alarms()] == ["outbox_damaged"]
    found = held(outbox)
    assert len(found) >= at_least
    assert found == {n: reading(n) for n in found}
    file.close(outbox)
    file, outbox = opened(path)
    assert len(held(settle(file, outbox))) == len(found)
    assert [batch.first for batch in outbox.unconfirmed(0, 10)] == [1]
    file.close(outbox)


@pytest.mark.parametrize("seed", range(30))
def test_random_bytes_anywhere_cost_only_what_they_overwrite(path: Path, seed: int) -> None:
    size = path.stat().st_size
    random_bytes(Random(seed).randrange(size - 200))(path)
    file, outbox = opened(path)
    outbox = settle(file, outbox)
    current = {n: r for b in outbox.unconfirmed(0, 1_000) for n, r in enumerate(readings_of(b.payload)[2], b.first)}
    found = current or held(outbox)
    assert found == {n: reading(n) for n in found}
    assert len(found) >= SEALED - 4 * BATCH_SIZE
    assert outbox.append([reading(0)]) == 1
    file.close(outbox)


def test_most_of_the_part_that_is_left_of_a_cut_file_is_kept(tmp_path: Path) -> None:
    path, count = tmp_path / "outbox.sqlite", 100 * BATCH_SIZE
    file, outbox = opened(path)
    outbox.append([reading(i) for i in range(1, count + 1)])
    file.close(outbox)
    truncated(0.5)(path)
    file, outbox = opened(path)
    found = held(settle(file, outbox))
    assert len(found) >= 0.4 * count
    assert found == {n: reading(n) for n in found}
    file.close(outbox)


def test_a_damaged_batch_that_the_first_check_does_not_find_is_found_while_the_gateway_works(path: Path) -> None:
    sql("UPDATE batch SET payload = zeroblob(9000) WHERE first = 401")(path)
    file, outbox = opened(path)
    epoch = outbox.epoch
    outbox = settle(file, outbox)
    assert outbox.epoch != epoch
    assert set(held(outbox)) == {*range(1, SEALED + UNSEALED + 1)} - {*range(401, 801)}
    file.close(outbox)


def test_a_file_that_breaks_while_the_gateway_works_is_replaced(path: Path) -> None:
    file, outbox = opened(path)
    epoch = outbox.epoch
    replaced = file.replace(outbox, sqlite3.DatabaseError("database disk image is malformed"))
    assert replaced.epoch != epoch
    assert replaced.append([reading(0)]) == 1
    assert len(held(settle(file, replaced))) == SEALED + UNSEALED
    file.close(replaced)


def test_a_file_of_another_centre_is_set_aside_and_none_of_its_readings_are_sent(path: Path) -> None:
    file, outbox = opened(path, "namur")
    outbox = settle(file, outbox)
    assert (held(outbox), outbox.unconfirmed_count(), outbox.load("lights")) == ({}, 0, None)
    assert outbox.report(NOON).days == []
    assert [alarm.kind for alarm in file.alarms()] == ["outbox_damaged"]
    file.close(outbox)


def test_a_salvage_that_was_interrupted_goes_on_after_the_next_start(path: Path) -> None:
    random_bytes(0)(path)
    file, outbox = opened(path)
    file.close(outbox)
    file, outbox = opened(path)
    outbox = settle(file, outbox)
    assert len(held(outbox)) > SEALED // 2
    assert list(path.parent.glob("*salvage-*")) == []
    file.close(outbox)


def test_an_unharmed_file_stays_and_raises_no_alarm(path: Path) -> None:
    file, outbox = opened(path)
    assert settle(file, outbox) is outbox
    assert (outbox.unconfirmed_count(), outbox.depth()) == (SEALED // BATCH_SIZE, SEALED + UNSEALED)
    assert file.alarms() == []
    file.close(outbox)
    assert sorted(p.name for p in path.parent.iterdir()) == ["outbox.sqlite", "outbox.sqlite.last", "outbox.sqlite.reserve"]


def test_a_file_that_is_too_large_to_check_at_the_start_is_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_check, "CHECK_S", 0.0)
    file, outbox = opened(path)
    assert (file.alarms(), outbox.depth()) == ([], SEALED + UNSEALED)
    file.close(outbox)


def test_the_first_start_raises_no_alarm_and_a_lost_file_does(path: Path) -> None:
    for part in path.parent.glob("outbox.sqlite*"):
        if part.suffix != ".last":
            part.unlink()
    file, outbox = opened(path)
    assert ["is missing" in alarm.says for alarm in file.alarms()] == [True]
    file.close(outbox)
    file, outbox = opened(path.with_name("new.sqlite"))
    assert file.alarms() == []
    file.close(outbox)


def test_a_log_that_is_damaged_opens_a_new_epoch_because_numbers_were_given_that_the_file_does_not_know(path: Path) -> None:
    file, outbox = opened(path)
    outbox.append([reading(i) for i in range(1, 100)])
    for part in path.parent.glob("outbox.sqlite*"):
        shutil.copyfile(part, part.with_name(part.name.replace("outbox", "copy")))
    file.close(outbox)
    copy = path.with_name("copy.sqlite")
    wal = copy.with_name("copy.sqlite-wal")
    assert wal.stat().st_size > 200
    random_bytes(30)(wal)
    copy.with_name("copy.sqlite-shm").unlink(missing_ok=True)
    file, again = opened(copy)
    assert again.epoch != outbox.epoch
    assert ["older than its last number" in alarm.says for alarm in file.alarms()] == [True]
    assert len(held(settle(file, again))) + again.depth() >= SEALED
    file.close(again)


def test_the_alarm_ends_when_a_person_removes_the_damaged_file_and_only_a_few_are_kept(path: Path) -> None:
    clock = Clock()
    for _ in range(2 * KEPT):
        clock.move(60)
        os.truncate(path, 0)
        file, outbox = opened(path, clock=clock)
        outbox = settle(file, outbox)
        file.close(outbox)
    damaged = [p for p in path.parent.glob("*damaged-*") if not p.name.endswith(("-wal", "-shm"))]
    assert len(damaged) == KEPT
    for part in damaged:
        part.unlink()
    clock.move(60)
    assert file.alarms() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB, which can be filled and set read only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full_or_read_only_at_the_start_is_replaced_by_memory_until_it_is_usable(small_disk: Path) -> None:
    path, clock = small_disk / "outbox.sqlite", Clock()
    (small_disk / "filler").write_bytes(bytes(39_000_000))
    with suppress(OSError), (small_disk / "rest").open("wb") as rest:
        rest.write(bytes(9_000_000))
    file, outbox = opened(path, clock=clock)
    assert [alarm.kind for alarm in file.alarms()] == ["outbox_unavailable"]
    assert outbox.append([reading(1), reading(2)]) == 2
    (small_disk / "filler").unlink()
    clock.move(RETRY_AFTER.total_seconds())
    on_disk = settle(file, outbox)
    assert on_disk is not outbox
    assert (file.alarms(), held(on_disk)) == ([], {1: reading(1), 2: reading(2)})
    file.close(on_disk)


def test_a_disk_that_becomes_read_only_costs_nothing_that_is_sent_before_a_restart(small_disk: Path) -> None:
    path, clock = small_disk / "outbox.sqlite", Clock()
    file, outbox = opened(path, clock=clock)
    outbox.append([reading(1), reading(2)])
    epoch = outbox.epoch
    outbox.close()  # the kernel sets a disk with open files read only after an error; a test cannot
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY
    memory = file.replace(outbox, error)
    assert memory.append([reading(3)]) == 1
    assert [alarm.kind for alarm in file.alarms()] == ["outbox_unavailable"]
    memory = settle(file, memory)
    assert held(memory) == {1: reading(1), 2: reading(2)}
    file.close(memory)
    file, memory = opened(path, clock=clock)  # a restart while the disk is still read only
    memory = settle(file, memory)
    assert held(memory) == {1: reading(1), 2: reading(2)}
    memory.append([reading(4)])
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    clock.move(RETRY_AFTER.total_seconds())
    on_disk = settle(file, memory)
    assert on_disk.epoch not in (epoch, memory.epoch)
    firsts = {(batch.epoch, batch.first) for batch in on_disk.former.oldest(100)}
    assert {(epoch, 1), (memory.epoch, 1)} == firsts
    file.close(on_disk)


def test_a_folder_that_is_a_file_is_replaced_by_memory(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    file, outbox = opened(tmp_path / "folder" / "outbox.sqlite", clock=Clock(NOON + timedelta(hours=1)))
    assert outbox.append([reading(1)]) == 1
    assert [alarm.kind for alarm in file.alarms()] == ["outbox_unavailable"]
    file.close(outbox)
