"""Every family says what it means, in words that its adapter understands; equal seeds make equal days; habits show."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.families import ADAPTERS, COMMANDS
from edge.adapters.message import DeviceMessage
from firmware_sim.dialects import EARS, OBEYS, SPEAKERS
from firmware_sim.habits import Event, Habits, measured, repeated, speechless
from firmware_sim.mixed import a_day, mixed_centre
from smartwork.bench.device_load import choir, sing
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile

TUESDAY = date(2026, 11, 17)
AT = datetime(2026, 11, 17, 9, 30, 15, tzinfo=UTC)
CENTRE = mixed_centre()


def understood(profile: Profile, address: str, values: dict[Metric, float], model: str | None = None) -> dict[Metric, float]:
    found: dict[Metric, float] = {}
    for said in SPEAKERS[profile](address, AT, values):
        assert ADAPTERS[profile].address_of(said.topic) == address
        heard = DeviceMessage(said.topic, said.payload, "d", address, AT, model)
        found |= {reading.metric: reading.value for reading in ADAPTERS[profile].translate(heard)}
    return found


@pytest.mark.parametrize("device", [d for d in CENTRE.devices if d.role == "presence"], ids=lambda d: f"{d.profile}-{d.slug}")
@pytest.mark.parametrize("present", [0.0, 1.0])
def test_the_adapter_of_each_family_understands_its_sensors(device: object, present: float) -> None:
    profile, address = Profile(device.profile), device.address  # type: ignore[attr-defined]
    found = understood(profile, address, {Metric.PRESENCE: present, Metric.BATTERY_PCT: 80.0}, device.model)  # type: ignore[attr-defined]
    assert found[Metric.PRESENCE] == present


@given(st.sampled_from(list(EARS)), st.integers(0, 100))
def test_a_lamp_of_each_family_does_what_its_adapter_tells_it_and_its_answer_is_understood(
    profile: Profile, percent: int
) -> None:
    address = next(d.address for d in CENTRE.devices if d.role == "light" and d.profile == profile)
    entry = DeviceEntry(device="l", profile=profile, address=address, interval_s=60, role="light")
    level = percent / 100
    ((topic, payload),) = COMMANDS[profile](entry, level, 2.0)
    assert topic in EARS[profile](address)
    order = OBEYS[profile](address, topic, payload)
    assert order is not None
    assert order.on == (level > 0)
    assert not level or order.level == pytest.approx(level, abs=0.01)
    values = {Metric.LIGHT_ON: float(order.on), Metric.LIGHT_LEVEL: level, Metric.POWER_W: 50.0, Metric.ENERGY_WH: 1_234.0}
    assert understood(profile, address, values) == pytest.approx(values, abs=0.01)


@given(st.sampled_from(list(OBEYS)), st.binary(max_size=30), st.text(max_size=20))
def test_a_lamp_ignores_what_it_does_not_understand(profile: Profile, payload: bytes, topic: str) -> None:
    for where in (topic, *EARS[profile]("a")):
        OBEYS[profile]("a", where, payload)


def test_all_families_have_a_place_and_equal_seeds_make_equal_days() -> None:
    assert {Profile(device.profile) for device in CENTRE.devices} == set(Profile)
    assert a_day(TUESDAY, 1) == a_day(TUESDAY, 1)
    assert a_day(TUESDAY, 1).present != a_day(TUESDAY, 2).present
    times = [at for at, _ in a_day(TUESDAY, 1).said]
    assert times == sorted(times)
    with pytest.raises(ValueError, match="no open day"):
        a_day(date(2026, 11, 15), 1)


def events(*minutes: int) -> list[Event]:
    return [Event(AT + timedelta(minutes=m), {Metric.PRESENCE: 1.0, Metric.BATTERY_PCT: 80.0}) for m in minutes]


def test_a_silent_sensor_says_nothing_for_a_while_and_a_dead_one_for_ever_after_its_battery_sank() -> None:
    silent = Habits(silent_from=AT, silent_until=AT + timedelta(minutes=10))
    assert [e.at for e in measured(events(0, 5, 10), silent, Random(1))] == [AT + timedelta(minutes=10)]
    dying = Habits(dies_at=AT + timedelta(minutes=10))
    told = list(measured(events(0, 9, 10, 20), dying, Random(1)))
    assert [e.values[Metric.BATTERY_PCT] for e in told] == [2.0, 0.0]


def test_a_sensor_can_speak_except_while_it_is_silent_and_after_it_died() -> None:
    later = AT + timedelta(minutes=10)
    assert not speechless(Habits(), AT)
    assert [speechless(Habits(silent_from=AT, silent_until=later), at) for at in (AT, later)] == [True, False]
    assert [speechless(Habits(dies_at=later), at) for at in (AT, later)] == [False, True]


def test_a_flapping_sensor_denies_somebody_for_a_second_now_and_then() -> None:
    told = list(measured(events(0, 5), Habits(flaps_from=AT), Random(1)))
    assert [e.values[Metric.PRESENCE] for e in told] == [1.0, 0.0, 1.0] * 2


def test_repeats_are_the_same_message_again() -> None:
    said = SPEAKERS[Profile.TASMOTA]("x", AT, {Metric.PRESENCE: 1.0})
    assert list(repeated(said, Habits(repeats=1.0), Random(1))) == [said[0], said[0]]
    assert list(repeated(said, Habits(repeats=0.0), Random(1))) == said


def test_each_voice_of_a_choir_speaks_once_an_interval_and_the_same_again_with_the_same_seed() -> None:
    voices = choir(60, 10.0, 1)
    song, again = sing(voices, AT, 10.0, 1), sing(choir(60, 10.0, 1), AT, 10.0, 1)
    first = [next(song) for _ in range(60)]
    assert first == [next(again) for _ in range(60)]
    assert [due for due, _ in first] == sorted(voice.moment_s for voice in voices)
    assert next(song)[0] == pytest.approx(10.0 + voices[0].moment_s)
