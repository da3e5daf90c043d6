"""The outbox: numbers without gaps, batches that never change, and a file that survives a power cut."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.current_epoch import BATCH_SIZE
from edge.outbox import Outbox
from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.time import local_day
from tests.support.program import eventually
from tests.support.project import ROOT

ZONE = "Europe/Brussels"
MIDNIGHT = round(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp() * 1000)
"""The beginning of the day of 23 hours, in Brussels."""
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def reading(at_ms: int, device: str = "s-1", value: float = 1.0) -> Reading:
    return Reading(at_ms, device, Metric.PRESENCE, value)


def memory() -> Outbox:
    return Outbox(Path(":memory:"), ZONE)


def batches(outbox: Outbox) -> list[Batch]:
    return [Batch.model_validate_json(sealed.payload) for sealed in outbox.unconfirmed(0, 1_000_000)]


some_readings = st.lists(
    st.builds(
        Reading,
        st.integers(MIDNIGHT - 3 * 86_400_000, MIDNIGHT + 3 * 86_400_000),
        st.sampled_from(["s-1", "s-2", "l-1"]),
        st.sampled_from(list(Metric)),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
    ),
    max_size=40,
)


@given(st.lists(st.tuples(some_readings, st.booleans()), max_size=8))
def test_numbers_have_no_gaps_and_every_reading_comes_back_as_it_was_appended(
    appended: list[tuple[list[Reading], bool]],
) -> None:
    portions = [portion for portion, _ in appended]
    with memory() as outbox:
        for portion, unsealed in appended:
            assert outbox.append(portion, unsealed=unsealed) == len(portion)
            assert sum(day.in_outbox for day in outbox.report(NOW).days) == outbox.report(NOW).last
        outbox.seal()
        found = batches(outbox)
        assert [b.first for b in found] == [1, *(b.last + 1 for b in found)][: len(found)]
        back = [
            Reading(b.at_ms[i], b.devices[b.device[i]], Metric(b.metric[i]), b.value[i], i in b.by_arrival)
            for b in found
            for i in range(len(b.at_ms))
        ]
        assert back == [reading for portion in portions for reading in portion]


@given(some_readings)
def test_no_batch_crosses_a_local_day_also_at_a_change_of_summer_time(readings: list[Reading]) -> None:
    with memory() as outbox:
        outbox.append(readings)
        for batch in batches(outbox):
            whole = local_day(datetime.fromisoformat(batch.day).date(), ZONE)
            for at_ms in batch.at_ms:
                assert whole.start.timestamp() * 1000 <= at_ms < whole.end.timestamp() * 1000


def test_midnight_belongs_to_the_new_day() -> None:
    with memory() as outbox:
        outbox.append([reading(MIDNIGHT - 1), reading(MIDNIGHT), reading(MIDNIGHT + 23 * 3_600_000)])
        assert [(b.day, b.first, b.last) for b in batches(outbox)] == [
            ("2026-03-28", 1, 1),
            ("2026-03-29", 2, 2),
            ("2026-03-30", 3, 3),
        ]


def test_a_batch_has_at_most_batch_size_readings() -> None:
    with memory() as outbox:
        outbox.append([reading(MIDNIGHT + i) for i in range(2 * BATCH_SIZE + 1)])
        assert [b.last - b.first + 1 for b in batches(outbox)] == [BATCH_SIZE, BATCH_SIZE, 1]


def test_a_resend_is_byte_identical_also_from_the_file_opened_again_and_in_another_zone(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "outbox.sqlite"
    with Outbox(path, ZONE) as outbox:
        outbox.append([reading(MIDNIGHT + i, value=i / 7) for i in range(900)])
        first, epoch = outbox.unconfirmed(0, 99), outbox.epoch
        assert outbox.unconfirmed(0, 99) == first
    with Outbox(path, "Asia/Tokyo") as reopened:
        assert (reopened.unconfirmed(0, 99), reopened.epoch) == (first, epoch)
        reopened.append([reading(MIDNIGHT)])
        assert reopened.unconfirmed(900, 99)[0].first == 901


def test_unconfirmed_batches_are_read_after_a_number_and_up_to_a_limit() -> None:
    with memory() as outbox:
        for i in range(5):
            outbox.append([reading(MIDNIGHT + i)])
        assert [s.first for s in outbox.unconfirmed(2, 2)] == [3, 4]


def test_unsealed_readings_are_sealed_together_when_they_fill_a_batch_or_are_to_be_published(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        for i in range(BATCH_SIZE + 10):
            outbox.append([reading(MIDNIGHT + i)], unsealed=True)
        assert [b.last - b.first + 1 for b in batches(outbox)] == [BATCH_SIZE]
    with Outbox(tmp_path / "o", "Pacific/Auckland") as reopened:
        reopened.seal()
        assert [b.last - b.first + 1 for b in batches(reopened)] == [BATCH_SIZE, 10]
        assert {b.day for b in batches(reopened)} == {"2026-03-29"}, "the day under which they were numbered"


def test_a_confirmation_deletes_only_batches_that_it_names_exactly() -> None:
    with memory() as outbox:
        for _ in range(3):
            outbox.append([reading(MIDNIGHT), reading(MIDNIGHT + 1)])
        outbox.confirm([(1, 1), (2, 2), (1, 6), (4, 4), (99, 100), (3, 4)])
        assert [s.first for s in outbox.unconfirmed(0, 9)] == [1, 5]
        outbox.confirm([(1, 2), (5, 6)])
        assert outbox.unconfirmed_count() == 0
        outbox.append([reading(MIDNIGHT)])
        assert outbox.unconfirmed(0, 9)[0].first == 7


def test_the_report_counts_numbered_and_unconfirmed_readings_by_local_day() -> None:
    with memory() as outbox:
        outbox.append([reading(MIDNIGHT - 2), reading(MIDNIGHT - 1), reading(MIDNIGHT), reading(MIDNIGHT - 1)])
        outbox.confirm([(1, 2)])
        report = outbox.report(NOW)
        assert (report.epoch, report.last, report.reported_ms) == (outbox.epoch, 4, round(NOW.timestamp() * 1000))
        assert [(d.day, d.numbered, d.in_outbox) for d in report.days] == [("2026-03-28", 3, 1), ("2026-03-29", 1, 1)]


@pytest.mark.parametrize("bad", [reading(-1), reading(5_000), reading(10**18), reading(MIDNIGHT, value=float("nan"))])
def test_readings_outside_the_wire_contract_take_no_number(bad: Reading) -> None:
    with memory() as outbox:
        outbox.append([reading(MIDNIGHT)])
        with pytest.raises(ValueError, match=r"\w"):
            outbox.append([reading(MIDNIGHT), reading(MIDNIGHT - 1), bad])
        assert outbox.append([reading(MIDNIGHT)]) == 1
        assert [(b.first, b.last) for b in batches(outbox)] == [(1, 1), (2, 2)]
        assert sum(d.numbered for d in outbox.report(NOW).days) == 2


def test_a_saved_value_is_loaded_after_reopening(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", ZONE) as outbox:
        assert outbox.load("policy") is None
        outbox.save("policy", "one")
        outbox.save("policy", "two")
    with Outbox(tmp_path / "o", ZONE) as reopened:
        assert reopened.load("policy") == "two"


_ENDLESS = f"""
import sys
from pathlib import Path
from edge.outbox import Outbox
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
outbox = Outbox(Path(sys.argv[1]), "Europe/Brussels")
for i in range(10**9):
    outbox.append([Reading({MIDNIGHT} - 100 + i + k, "s-1", Metric.PRESENCE, 1.0) for k in range(150)])
    print(150 * (i + 1), flush=True)
"""


def test_an_outbox_killed_while_writing_holds_all_accepted_readings_and_goes_on(tmp_path: Path) -> None:
    path, log = tmp_path / "outbox.sqlite", tmp_path / "log"
    for _ in range(3):
        before = _total(path)
        with log.open("wb") as out:
            process = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(path)], cwd=ROOT, stdout=out)
            try:
                eventually(lambda: log.stat().st_size > 150)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
        accepted = int(log.read_text().rsplit("\n", 2)[-2])
        with Outbox(path, ZONE) as outbox:
            found = batches(outbox)
            assert [b.first for b in found] == [1, *(b.last + 1 for b in found[:-1])]
            assert all(a.last + 1 == b.first for a, b in pairwise(found))
            report = outbox.report(NOW)
            numbered = sum(d.numbered for d in report.days)
            assert numbered == report.last == found[-1].last == sum(d.in_outbox for d in report.days)
            assert numbered - before >= accepted
            assert (numbered - before) % 150 == 0


def _total(path: Path) -> int:
    if not path.exists():
        return 0
    with Outbox(path, ZONE) as outbox:
        return outbox.report(NOW).last


def test_payloads_are_the_contract_in_json() -> None:
    with memory() as outbox:
        outbox.append([reading(MIDNIGHT)])
        payload = json.loads(outbox.unconfirmed(0, 1)[0].payload)
        assert payload == {
            "v": 1,
            "epoch": outbox.epoch,
            "first": 1,
            "day": "2026-03-29",
            "devices": ["s-1"],
            "at_ms": [MIDNIGHT],
            "device": [0],
            "metric": [1],
            "value": [1.0],
            "by_arrival": [],
        }


OLD_FILE = f"""
PRAGMA journal_mode = WAL;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, day TEXT NOT NULL, payload BLOB NOT NULL);
CREATE INDEX batch_day ON batch (day);
CREATE TABLE day (day TEXT PRIMARY KEY, numbered INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE numbered (
    n INTEGER PRIMARY KEY, day TEXT NOT NULL,
    at_ms INTEGER NOT NULL, device TEXT NOT NULL, metric INTEGER NOT NULL, value REAL NOT NULL, by_arrival INTEGER NOT NULL);
INSERT INTO meta VALUES ('epoch', '0123456789ab'), ('last', '3'), ('policy', 'a policy');
INSERT INTO batch VALUES (1, 2, '2026-03-29', CAST('the bytes of a batch' AS BLOB));
INSERT INTO numbered VALUES (3, '2026-03-29', {MIDNIGHT}, 's-1', 1, 1.0, 0);
INSERT INTO day VALUES ('2026-03-29', 3);
"""
"""An outbox as gateways before version 2 of the saved lights wrote it."""


def test_the_file_of_an_older_gateway_is_read_and_continued(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(OLD_FILE)
    with Outbox(path, ZONE) as outbox:
        assert (outbox.epoch, outbox.load("policy"), outbox.depth()) == ("0123456789ab", "a policy", 3)
        outbox.append([reading(MIDNIGHT)])
        assert [(b.first, b.last) for b in outbox.unconfirmed(0, 9)] == [(1, 2), (3, 4)]
        assert outbox.unconfirmed(0, 1)[0].payload == b"the bytes of a batch"
        assert [(d.numbered, d.in_outbox) for d in outbox.report(NOW).days] == [(4, 4)]
