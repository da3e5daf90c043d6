import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import translate
from firmware_sim.__main__ import main
from firmware_sim.demo_network import demo_network
from firmware_sim.dialects.simulated_message import LampCommand, SimulatedMessage
from firmware_sim.live_centre import LiveCentre, LiveState
from smartwork.contracts.metrics import RANGES

NIGHT = datetime(2026, 1, 4, 3, 0, tzinfo=UTC)  # a Sunday
SPEED = 60.0
MONS = demo_network(1).centres[0]


def history_of(seed: int, minutes: int) -> list[tuple[datetime, LiveState, list[SimulatedMessage]]]:
    """The states and messages of each second."""
    live = LiveCentre(MONS, Random(seed), SPEED)
    state = live.start(NIGHT)
    history = []
    for second in range(minutes * 60):
        now = NIGHT + timedelta(seconds=second)
        state, messages = live.step(state, now)
        history.append((now, state, messages))
    return history


def test_every_device_reports_in_the_first_step() -> None:
    _, _, messages = history_of(1, 1)[0]
    assert sorted(message.topic for message in messages) == sorted(device.address for device in MONS.devices)


def test_the_adapter_decodes_every_message_to_plausible_readings() -> None:
    slug_of = {device.address: device.slug for device in MONS.devices}
    for now, _, messages in history_of(2, 5):
        for message in messages:
            topic = message.topic
            readings = translate(DeviceMessage(topic, message.payload, slug_of[topic], topic, now)).readings()
            assert readings
            for reading in readings:
                assert reading.at_ms == round(now.timestamp() * 1000)
                assert RANGES[reading.metric].low <= reading.value <= RANGES[reading.metric].high


def test_equal_seeds_give_equal_messages() -> None:
    assert history_of(3, 1) == history_of(3, 1)


def test_a_desk_changes_every_few_seconds_even_on_a_sunday_night() -> None:
    history = history_of(4, 10)
    occupied = [tuple(seat.people > 0 for seat in state.seats.values()) for _, state, _ in history]
    changes = sum(a != b for one, other in pairwise(occupied) for a, b in zip(one, other, strict=True))
    assert changes > 600 / 10


def test_each_change_of_presence_is_published_at_once() -> None:
    published: dict[str, bool] = {}
    for _, state, messages in history_of(5, 10):
        for message in messages:
            if message.topic.endswith("-presence"):
                published[message.topic] = json.loads(message.payload)["occupancy"]
        for device in MONS.devices:
            if device.resource:
                assert published[device.address] == (state.seats[device.resource].people > 0)


def test_a_lamp_follows_commands_publishes_its_state_at_once_and_changes_nothing_by_itself() -> None:
    live = LiveCentre(MONS, Random(1), SPEED)
    state, _ = live.step(live.start(NIGHT), NIGHT)
    zone = MONS.zones[0].slug
    assert state.lamps[zone].level == 0.0
    later = NIGHT + timedelta(seconds=5)
    state, messages = live.step(state, later, {zone: LampCommand(on=True, level=0.5)})
    (answer,) = (json.loads(message.payload) for message in messages if message.topic.endswith(f"{zone}-light"))
    assert (answer["state"], answer["brightness"]) == ("ON", 127)
    for second in range(6, 600):
        state, _ = live.step(state, NIGHT + timedelta(seconds=second))
    assert state.lamps[zone].level == 0.5
    state, _ = live.step(state, NIGHT + timedelta(seconds=700), {zone: LampCommand(on=False)})
    assert state.lamps[zone].level == 0.0


def test_the_meter_never_runs_backwards() -> None:
    last: dict[str, float] = {}
    for _, _, messages in history_of(7, 10):
        for message in messages:
            if message.topic.endswith("-light"):
                energy = json.loads(message.payload)["energy"]
                assert energy >= last.get(message.topic, 0.0)
                last[message.topic] = energy
    assert all(energy > 0 for energy in last.values())
    assert len(last) == len(MONS.zones)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--centre", "atlantis"], "expected one of mons, namur"), (["--speed", "0"], "expected a number above 0")],
)
def test_a_wrong_argument_is_reported_on_standard_error(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert expected in capsys.readouterr().err
