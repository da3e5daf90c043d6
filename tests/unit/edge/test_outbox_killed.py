"""Killed at every line it runs, and with the power cut after any of its writes, the outbox holds all it had accepted."""

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
WITHOUT_EFFECT = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "day_of", "split", "to_batch"}
SAID = struct.Struct("<qqq")
"""What a life tells: how many readings were accepted, how many forgotten, and how long the log was when both were true."""


def some(how_many: int, number: int) -> list[Reading]:
    return [Reading(START + (number + i) * 500, f"s-{i % 3}", Metric.PRESENCE, float(i % 2)) for i in range(how_many)]


def life(path: Path) -> Iterator[tuple[int, int]]:
    """An outbox's day in short: sealed at once, lingering, sealed together, settled; after each step what is promised."""
    outbox = Outbox(path, ZONE)
    accepted = forgotten = 0
    for how_many, unsealed in ((7, False), (2, True), (3, True), (9, True), (1, True)):
        accepted += outbox.append(some(how_many, accepted), unsealed=unsealed)
        yield accepted, forgotten
    outbox.confirm([(1, 4)])  # the first batch ends at midnight
    yield accepted, 4
    outbox.seal()
    yield accepted, 4
    accepted += outbox.append(some(2, accepted))
    yield accepted, 4


def die_at(step: int, path: Path, told: int) -> bool:
    """Live in a process of its own and be killed at the given line of the outbox; returns whether it came that far."""
    child = os.fork()
    if child == 0:
        left = step

        def count(frame: FrameType, event: str, _arg: Any) -> Any:
            nonlocal left
            if frame.f_code.co_filename not in FILES or frame.f_code.co_name in WITHOUT_EFFECT:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return count

        sys.settrace(count)
        for accepted, forgotten in life(path):
            wal = path.with_name(path.name + "-wal").stat().st_size
            os.write(told, SAID.pack(accepted, forgotten, wal))
        os.kill(os.getpid(), signal.SIGKILL if left > 0 else signal.SIGABRT)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return True


def last_said(told: int) -> tuple[int, int, int, bool]:
    """The newest promise, and whether the whole life was lived."""
    said = list(SAID.iter_unpack(os.read(told, 1_000_000))) if os.fstat(told).st_size else []
    accepted, forgotten, wal = said[-1] if said else (0, 0, 0)
    return accepted, forgotten, wal, len(said) == 8


def check(path: Path, accepted: int, forgotten: int) -> None:
    with Outbox(path, ZONE) as outbox:
        outbox.seal()
        found = [Batch.model_validate_json(sealed.payload) for sealed in outbox.unconfirmed(0, 10_000)]
        report = outbox.report(NOW)
        assert report.last >= accepted
        assert sum(day.numbered for day in report.days) == report.last
        first = found[0].first if found else report.last + 1
        assert first in (1, forgotten + 1, 5)
        assert forgotten < first
        assert all(a.last + 1 == b.first for a, b in pairwise(found))
        assert not found or found[-1].last == report.last
        back = [
            Reading(at, b.devices[d], Metric(m), v)
            for b in found
            for at, d, m, v in zip(b.at_ms, b.device, b.metric, b.value, strict=True)
        ]
        assert [r.at_ms for r in back] == [START + number * 500 for number in range(first - 1, report.last)]
        assert outbox.append(some(3, report.last)) == 3
        assert outbox.report(NOW).last == report.last + 3


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short life has every kind of step."""
    monkeypatch.setattr(edge.outbox, "BATCH_SIZE", SMALL_BATCH)


def test_killed_at_every_line_it_holds_all_that_it_accepted_and_forgets_only_what_it_may(tmp_path: Path) -> None:
    whole = False
    for step in range(1, LONGEST):
        path, told = tmp_path / f"{step}.sqlite", tmp_path / f"{step}.told"
        with told.open("w+b", buffering=0) as pipe:
            die_at(step, path, pipe.fileno())
            pipe.seek(0)
            accepted, forgotten, _, whole = last_said(pipe.fileno())
        if path.exists():
            check(path, accepted, forgotten)
        for file in tmp_path.glob(f"{step}.*"):
            file.unlink()
        if whole:
            break
    assert whole, "the life is longer than was tried"


def test_power_cut_with_part_of_the_last_write_on_disk_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    """What is behind the last commit may be there, in part, or garbage: the disk was never told to keep it."""
    draw = Random(7)
    tried = 0
    for step in range(9, LONGEST, 7):
        path, told = tmp_path / f"{step}.sqlite", tmp_path / f"{step}.told"
        with told.open("w+b", buffering=0) as pipe:
            die_at(step, path, pipe.fileno())
            pipe.seek(0)
            accepted, forgotten, synced, whole = last_said(pipe.fileno())
        wal = path.with_name(path.name + "-wal")
        if whole:
            break
        if not accepted:
            continue
        for cut in {synced, draw.randint(synced, wal.stat().st_size), wal.stat().st_size}:
            broken = tmp_path / "broken.sqlite"
            shutil.copy(path, broken)
            kept = wal.read_bytes()[:cut]
            torn = kept[:synced] + draw.randbytes(len(kept) - synced) if cut % 2 else kept
            broken.with_name(broken.name + "-wal").write_bytes(torn)
            broken.with_name(broken.name + "-shm").unlink(missing_ok=True)
            check(broken, accepted, forgotten)
            tried += 1
    assert tried > 20


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert outbox._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL: each commit syncs the log"
