"""Without room the outbox keeps presence and counts what it could not keep; with room again nothing else is lost."""

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


def kept(outbox: Outbox) -> list[Reading]:
    outbox.seal()
    found = [Batch.model_validate_json(sealed.payload) for sealed in outbox.unconfirmed(0, 10**9)]
    return [
        Reading(at, b.devices[d], Metric(m), v)
        for b in found
        for at, d, m, v in zip(b.at_ms, b.device, b.metric, b.value, strict=True)
    ]


def fill(outbox: Outbox) -> int:
    """Air until nothing more fits; returns how many readings were said."""
    said = 0
    for second in range(100_000):
        said += len(air(second))
        if outbox.append(air(second)) == 0:
            return said
    raise AssertionError("it never filled")


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
        pytest.skip("a disk of its own can only be mounted by root")
    try:
        (tmp_path / "others").write_bytes(bytes(14 * MB))
        with Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels") as small:
            yield small
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_a_full_disk_keeps_presence_and_gives_what_it_drops_a_number(outbox: Outbox) -> None:
    said = fill(outbox)
    assert outbox.full
    for second in range(1_000):
        assert outbox.append([presence(second, second % 2), *air(second, 5)]) == 1
        said += 6
    found = kept(outbox)
    assert [r for r in found if r.metric is Metric.PRESENCE] == [presence(second, second % 2) for second in range(1_000)]
    report = outbox.report(NOW)
    assert report.last == said == sum(day.numbered for day in report.days)
    assert sum(day.in_outbox for day in report.days) == len(found) < said


def test_where_even_the_reserve_is_used_up_the_newest_presence_survives(outbox: Outbox) -> None:
    said = fill(outbox)
    second = 0
    while outbox.append([presence(second + i, device=f"desk-{i}") for i in range(300)]):
        said += 300
        second += 1
    said += 300
    assert outbox.append([presence(second + 300, 0.0, "desk-7")]) == 0
    said += 1
    outbox.confirm([(b.first, b.last) for b in outbox.unconfirmed(0, 10**9)])
    assert not outbox.full
    newest = {r.device: r for r in kept(outbox)}
    assert newest.pop("desk-7") == presence(second + 300, 0.0, "desk-7")
    assert newest == {f"desk-{i}": presence(second + i, device=f"desk-{i}") for i in range(300) if i != 7}
    assert outbox.report(NOW).last == said


def test_quota_that_comes_back_is_used_and_held_back_anew(outbox: Outbox) -> None:
    fill(outbox)
    outbox.confirm([(b.first, b.last) for b in outbox.unconfirmed(0, 10**9)])
    assert not outbox.full
    assert outbox.append(air(1)) == 300
    assert fill(outbox) > 0
    assert outbox.append([presence(1)]) == 1


def test_an_outbox_of_a_full_disk_opens_again_with_all_it_had(outbox: Outbox) -> None:
    fill(outbox)
    outbox.append([presence(1)])
    had = kept(outbox)
    path = Path(outbox._db.execute("PRAGMA database_list").fetchone()[2])
    limit = outbox._quota._limit
    outbox.close()
    with Outbox(path, "Europe/Brussels", limit_bytes=limit) as again:
        assert kept(again) == had
        assert again.append([presence(2)]) == 1


def test_the_reserve_lies_on_the_disk(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", "Europe/Brussels", limit_bytes=8 * MB) as small:
        assert isinstance(small._quota, DiskQuota)
        held = (tmp_path / "o.reserve").stat()
        assert held.st_blocks * 512 >= held.st_size == 2 * MB
