"""Spans do not depend on the order of arrival: they equal those derived from scratch."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from smartwork.db.core.connection import Connection, connect
from smartwork.db.ingest.store import IngestStore
from smartwork.db.network_setup import install
from smartwork.db.presence.spans import SpansNotDerived, derive_queued_spans
from smartwork.domain.presence.sensor_limits import MAX_GAP, silence_timeout
from tests.support import scalar_occupancy
from tests.support.factory import NOON, Measurement, batch, portion_of, presence, small_network
from tests.support.program import eventually

pytestmark = pytest.mark.services
MORNING = NOON - timedelta(hours=4)
INTERVAL_S = 60
Spans = list[tuple[datetime, datetime, str, bool]]


@pytest.fixture
def store(connection: Connection) -> IngestStore:
    install(connection, small_network())
    return IngestStore(connection)


def spans(connection: Connection, desk: str = "desk-1") -> Spans:
    statement = "SELECT starts_at, ends_at, state, suspect FROM span NATURAL JOIN resource WHERE slug = %s ORDER BY 1"
    return [(row[0], row[1], str(row[2]), bool(row[3])) for row in connection.execute(statement, (desk,))]


def from_scratch(readings: list[Measurement], device: str = "s-1") -> Spans:
    """The spans of all readings at once, by the scalar rules."""
    samples = sorted((at.timestamp(), value > 0) for at, slug, _, value in readings if slug == device)
    states = scalar_occupancy.states(samples, silence_timeout(INTERVAL_S).total_seconds())
    found = scalar_occupancy.as_spans(scalar_occupancy.fill_gaps(states, MAX_GAP.total_seconds()))
    return [(span.start, span.end, span.state, span.suspect) for span in found]


def random_readings(chance: random.Random, hours: float = 6) -> list[Measurement]:
    """A sensor with presence, short and long absences and outages; each instant once."""
    readings: list[Measurement] = []
    at = MORNING
    while at < MORNING + timedelta(hours=hours):
        readings += presence("s-1", at, [chance.random() < 0.5])
        at += timedelta(seconds=chance.choice([1, 20, 60, 60, 60, 140, 149, 151, 290, 310, 1_500, 5_000]))
    return readings


def in_batches(chance: random.Random, readings: list[Measurement]) -> list[list[Measurement]]:
    """The readings cut into batches; most arrive in order, some late or early."""
    cut, i = [], 0
    while i < len(readings):
        many = chance.randint(1, 12)
        cut.append(readings[i : i + many])
        i += many
    for _ in range(chance.randint(0, len(cut))):
        a, b = chance.randrange(len(cut)), chance.randrange(len(cut))
        cut[a], cut[b] = cut[b], cut[a]
    return cut


@pytest.mark.parametrize("seed", range(20))
def test_spans_derived_step_by_step_are_those_derived_from_scratch(
    connection: Connection, store: IngestStore, seed: int
) -> None:
    chance = random.Random(seed)
    readings = random_readings(chance)
    first, known = 1, []
    for portion in in_batches(chance, readings):
        store.commit(portion_of(batch(first, portion)), NOON + timedelta(hours=11))
        first += len(portion)
        known += portion
        if chance.random() < 0.7:
            derive_queued_spans(connection)
            assert spans(connection) == from_scratch(known)
    derive_queued_spans(connection)
    assert spans(connection) == from_scratch(readings)


def test_deriving_again_without_new_readings_changes_nothing(connection: Connection, store: IngestStore) -> None:
    store.commit(portion_of(batch(1, presence("s-1", MORNING, [True, True, False]))), NOON)
    assert derive_queued_spans(connection) == 1
    before = spans(connection)
    assert derive_queued_spans(connection) == 0
    assert spans(connection) == before


def test_only_what_a_batch_touched_is_derived_again(connection: Connection, store: IngestStore) -> None:
    def written_by() -> dict[tuple[str, datetime], str]:
        rows = connection.execute("SELECT slug, starts_at, span.xmin::text FROM span NATURAL JOIN resource")
        return {(slug, at): transaction for slug, at, transaction in rows}

    readings = [readings for i in range(6) for readings in presence("s-1", MORNING + timedelta(hours=i), [True, False])]
    store.commit(portion_of(batch(1, readings + presence("s-2", MORNING, [True]))), NOON + timedelta(hours=3))
    derive_queued_spans(connection)
    before = written_by()
    late = presence("s-1", MORNING + timedelta(hours=4, minutes=30), [True])
    store.commit(portion_of(batch(20, late)), NOON + timedelta(hours=3))
    derive_queued_spans(connection)
    after = written_by()
    assert spans(connection) == from_scratch(readings + late)
    untouched = {key for key in before if after.get(key) == before[key]}
    assert {key for key in before if key[0] == "desk-2" or key[1] < MORNING + timedelta(hours=4)} <= untouched
    assert untouched != set(before)


def test_late_readings_change_the_past(connection: Connection, store: IngestStore) -> None:
    early, late = presence("s-1", MORNING, [True]), presence("s-1", MORNING + timedelta(minutes=30), [True])
    store.commit(portion_of(batch(1, early + late)), NOON)
    derive_queued_spans(connection)
    assert [state for _, _, state, _ in spans(connection)] == ["occupied", "unknown", "occupied"]
    outage = presence("s-1", MORNING + timedelta(minutes=1), [True] * 29)
    store.commit(portion_of(batch(3, outage)), NOON)
    derive_queued_spans(connection)
    assert spans(connection) == [(MORNING, MORNING + timedelta(minutes=32, seconds=30), "occupied", False)]


def test_a_stay_of_thirteen_hours_is_suspect_however_it_arrived(connection: Connection, store: IngestStore) -> None:
    start = NOON - timedelta(hours=12)
    for hour in range(13):
        readings = presence("s-1", start + timedelta(hours=hour), [True] * 60)
        store.commit(portion_of(batch(1 + 60 * hour, readings)), NOON + timedelta(hours=2))
        derive_queued_spans(connection)
    ((_, _, state, suspect),) = spans(connection)
    assert (state, suspect) == ("occupied", True)


def test_each_desk_has_spans_of_its_own_and_a_device_without_a_desk_has_none(
    connection: Connection, store: IngestStore
) -> None:
    readings = presence("s-1", MORNING, [True]) + presence("s-2", MORNING, [False]) + presence("nowhere", MORNING, [True])
    store.commit(portion_of(batch(1, readings)), NOON)
    derive_queued_spans(connection)
    assert [state for _, _, state, _ in spans(connection)] == ["occupied"]
    assert [state for _, _, state, _ in spans(connection, "desk-2")] == ["vacant"]
    (row,) = connection.execute("SELECT count(*) FROM span").fetchall()
    assert row == (2,)


def test_a_sensor_with_steady_readings_waits_until_it_has_been_in_the_queue_long_enough(
    connection: Connection, store: IngestStore
) -> None:
    store.commit(portion_of(batch(1, presence("s-1", MORNING, [True]))), NOON)
    store.commit(portion_of(batch(2, presence("s-2", MORNING, [True]))), NOON)
    age = "UPDATE span_queue SET first_at = now() - interval '9 s', last_at = now() - %s::interval WHERE device_id = %s"
    (one,), (two,) = connection.execute("SELECT device_id FROM span_queue ORDER BY 1").fetchall()
    connection.execute(age, ("2 s", one))
    connection.execute(age, ("0 s", two))
    quiet, longest = timedelta(seconds=1), timedelta(seconds=10)
    assert derive_queued_spans(connection, quiet, longest) == 1
    assert connection.execute("SELECT device_id FROM span_queue").fetchall() == [(two,)]
    store.commit(portion_of(batch(3, presence("s-2", MORNING + timedelta(minutes=1), [True]))), NOON)
    assert derive_queued_spans(connection, quiet, longest) == 0
    connection.execute("UPDATE span_queue SET first_at = first_at - interval '2 s'")
    assert derive_queued_spans(connection, quiet, longest) == 1
    assert len(spans(connection, "desk-1")) == len(spans(connection, "desk-2")) == 1


def test_what_the_database_refuses_to_derive_waits_and_is_tried_again(
    connection: Connection, store: IngestStore, database_url: str
) -> None:
    """For example two sensors of one desk, derived at the same time by two workers."""
    store.commit(portion_of(batch(1, presence("s-1", MORNING, [True]))), NOON)
    with closing(connect(database_url)) as other, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("INSERT INTO span SELECT resource_id, %s, %s, 'vacant' FROM resource", (MORNING, NOON))
            refused = pool.submit(derive_queued_spans, connection)
            eventually(lambda: waits_for_a_lock(other))
        with pytest.raises(SpansNotDerived, match="will be tried again"):
            refused.result(10)
    assert derive_queued_spans(connection) == 1
    assert [span[2] for span in spans(connection)] == ["occupied"]


def waits_for_a_lock(connection: Connection) -> bool:
    row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(row and row[0])
