"""The adapter of each family decodes what its dialect encodes; equal seeds give equal days; faults take effect."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.families import ADAPTERS, COMMANDS
from edge.adapters.message import DeviceMessage
from firmware_sim.device_faults import DeviceFaults, Measurement, apply_faults, is_silent, repeat_some
from firmware_sim.dialects import COMMAND_HANDLERS, COMMAND_TOPICS, ENCODERS
from firmware_sim.mixed_centre import mixed_centre, mixed_day
from smartwork.bench.device_load import device_slots, schedule
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile

TUESDAY = date(2026, 11, 17)
AT = datetime(2026, 11, 17, 9, 30, 15, tzinfo=UTC)
CENTRE = mixed_centre()


def decoded(profile: Profile, address: str, values: dict[Metric, float], model: str | None = None) -> dict[Metric, float]:
    found: dict[Metric, float] = {}
    for message in ENCODERS[profile](address, AT, values):
        assert ADAPTERS[profile].address_of(message.topic) == address
        received = DeviceMessage(message.topic, message.payload, "d", address, AT, model)
        found |= {reading.metric: reading.value for reading in ADAPTERS[profile].translate(received).readings()}
    return found


@pytest.mark.parametrize("device", [d for d in CENTRE.devices if d.role == "presence"], ids=lambda d: f"{d.profile}-{d.slug}")
@pytest.mark.parametrize("present", [0.0, 1.0])
def test_the_adapter_of_each_family_decodes_its_sensors(device: object, present: float) -> None:
    profile, address = Profile(device.profile), device.address  # type: ignore[attr-defined]
    found = decoded(profile, address, {Metric.PRESENCE: present, Metric.BATTERY_PCT: 80.0}, device.model)  # type: ignore[attr-defined]
    assert found[Metric.PRESENCE] == present


@given(st.sampled_from(list(COMMAND_TOPICS)), st.integers(0, 100))
def test_a_lamp_of_each_family_follows_its_adapters_commands_and_its_state_is_decoded(profile: Profile, percent: int) -> None:
    address = next(d.address for d in CENTRE.devices if d.role == "light" and d.profile == profile)
    entry = DeviceEntry(device="l", profile=profile, address=address, interval_s=60, role="light")
    level = percent / 100
    ((topic, payload),) = COMMANDS[profile](entry, level, 2.0)
    assert topic in COMMAND_TOPICS[profile](address)
    command = COMMAND_HANDLERS[profile](address, topic, payload)
    assert command is not None
    assert command.on == (level > 0)
    assert not level or command.level == pytest.approx(level, abs=0.01)
    values = {Metric.LIGHT_ON: float(command.on), Metric.LIGHT_LEVEL: level, Metric.POWER_W: 50.0, Metric.ENERGY_WH: 1_234.0}
    assert decoded(profile, address, values) == pytest.approx(values, abs=0.01)


@given(st.sampled_from(list(COMMAND_HANDLERS)), st.binary(max_size=30), st.text(max_size=20))
def test_a_lamp_ignores_commands_that_it_cannot_read(profile: Profile, payload: bytes, topic: str) -> None:
    for where in (topic, *COMMAND_TOPICS[profile]("a")):
        COMMAND_HANDLERS[profile]("a", where, payload)


def test_all_families_are_in_the_centre_and_equal_seeds_give_equal_days() -> None:
    assert {Profile(device.profile) for device in CENTRE.devices} == set(ENCODERS)
    assert mixed_day(TUESDAY, 1) == mixed_day(TUESDAY, 1)
    assert mixed_day(TUESDAY, 1).present != mixed_day(TUESDAY, 2).present
    times = [at for at, _ in mixed_day(TUESDAY, 1).messages]
    assert times == sorted(times)
    with pytest.raises(ValueError, match="closed on"):
        mixed_day(date(2026, 11, 15), 1)


def measurements(*minutes: int) -> list[Measurement]:
    return [Measurement(AT + timedelta(minutes=m), {Metric.PRESENCE: 1.0, Metric.BATTERY_PCT: 80.0}) for m in minutes]


def test_a_silent_sensor_pauses_and_a_dead_one_stops_after_its_battery_drained() -> None:
    silent = DeviceFaults(silent_from=AT, silent_until=AT + timedelta(minutes=10))
    assert [e.at for e in apply_faults(measurements(0, 5, 10), silent, Random(1))] == [AT + timedelta(minutes=10)]
    dying = DeviceFaults(dies_at=AT + timedelta(minutes=10))
    reported = list(apply_faults(measurements(0, 9, 10, 20), dying, Random(1)))
    assert [e.values[Metric.BATTERY_PCT] for e in reported] == [2.0, 0.0]


def test_a_sensor_is_silent_while_its_fault_lasts_and_after_it_died() -> None:
    later = AT + timedelta(minutes=10)
    assert not is_silent(DeviceFaults(), AT)
    assert [is_silent(DeviceFaults(silent_from=AT, silent_until=later), at) for at in (AT, later)] == [True, False]
    assert [is_silent(DeviceFaults(dies_at=later), at) for at in (AT, later)] == [False, True]


def test_a_flapping_sensor_reports_vacant_for_a_second_now_and_then() -> None:
    reported = list(apply_faults(measurements(0, 5), DeviceFaults(flaps_from=AT), Random(1)))
    assert [e.values[Metric.PRESENCE] for e in reported] == [1.0, 0.0, 1.0] * 2


def test_a_repeated_message_is_the_same_message_again() -> None:
    messages = ENCODERS[Profile.TASMOTA]("x", AT, {Metric.PRESENCE: 1.0})
    assert list(repeat_some(messages, DeviceFaults(repeated_share=1.0), Random(1))) == [messages[0], messages[0]]
    assert list(repeat_some(messages, DeviceFaults(repeated_share=0.0), Random(1))) == messages


def test_each_device_of_the_load_publishes_once_an_interval_and_the_same_again_with_the_same_seed() -> None:
    slots = device_slots(60, 10.0, 1)
    messages, again = schedule(slots, AT, 10.0, 1), schedule(device_slots(60, 10.0, 1), AT, 10.0, 1)
    first = [next(messages) for _ in range(60)]
    assert first == [next(again) for _ in range(60)]
    assert [due for due, _ in first] == sorted(slot.offset_s for slot in slots)
    assert next(messages)[0] == pytest.approx(10.0 + slots[0].offset_s)
