import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import translate
from firmware_sim.zigbee2mqtt import speak
from smartwork.contracts.metrics import Metric

AT = datetime(2026, 1, 5, 9, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=1)))


def test_a_presence_sensor_says_occupancy_and_when_it_was_seen_in_utc() -> None:
    values = {Metric.PRESENCE: 1.0, Metric.LINK_QUALITY: 120.0, Metric.BATTERY_PCT: 80.0}
    topic, payload = speak("zigbee2mqtt/mons/desk-01-presence", AT, values)
    assert topic == "zigbee2mqtt/mons/desk-01-presence"
    assert payload == b'{"occupancy":true,"linkquality":120,"battery":80,"last_seen":"2026-01-05T08:30:15.250Z"}'


def test_a_light_says_its_state_in_words_its_level_to_254_and_its_energy_in_kwh() -> None:
    values = {Metric.LIGHT_ON: 1.0, Metric.LIGHT_LEVEL: 1.0, Metric.POWER_W: 496.0, Metric.ENERGY_WH: 1234.5}
    said = json.loads(speak("a", AT, values)[1])
    del said["last_seen"]
    assert said == {"state": "ON", "brightness": 254, "power": 496.0, "energy": 1.2345}


def test_what_a_bridge_says_on_another_topic_is_refused() -> None:
    with pytest.raises(KeyError):
        speak("a", AT, {Metric.ONLINE: 1.0})


WHOLE = st.integers(0, 100).map(float)
TRUTH = st.sampled_from([0.0, 1.0])
TENTHS = st.integers(-200, 500).map(lambda tenths: tenths / 10)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            Metric.PRESENCE: TRUTH,
            Metric.OCCUPANT_COUNT: WHOLE,
            Metric.ILLUMINANCE_LUX: WHOLE,
            Metric.CO2_PPM: WHOLE,
            Metric.TEMPERATURE_C: TENTHS,
            Metric.HUMIDITY_PCT: WHOLE,
            Metric.LIGHT_ON: TRUTH,
            Metric.LIGHT_LEVEL: TRUTH,
            Metric.POWER_W: TENTHS,
            Metric.ENERGY_WH: st.integers(0, 10**12).map(lambda micro: micro / 10**6),
            Metric.BATTERY_PCT: WHOLE,
            Metric.LINK_QUALITY: WHOLE,
        },
    )
)
def test_an_edge_understands_what_was_said(values: dict[Metric, float]) -> None:
    topic, payload = speak("zigbee2mqtt/mons/all", AT, values)
    heard = translate(DeviceMessage(topic, payload, "all", "zigbee2mqtt/mons/all", AT + timedelta(hours=1)))
    assert {reading.metric: reading.value for reading in heard} == values
    assert {reading.at_ms for reading in heard} <= {round(AT.timestamp() * 1000)}
