"""Killed at any line, or with the power cut after any write, the outbox holds all readings that it had accepted."""

import os
import shutil
import signal
import struct
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

import edge.disk_quota
import edge.outbox
import edge.outbox_overflow
from edge.outbox import Outbox
from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

ZONE = "Europe/Brussels"
START = round(datetime(2026, 10, 5, 21, 59, 58, tzinfo=UTC).timestamp() * 1000)
"""Two seconds, which are four readings, before midnight in Brussels."""
NOW = datetime(2026, 10, 6, tzinfo=UTC)
SMALL_BATCH = 8
LONGEST = 3_000
FILES = {edge.outbox.__file__, edge.outbox_overflow.__file__, edge.disk_quota.__file__}
PURE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "day_of", "split", "to_batch"}
PROMISE = struct.Struct("<qqq")
"""What a run reports after each step: readings accepted, readings deleted, and the length of the write-ahead log then."""


def readings(how_many: int, number: int) -> list[Reading]:
    return [Reading(START + (number + i) * 500, f"s-{i % 3}", Metric.PRESENCE, float(i % 2)) for i in range(how_many)]


def run_outbox(path: Path) -> Iterator[tuple[int, int]]:
    """Append sealed and unsealed, confirm, seal; yields readings accepted and deleted after each step."""
    outbox = Outbox(path, ZONE)
    accepted = deleted = 0
    for how_many, unsealed in ((7, False), (2, True), (3, True), (9, True), (1, True)):
        accepted += outbox.append(readings(how_many, accepted), unsealed=unsealed)
        yield accepted, deleted
    outbox.confirm([(1, 4)])  # the first batch ends at midnight
    yield accepted, 4
    outbox.seal()
    yield accepted, 4
    accepted += outbox.append(readings(2, accepted))
    yield accepted, 4


def kill_at(step: int, path: Path, promises: int) -> None:
    """Run the outbox in a child process, which is killed at the given line of it; promises go to that file descriptor."""
    child = os.fork()
    if child == 0:
        left = step

        def count(frame: FrameType, event: str, _arg: Any) -> Any:
            nonlocal left
            if frame.f_code.co_filename not in FILES or frame.f_code.co_name in PURE:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return count

        sys.settrace(count)
        for accepted, deleted in run_outbox(path):
            wal = path.with_name(path.name + "-wal").stat().st_size
            os.write(promises, PROMISE.pack(accepted, deleted, wal))
        os.kill(os.getpid(), signal.SIGKILL if left > 0 else signal.SIGABRT)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def last_promise(file: int) -> tuple[int, int, int, bool]:
    """The last promise, and whether the run was complete."""
    promises = list(PROMISE.iter_unpack(os.read(file, 1_000_000))) if os.fstat(file).st_size else []
    accepted, deleted, wal = promises[-1] if promises else (0, 0, 0)
    return accepted, deleted, wal, len(promises) == 8


def check(path: Path, accepted: int, deleted: int) -> None:
    with Outbox(path, ZONE) as outbox:
        outbox.seal()
        found = [Batch.model_validate_json(sealed.payload) for sealed in outbox.unconfirmed(0, 10_000)]
        report = outbox.report(NOW)
        assert report.last >= accepted
        assert sum(day.numbered for day in report.days) == report.last
        first = found[0].first if found else report.last + 1
        assert first in (1, deleted + 1, 5)
        assert deleted < first
        assert all(a.last + 1 == b.first for a, b in pairwise(found))
        assert not found or found[-1].last == report.last
        back = [
            Reading(at, b.devices[d], Metric(m), v)
            for b in found
            for at, d, m, v in zip(b.at_ms, b.device, b.metric, b.value, strict=True)
        ]
        assert [r.at_ms for r in back] == [START + number * 500 for number in range(first - 1, report.last)]
        assert outbox.append(readings(3, report.last)) == 3
        assert outbox.report(NOW).last == report.last + 3


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short run has every kind of step."""
    monkeypatch.setattr(edge.outbox, "BATCH_SIZE", SMALL_BATCH)


def test_killed_at_every_line_it_holds_all_accepted_readings_and_deletes_only_confirmed_ones(tmp_path: Path) -> None:
    complete = False
    for step in range(1, LONGEST):
        path, promises = tmp_path / f"{step}.sqlite", tmp_path / f"{step}.promises"
        with promises.open("w+b", buffering=0) as file:
            kill_at(step, path, file.fileno())
            file.seek(0)
            accepted, deleted, _, complete = last_promise(file.fileno())
        if path.exists():
            check(path, accepted, deleted)
        for leftover in tmp_path.glob(f"{step}.*"):
            leftover.unlink()
        if complete:
            break
    assert complete, "the run has more lines than were tried"


def test_a_power_cut_with_part_of_the_last_write_on_disk_loses_no_accepted_reading(tmp_path: Path) -> None:
    """What was written after the last commit may be there, in part, or garbage: it was never synced."""
    draw = Random(7)
    tried = 0
    for step in range(9, LONGEST, 7):
        path, promises = tmp_path / f"{step}.sqlite", tmp_path / f"{step}.promises"
        with promises.open("w+b", buffering=0) as file:
            kill_at(step, path, file.fileno())
            file.seek(0)
            accepted, deleted, synced, complete = last_promise(file.fileno())
        wal = path.with_name(path.name + "-wal")
        if complete:
            break
        if not accepted:
            continue
        for cut in {synced, draw.randint(synced, wal.stat().st_size), wal.stat().st_size}:
            broken = tmp_path / "broken.sqlite"
            shutil.copy(path, broken)
            kept = wal.read_bytes()[:cut]
            torn = kept[:synced] + draw.randbytes(len(kept) - synced) if cut % 2 else kept
            broken.with_name(broken.name + "-wal").write_bytes(torn)
            for other in ("-shm", ".last"):  # the note of the last number would show that an older file was put back
                broken.with_name(broken.name + other).unlink(missing_ok=True)
            check(broken, accepted, deleted)
            tried += 1
    assert tried > 20


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert outbox._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL: each commit syncs the log"
