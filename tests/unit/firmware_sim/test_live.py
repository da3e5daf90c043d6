import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import translate
from firmware_sim.__main__ import main
from firmware_sim.dialects.said import Order
from firmware_sim.live import Live, Message, begin, step
from firmware_sim.network import demo_network
from smartwork.contracts.metrics import RANGES

NIGHT = datetime(2026, 1, 4, 3, 0, tzinfo=UTC)  # a Sunday
SPEED = 60.0
MONS = demo_network(1).centres[0]


def lived(seed: int, minutes: int, speed: float = SPEED) -> list[tuple[datetime, Live, list[Message]]]:
    random = Random(seed)
    state = begin(MONS, NIGHT, random, speed)
    history = []
    for second in range(minutes * 60):
        now = NIGHT + timedelta(seconds=second)
        state, said = step(MONS, state, now, random, speed)
        history.append((now, state, said))
    return history


def test_every_device_speaks_at_the_start() -> None:
    _, _, said = lived(1, 1)[0]
    assert sorted(topic for topic, _ in said) == sorted(device.address for device in MONS.devices)


def test_an_edge_understands_every_word_and_finds_it_plausible() -> None:
    slug_of = {device.address: device.slug for device in MONS.devices}
    for now, _, said in lived(2, 5):
        for topic, payload in said:
            readings = translate(DeviceMessage(topic, payload, slug_of[topic], topic, now))
            assert readings
            for reading in readings:
                assert reading.at_ms == round(now.timestamp() * 1000)
                assert RANGES[reading.metric].low <= reading.value <= RANGES[reading.metric].high


def test_equal_chances_make_an_equal_life() -> None:
    assert lived(3, 1) == lived(3, 1)


def test_a_desk_changes_every_few_seconds_even_on_a_sunday_night() -> None:
    history = lived(4, 10)
    occupied = [tuple(seat.people > 0 for seat in state.seats.values()) for _, state, _ in history]
    changes = sum(a != b for one, other in pairwise(occupied) for a, b in zip(one, other, strict=True))
    assert changes > 600 / 10


def test_each_change_is_said_at_once() -> None:
    said_last: dict[str, bool] = {}
    for _, state, said in lived(5, 10):
        for topic, payload in said:
            if topic.endswith("-presence"):
                said_last[topic] = json.loads(payload)["occupancy"]
        for device in MONS.devices:
            if device.resource:
                assert said_last[device.address] == (state.seats[device.resource].people > 0)


def test_a_lamp_does_what_it_is_told_says_so_at_once_and_does_nothing_by_itself() -> None:
    random = Random(1)
    state = begin(MONS, NIGHT, random, SPEED)
    state, _ = step(MONS, state, NIGHT, random, SPEED)
    zone = MONS.zones[0].slug
    assert state.lamps[zone].level == 0.0
    later = NIGHT + timedelta(seconds=5)
    state, said = step(MONS, state, later, random, SPEED, {zone: Order(on=True, level=0.5)})
    (answer,) = (json.loads(payload) for topic, payload in said if topic.endswith(f"{zone}-light"))
    assert (answer["state"], answer["brightness"]) == ("ON", 127)
    for second in range(6, 600):
        state, _ = step(MONS, state, NIGHT + timedelta(seconds=second), random, SPEED)
    assert state.lamps[zone].level == 0.5
    state, _ = step(MONS, state, NIGHT + timedelta(seconds=700), random, SPEED, {zone: Order(on=False)})
    assert state.lamps[zone].level == 0.0


def test_the_meter_never_runs_backwards() -> None:
    last: dict[str, float] = {}
    for _, _, said in lived(7, 10):
        for topic, payload in said:
            if topic.endswith("-light"):
                energy = json.loads(payload)["energy"]
                assert energy >= last.get(topic, 0.0)
                last[topic] = energy
    assert all(energy > 0 for energy in last.values())
    assert len(last) == len(MONS.zones)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--centre", "atlantis"], "expected one of mons, namur"), (["--speed", "0"], "expected a number above 0")],
)
def test_a_wrong_argument_is_answered_with_a_sentence(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert expected in capsys.readouterr().err
