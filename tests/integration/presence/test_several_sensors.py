"""Places of several devices, one after the other or at once: spans equal those derived from scratch, by the scalar rule."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from dashboard.live import seats
from smartwork.cli.app import app
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.roles import Role
from smartwork.db.lighting.policy import policy
from smartwork.db.network.assignments import assign, assignments, replace, retire
from smartwork.db.network.devices import put_devices, registered_devices
from smartwork.db.network_setup import install
from smartwork.db.presence.spans import derive_queued_spans, queued_devices
from smartwork.db.read.dashboard import reading
from smartwork.domain.network.devices import Device
from smartwork.domain.presence.sensor_limits import MAX_GAP, silence_timeout
from smartwork.errors import InputError
from tests.support import scalar_occupancy as scalar
from tests.support.factory import NOON, small_network
from tests.support.program import service_url

pytestmark = pytest.mark.services
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
INTERVAL_S = 600
NOW = NOON + 10 * HOUR
Samples = dict[datetime, bool]
Row = tuple[datetime, datetime, str, bool, bool]


@pytest.fixture
def network(connection: Connection) -> Connection:
    """Two desks with the sensors s-1 and s-2, and the sensors s-3 and s-4 that watch nothing yet."""
    install(connection, small_network())
    spare = [Device(f"s-{i}", "zigbee2mqtt", f"zigbee2mqtt/mons/spare {i}", INTERVAL_S) for i in (3, 4)]
    put_devices(connection, "mons", spare)
    connection.execute("UPDATE device SET interval_s = %s", (INTERVAL_S,))
    return connection


def arrive(connection: Connection, device: str, samples: Samples) -> None:
    """Store presence readings as ingest does, and queue the device."""
    with connection.transaction():
        connection.cursor().executemany(
            "INSERT INTO reading SELECT %s, device_id, 1, %s, 1, 1 FROM device WHERE slug = %s",
            [(at, float(value), device) for at, value in samples.items()],
        )
        connection.execute(
            "INSERT INTO span_queue (device_id, since) SELECT device_id, %s FROM device WHERE slug = %s "
            "ON CONFLICT (device_id) DO UPDATE SET since = least(span_queue.since, excluded.since)",
            (min(samples), device),
        )


def every(start: datetime, end: datetime, present: bool, minutes: float = 10) -> Samples:
    """Readings of one state at regular intervals over [start, end)."""
    return {start + i * minutes * MINUTE: present for i in range(int((end - start) / (minutes * MINUTE)))}


def spans(connection: Connection, desk: str = "desk-1") -> list[Row]:
    statement = (
        "SELECT starts_at, ends_at, state, suspect, contradicted FROM span NATURAL JOIN resource WHERE slug = %s ORDER BY 1"
    )
    return [(row[0], row[1], str(row[2]), bool(row[3]), bool(row[4])) for row in connection.execute(statement, (desk,))]


def states(connection: Connection, desk: str = "desk-1") -> list[tuple[datetime, datetime, str]]:
    return [row[:3] for row in spans(connection, desk)]


def from_scratch(connection: Connection, readings: dict[str, Samples], desk: str = "desk-1") -> list[Row]:
    """The spans of a desk by the scalar rule, from all readings and the assignments in force."""
    watches = [
        scalar.Watch(
            sorted((at.timestamp(), value) for at, value in readings.get(each.device, {}).items()),
            silence_timeout(INTERVAL_S).total_seconds(),
            each.starts_at.timestamp() if each.starts_at else float("-inf"),
            each.ends_at.timestamp() if each.ends_at else float("inf"),
        )
        for each in assignments(connection, "mons")
        if each.place == desk
    ]
    return [
        (datetime.fromtimestamp(start, NOON.tzinfo), datetime.fromtimestamp(end, NOON.tzinfo), state, suspect, contradicted)
        for start, end, state, suspect, contradicted in scalar.combined(watches, MAX_GAP.total_seconds())
    ]


@dataclass
class Story:
    """Readings that arrive in any order, and assignments that change meanwhile."""

    connection: Connection
    chance: random.Random
    readings: dict[str, Samples]

    def some_readings(self) -> None:
        device = self.chance.choice(["s-1", "s-2", "s-3"])
        at = NOON - self.chance.randint(0, 100) * HOUR + self.chance.randint(0, 3_600) * timedelta(seconds=1)
        present, samples = self.chance.random() < 0.6, Samples()
        for _ in range(self.chance.choice([1, 3, 30, 90])):
            if at not in self.readings.get(device, {}):
                samples[at] = present
            present = present if self.chance.random() < 0.9 else not present
            at += timedelta(seconds=self.chance.choice([60, 290, 310, 590, 600, 600, 600, 600, 1_490, 1_510, 9_000]))
        if samples:
            self.readings.setdefault(device, {}).update(samples)
            arrive(self.connection, device, samples)

    def some_change(self) -> None:
        device, at = self.chance.choice(["s-1", "s-2", "s-3"]), NOON - self.chance.randint(0, 100) * HOUR
        if self.chance.random() < 0.2:
            self.connection.execute("UPDATE device SET resource_id = NULL, retired_at = NULL WHERE slug = %s", (device,))
        else:
            assign(self.connection, "mons", device, self.chance.choice(["desk-1", "desk-1", "desk-2"]), at, NOW)

    def spans_are_those_from_scratch(self) -> None:
        derive_queued_spans(self.connection)
        for desk in ("desk-1", "desk-2"):
            assert spans(self.connection, desk) == from_scratch(self.connection, self.readings, desk)


@pytest.mark.parametrize("seed", [*range(3), 119, 181, 199, 203])
def test_whatever_arrives_late_and_whatever_is_assigned_spans_are_those_derived_from_scratch(
    network: Connection, seed: int
) -> None:
    story = Story(network, random.Random(seed), {})
    for _ in range(40):
        story.some_readings()
        if story.chance.random() < 0.2:
            story.some_change()
        if story.chance.random() < 0.6:
            story.spans_are_those_from_scratch()
    story.spans_are_those_from_scratch()


def test_a_second_sensor_that_is_added_in_the_month_counts_from_its_first_reading(network: Connection) -> None:
    start = NOON - 10 * HOUR
    arrive(network, "s-1", every(start, NOON, False))
    derive_queued_spans(network)
    assign(network, "mons", "s-3", "desk-1", NOON - 5 * HOUR, NOW)
    arrive(network, "s-3", every(NOON - 6 * HOUR, NOON - 4 * HOUR, True))
    derive_queued_spans(network)
    assert states(network) == [
        (start, NOON - 5 * HOUR, "vacant"),
        (NOON - 5 * HOUR, NOON - 4 * HOUR + 15 * MINUTE, "occupied"),
        (NOON - 4 * HOUR + 15 * MINUTE, NOON + 15 * MINUTE, "vacant"),
    ]


def test_a_late_reading_of_a_new_device_leaves_the_earlier_spans_of_the_desk(network: Connection) -> None:
    arrive(network, "s-1", every(NOON - 10 * HOUR, NOON, True))
    derive_queued_spans(network)
    before = spans(network)
    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-3", {NOON - 15 * HOUR: False})
    derive_queued_spans(network)
    assert spans(network)[-1:] == before
    assert states(network)[0] == (NOON - 15 * HOUR, NOON - 15 * HOUR + 25 * MINUTE, "vacant")


def test_when_the_first_sensor_dies_in_a_booking_the_second_one_goes_on(network: Connection) -> None:
    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-1", every(NOON - 3 * HOUR, NOON - 2 * HOUR, True))
    arrive(network, "s-3", every(NOON - 3 * HOUR, NOON, True))
    derive_queued_spans(network)
    assert states(network) == [(NOON - 3 * HOUR, NOON + 15 * MINUTE, "occupied")]


def test_late_readings_of_both_devices_count_on_their_side_of_the_replacement(network: Connection) -> None:
    """The old one went on sending in a drawer, the new one was tried on the bench: neither counts there."""
    at = NOON - 5 * HOUR
    arrive(network, "s-1", every(NOON - 8 * HOUR, NOON - 7 * HOUR, False))
    derive_queued_spans(network)
    replace(network, "mons", "s-1", "s-3", at, NOW)
    arrive(network, "s-3", every(at, at + HOUR, False))
    derive_queued_spans(network)
    first = states(network)[0]
    arrive(network, "s-3", every(at - HOUR, at, True))
    arrive(network, "s-1", every(at, at + HOUR, True))
    derive_queued_spans(network)
    assert states(network) == [first, (first[1], at, "unknown"), (at, at + HOUR + 15 * MINUTE, "vacant")]
    arrive(network, "s-1", every(at - HOUR, at, True))
    derive_queued_spans(network)
    assert states(network) == [
        first,
        (first[1], at - HOUR, "unknown"),
        (at - HOUR, at, "occupied"),
        (at, at + HOUR + 15 * MINUTE, "vacant"),
    ]
    assert [(each.device, each.ends_at) for each in assignments(network, "mons", "s-1")] == [("s-1", at)]


def test_a_device_that_moves_to_another_desk_leaves_its_history_at_the_first(network: Connection) -> None:
    arrive(network, "s-1", every(NOON - 6 * HOUR, NOON, True))
    derive_queued_spans(network)
    assign(network, "mons", "s-1", "desk-2", NOON - 3 * HOUR, NOW)
    assert queued_devices(network) == 2
    derive_queued_spans(network)
    assert states(network, "desk-1") == [(NOON - 6 * HOUR, NOON - 3 * HOUR, "occupied")]
    assert states(network, "desk-2") == [(NOON - 3 * HOUR, NOON + 15 * MINUTE, "occupied")]
    arrive(network, "s-1", every(NOON - 8 * HOUR, NOON - 7 * HOUR, False) | every(NOON, NOON + HOUR, False))
    derive_queued_spans(network)
    assert states(network, "desk-1")[0] == (NOON - 8 * HOUR, NOON - 7 * HOUR + 15 * MINUTE, "vacant")
    assert states(network, "desk-2")[0] == (NOON - 3 * HOUR, NOON, "occupied")


def test_a_move_by_hand_in_the_registry_keeps_the_history_too(network: Connection) -> None:
    arrive(network, "s-1", every(NOON - 6 * HOUR, NOON, True))
    network.execute(
        "UPDATE device SET resource_id = (SELECT resource_id FROM resource WHERE slug = 'desk-2') WHERE slug = 's-1'"
    )
    derive_queued_spans(network)
    assert states(network, "desk-1") == [(NOON - 6 * HOUR, NOON + 15 * MINUTE, "occupied")]
    assert states(network, "desk-2") == []


def test_sensors_that_contradict_each_other_for_hours_give_presence_that_is_marked(network: Connection) -> None:
    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-1", every(NOON - 6 * HOUR, NOON, False))
    arrive(network, "s-3", every(NOON - 6 * HOUR, NOON - 5 * HOUR, False) | every(NOON - 5 * HOUR, NOON - HOUR, True))
    derive_queued_spans(network)
    silent = NOON - HOUR + 15 * MINUTE
    assert spans(network) == [
        (NOON - 6 * HOUR, NOON - 5 * HOUR, "vacant", False, False),
        (NOON - 5 * HOUR, silent, "occupied", False, True),
        (silent, NOON + 15 * MINUTE, "vacant", False, False),
    ]


def test_a_stuck_sensor_does_not_outvote_a_good_one(network: Connection) -> None:
    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-1", every(NOON - 14 * HOUR, NOON, True))
    good = every(NOON - 14 * HOUR, NOON - 6 * HOUR, False) | every(NOON - 6 * HOUR, NOON - 4 * HOUR, True)
    arrive(network, "s-3", good | every(NOON - 4 * HOUR, NOON, False))
    derive_queued_spans(network)
    assert [row[2:4] for row in spans(network)] == [("vacant", False), ("occupied", False), ("vacant", False)]


def test_a_floor_plan_shows_a_desk_in_the_state_of_its_spans(network: Connection, database_url: str) -> None:
    def shown() -> list[str]:
        with reading(database_url) as reader:
            return [seat.state for seat in seats(reader.places(), NOON) if seat.place.slug == "desk-1"]

    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-1", every(NOON - 11 * HOUR, NOON, True))
    arrive(network, "s-3", every(NOON - 11 * HOUR, NOON, False))
    assert shown() == ["occupied"]
    arrive(network, "s-1", every(NOON - 13 * HOUR, NOON - 11 * HOUR, True))
    assert shown() == ["vacant"]
    derive_queued_spans(network)
    assert [row[2] for row in spans(network)][-2:] == ["occupied", "vacant"]


def test_spans_that_are_stored_already_are_not_written_again(network: Connection) -> None:
    def written_by() -> dict[datetime, str]:
        return dict(connection_rows("SELECT starts_at, xmin::text FROM span"))

    def connection_rows(statement: str) -> list[tuple[datetime, str]]:
        return [(at, transaction) for at, transaction in network.execute(statement)]

    assign(network, "mons", "s-3", "desk-1", NOON - 20 * HOUR, NOW)
    arrive(network, "s-1", {NOON - i * HOUR: i % 2 == 0 for i in range(12)})
    arrive(network, "s-3", {NOON - i * HOUR: i % 3 == 0 for i in range(12)})
    derive_queued_spans(network)
    before = written_by()
    arrive(network, "s-3", {NOON + 5 * MINUTE: True})
    derive_queued_spans(network)
    after = written_by()
    assert {at: after.get(at) for at in before if at < NOON} == {at: before[at] for at in before if at < NOON}


def test_a_device_that_is_assigned_twice_is_refused_or_changes_nothing(network: Connection) -> None:
    arrive(network, "s-1", every(NOON - 2 * HOUR, NOON, True))
    derive_queued_spans(network)
    before = spans(network)
    assign(network, "mons", "s-1", "desk-1", NOON - HOUR, NOW)
    assert len(assignments(network, "mons", "s-1")) == 1
    with pytest.raises(psycopg.errors.ExclusionViolation, match="a_device_watches_one_place_at_a_time"):
        network.execute(
            "INSERT INTO device_assignment (device_id, resource_id, starts_at) "
            "SELECT d.device_id, r.resource_id, %s FROM device d, resource r WHERE d.slug = 's-1' AND r.slug = 'desk-2'",
            (NOON - HOUR,),
        )
    twin = Device("s-1-again", "zigbee2mqtt", "zigbee2mqtt/mons/desk 1", INTERVAL_S, resource="desk-1")
    with pytest.raises(psycopg.errors.UniqueViolation, match=r"the address zigbee2mqtt/mons/desk 1 .* is that of device s-1"):
        put_devices(network, "mons", [twin])
    derive_queued_spans(network)
    assert spans(network) == before


def test_a_device_is_retired_and_never_deleted(network: Connection) -> None:
    arrive(network, "s-1", every(NOON - 2 * HOUR, NOON, True))
    derive_queued_spans(network)
    before = spans(network)
    for statement in ("DELETE FROM device WHERE slug = 's-1'", "DELETE FROM device WHERE slug = 's-2'"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="of centre mons is not deleted"):
            network.execute(statement)
    with pytest.raises(psycopg.errors.RestrictViolation, match="devices are not deleted"):
        network.execute("TRUNCATE device CASCADE")
    with pytest.raises(psycopg.errors.RestrictViolation, match="do not change"):
        network.execute("UPDATE device SET slug = 's-9' WHERE slug = 's-1'")
    retire(network, "mons", "s-1", NOON, NOW)
    derive_queued_spans(network)
    assert states(network) == [(before[0][0], NOON, "occupied")]
    (found,) = [each for each in registered_devices(network, "mons") if each.device == "s-1"]
    assert (found.place, found.retired_at) == (None, NOON)


def test_a_reading_that_a_registration_came_too_late_for_still_counts(network: Connection) -> None:
    arrive(network, "s-4", every(NOON - 2 * HOUR, NOON, True))
    derive_queued_spans(network)
    network.execute(
        "UPDATE device SET resource_id = (SELECT resource_id FROM resource WHERE slug = 'desk-2') WHERE slug = 's-4'"
    )
    derive_queued_spans(network)
    assert states(network, "desk-2") == [(NOON - 2 * HOUR, NOON + 15 * MINUTE, "occupied")]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda c: assign(c, "mons", "s-9", "desk-1", NOON, NOW), "no device 's-9'"),
        (lambda c: assign(c, "mons", "s-1", "desk-9", NOON, NOW), "no desk or room 'desk-9'"),
        (lambda c: assign(c, "mons", "s-1", "desk-2", NOW + HOUR, NOW), "in the future"),
        (lambda c: assign(c, "mons", "l-1", "desk-2", NOON, NOW), "role light"),
        (lambda c: replace(c, "mons", "s-3", "s-4", NOON, NOW), "watches no place"),
        (lambda c: replace(c, "mons", "s-1", "s-1", NOON, NOW), "cannot replace itself"),
    ],
)
def test_what_cannot_be_assigned_is_refused_with_the_reason(network: Connection, call: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        call(network)  # type: ignore[operator]
    assert len(assignments(network, "mons")) == 2


def test_two_workers_at_one_desk_lose_no_reading(network: Connection, database_url: str) -> None:
    assign(network, "mons", "s-3", "desk-1", NOON - 50 * HOUR, NOW)
    readings: dict[str, Samples] = {"s-1": {}, "s-3": {}}

    def run(device: str, seed: int) -> None:
        chance = random.Random(seed)
        with closing(connect(database_url)) as own:
            for i in range(40):
                at = NOON - 40 * HOUR + i * 30 * MINUTE + chance.randint(0, 900) * timedelta(seconds=1)
                samples = {at: chance.random() < 0.5}
                readings[device].update(samples)
                arrive(own, device, samples)
                derive_queued_spans(own)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(run, device, seed) for seed, device in enumerate(readings)]:
            each.result(60)
    derive_queued_spans(network)
    assert spans(network) == from_scratch(network, readings)


def test_the_commands_assign_replace_and_retire_in_the_centres_time(
    network: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", service_url(database_url, Role.WORKER))
    run = CliRunner().invoke
    arrive(network, "s-1", every(NOON - 6 * HOUR, NOON, True))
    assert run(app, ["device", "replace", "mons", "s-1", "s-3", "--at", "2026-03-10T12:00"]).exit_code == 0
    assert run(app, ["device", "assign", "mons", "s-2", "desk-1", "--at", "2026-03-10T13:00+02:00"]).exit_code == 0
    assert run(app, ["device", "retire", "mons", "s-4"]).exit_code == 0
    found = json.loads(run(app, ["device", "history", "mons", "--json"], catch_exceptions=False).stdout)
    noon = "2026-03-10 11:00:00"
    assert [(each["device"], each["place"], each["starts_at"], each["ends_at"]) for each in found] == [
        ("s-1", "desk-1", None, noon),
        ("s-2", "desk-2", None, noon),
        ("s-2", "desk-1", noon, None),
        ("s-3", "desk-1", noon, None),
    ]
    in_policy = [entry.device for entry in policy(network, "mons", NOW).devices]
    assert in_policy == ["l-1", "s-2", "s-3"]
    with closing(connect(service_url(database_url, Role.INGEST))) as ingest:
        assert derive_queued_spans(ingest) == 2
    assert states(network) == [(NOON - 6 * HOUR, NOON - HOUR, "occupied")]
    assert run(app, ["device", "retire", "mons", "s-3", "--at", "yesterday"]).exception is not None
