"""Without disk space the outbox stores presence and counts what it drops; with space again it stores everything."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from edge.disk_quota import DiskQuota
from edge.outbox import Outbox
from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

START = round(datetime(2026, 10, 5, 8, tzinfo=UTC).timestamp() * 1000)
NOW = datetime(2026, 10, 5, 20, tzinfo=UTC)
MB = 1_000_000


def air(second: int, how_many: int = 300) -> list[Reading]:
    draw = Random(second)
    return [Reading(START + second * 1000 + i, f"air-{i}", Metric.CO2_PPM, draw.random() * 1000) for i in range(how_many)]


def presence(second: int, value: float = 1.0, device: str = "desk-1") -> Reading:
    return Reading(START + second * 1000, device, Metric.PRESENCE, value)


def stored(outbox: Outbox) -> list[Reading]:
    outbox.seal()
    found = [Batch.model_validate_json(sealed.payload) for sealed in outbox.unconfirmed(0, 10**9)]
    return [
        Reading(at, b.devices[d], Metric(m), v)
        for b in found
        for at, d, m, v in zip(b.at_ms, b.device, b.metric, b.value, strict=True)
    ]


def fill(outbox: Outbox) -> int:
    """Append air readings until none fits; returns how many were appended."""
    appended = 0
    for second in range(100_000):
        appended += len(air(second))
        if outbox.append(air(second)) == 0:
            return appended
    raise AssertionError("the outbox never became full")


@pytest.fixture(params=["limit", "disk"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox with about 8 MB: by its own limit, or on a real disk of that size."""
    if request.param == "limit":
        with Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels", limit_bytes=8 * MB) as small:
            yield small
        return
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", tmp_path], check=False).returncode
    ):
        pytest.skip("only root can mount a disk")
    try:
        (tmp_path / "others").write_bytes(bytes(14 * MB))
        with Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels") as small:
            yield small
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_with_a_full_disk_presence_is_stored_and_dropped_readings_are_numbered(outbox: Outbox) -> None:
    appended = fill(outbox)
    assert outbox.full
    for second in range(1_000):
        assert outbox.append([presence(second, second % 2), *air(second, 5)]) == 1
        appended += 6
    found = stored(outbox)
    assert [r for r in found if r.metric is Metric.PRESENCE] == [presence(second, second % 2) for second in range(1_000)]
    report = outbox.report(NOW)
    assert report.last == appended == sum(day.numbered for day in report.days)
    assert sum(day.in_outbox for day in report.days) == len(found) < appended


def test_with_the_reserve_used_up_the_newest_presence_of_each_device_survives(outbox: Outbox) -> None:
    appended = fill(outbox)
    second = 0
    while outbox.append([presence(second + i, device=f"desk-{i}") for i in range(300)]):
        appended += 300
        second += 1
    appended += 300
    assert outbox.append([presence(second + 300, 0.0, "desk-7")]) == 0
    appended += 1
    outbox.confirm([(b.first, b.last) for b in outbox.unconfirmed(0, 10**9)])
    assert not outbox.full
    newest = {r.device: r for r in stored(outbox)}
    assert newest.pop("desk-7") == presence(second + 300, 0.0, "desk-7")
    assert newest == {f"desk-{i}": presence(second + i, device=f"desk-{i}") for i in range(300) if i != 7}
    assert outbox.report(NOW).last == appended


def test_space_that_becomes_free_is_used_and_the_reserve_is_allocated_again(outbox: Outbox) -> None:
    fill(outbox)
    outbox.confirm([(b.first, b.last) for b in outbox.unconfirmed(0, 10**9)])
    assert not outbox.full
    assert outbox.append(air(1)) == 300
    assert fill(outbox) > 0
    assert outbox.append([presence(1)]) == 1


def test_an_outbox_on_a_full_disk_reopens_with_all_its_readings(outbox: Outbox) -> None:
    fill(outbox)
    outbox.append([presence(1)])
    before = stored(outbox)
    path = Path(outbox._db.execute("PRAGMA database_list").fetchone()[2])
    limit = outbox._quota._limit
    outbox.close()
    with Outbox(path, "Europe/Brussels", limit_bytes=limit) as reopened:
        assert stored(reopened) == before
        assert reopened.append([presence(2)]) == 1


def test_the_reserve_is_allocated_on_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", "Europe/Brussels", limit_bytes=8 * MB) as small:
        assert isinstance(small._quota, DiskQuota)
        held = (tmp_path / "o.reserve").stat()
        assert held.st_blocks * 512 >= held.st_size == 2 * MB
