"""A new epoch: readings keep their numbers until the server has answered, and none is lost or numbered twice."""

import shutil
from pathlib import Path

from edge.current_epoch import BATCH_SIZE
from edge.outbox import Outbox
from edge.sealed_batch import SealedBatch, digest_of, readings_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from tests.support.factory import NOON, ZONE

START = round(NOON.timestamp() * 1000)


def readings(first: int, count: int) -> list[Reading]:
    return [Reading(START + n, f"s-{n % 3}", Metric.PRESENCE, float(n % 2)) for n in range(first, first + count)]


def current(outbox: Outbox) -> list[tuple[int, int]]:
    return [(batch.first, batch.last) for batch in outbox.unconfirmed(0, 10_000)]


def former(outbox: Outbox) -> list[tuple[str, int, int]]:
    return [(batch.epoch, batch.first, batch.last) for batch in outbox.former.oldest(10_000)]


def all_readings(outbox: Outbox) -> list[Reading]:
    payloads = [batch.payload for batch in outbox.former.oldest(10_000)]
    payloads += [batch.payload for batch in outbox.unconfirmed(0, 10_000)]
    return [reading for payload in payloads for reading in readings_of(payload)[2]]


def test_batches_keep_their_epoch_and_bytes_when_a_new_epoch_begins(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        old = outbox.epoch
        outbox.append(readings(1, 5))
        outbox.append(readings(6, 5), unsealed=True)
        before = [batch.payload for batch in outbox.unconfirmed(0, 9)]
        new = outbox.open_new_epoch()
        assert new != old
        assert former(outbox) == [(old, 1, 5), (old, 6, 10)]
        assert [batch.payload for batch in outbox.former.oldest(1)] == before
        assert (outbox.last_number(), outbox.report(NOON).days, current(outbox)) == (0, [], [])
        outbox.append(readings(11, 2))
        assert current(outbox) == [(1, 2)]
        assert (outbox.unconfirmed_count(), outbox.depth()) == (3, 12)
    with Outbox(tmp_path / "o", ZONE) as reopened:
        assert (reopened.epoch, len(former(reopened)), current(reopened)) == (new, 2, [(1, 2)])
        assert all_readings(reopened) == readings(1, 12)


def test_readings_that_were_never_published_are_numbered_again_at_once(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        old = outbox.epoch
        outbox.append(readings(1, 3))
        outbox.append(readings(4, 4), unsealed=True)
        outbox.append(readings(8, BATCH_SIZE), unsealed=True)
        outbox.append(readings(8 + BATCH_SIZE, 2), unsealed=True)
        outbox.open_new_epoch(never_published_after=5)
        assert {batch[0] for batch in former(outbox)} == {old}
        assert all_readings(outbox)[:3] == readings(1, 3)
        assert sorted(all_readings(outbox)) == readings(1, 9 + BATCH_SIZE)
        report = outbox.report(NOON)
        assert (
            report.last
            == sum(day.numbered for day in report.days)
            == sum(last - first + 1 for first, last in current(outbox))
        )


def test_a_refused_batch_is_numbered_again_without_the_readings_that_are_stored(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        old = outbox.epoch
        outbox.append(readings(1, 5))
        outbox.append(readings(6, 5))
        digest = digest_of(outbox.unconfirmed(0, 1)[0].payload)
        assert outbox.renumber(old, (1, 5), "0" * 16) == 0
        assert outbox.renumber(old, (1, 4), digest) == 0
        assert outbox.epoch == old
        assert outbox.renumber(old, (1, 5), digest, stored=[(1, 2), (5, 5)]) == 2
        assert outbox.epoch != old
        assert former(outbox) == [(old, 6, 10)]
        assert [readings_of(batch.payload)[2] for batch in outbox.unconfirmed(0, 9)] == [readings(3, 2)]
        assert outbox.renumber(old, (1, 5), digest) == 0
        assert outbox.renumber(old, (6, 10)) == 5
        assert (former(outbox), current(outbox)) == ([], [(1, 2), (3, 7)])


def test_a_confirmation_for_other_bytes_deletes_nothing(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        outbox.append(readings(1, 5))
        digest = digest_of(outbox.unconfirmed(0, 1)[0].payload)
        outbox.confirm([(1, 5)], digests=["0" * 16])
        assert current(outbox) == [(1, 5)]
        old = outbox.epoch
        outbox.open_new_epoch()
        outbox.confirm([(1, 5)], old, ["0" * 16])
        outbox.confirm([(1, 5)], outbox.epoch, [digest])
        assert former(outbox) == [(old, 1, 5)]
        outbox.confirm([(1, 5)], old, [digest])
        assert outbox.unconfirmed_count() == 0


def test_an_older_copy_that_is_put_back_starts_a_new_epoch_without_any_network(tmp_path: Path) -> None:
    path, copy = tmp_path / "o", tmp_path / "copy"
    with Outbox(path, ZONE) as outbox:
        outbox.append(readings(1, 120))
        epoch = outbox.epoch
    shutil.copy(path, copy)
    with Outbox(path, ZONE) as outbox:
        outbox.append(readings(121, 200))
        assert outbox.epoch == epoch
    shutil.copy(copy, path)
    with Outbox(path, ZONE) as outbox:
        assert outbox.epoch != epoch
        assert former(outbox) == [(epoch, 1, 120)]
        left = outbox.former.epochs()
        assert [(each.epoch, each.known, sum(each.held.values())) for each in left] == [(epoch, 320, 120)]
        outbox.append(readings(1_000, 3))
        assert current(outbox) == [(1, 3)]


def test_a_lost_file_leaves_its_epoch_and_last_number(tmp_path: Path) -> None:
    path = tmp_path / "o"
    with Outbox(path, ZONE) as outbox:
        outbox.append(readings(1, 20))
        epoch = outbox.epoch
    path.unlink()
    with Outbox(path, ZONE) as outbox:
        assert outbox.epoch != epoch
        assert [(each.epoch, each.known, each.held) for each in outbox.former.epochs()] == [(epoch, 20, {})]


def test_batches_of_another_file_are_adopted_with_their_numbers(tmp_path: Path) -> None:
    with Outbox(tmp_path / "a", ZONE) as broken:
        broken.append(readings(1, 5))
        broken.append(readings(6, 5))
        epoch, saved = broken.epoch, broken.unconfirmed(5, 9)
    with Outbox(tmp_path / "b", ZONE) as outbox:
        outbox.adopt(epoch, 10, [SealedBatch(batch.first, batch.last, batch.payload) for batch in saved])
        outbox.adopt(epoch, 10, saved)
        assert former(outbox) == [(epoch, 6, 10)]
        assert outbox.renumber(epoch, (6, 10)) == 5
        assert all_readings(outbox) == readings(6, 5)
