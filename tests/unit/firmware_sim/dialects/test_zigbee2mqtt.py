import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import translate
from firmware_sim.dialects.zigbee2mqtt import encode_state
from smartwork.contracts.metrics import Metric

AT = datetime(2026, 1, 5, 9, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=1)))


def test_a_presence_sensor_publishes_occupancy_and_the_time_of_the_event_in_utc() -> None:
    values = {Metric.PRESENCE: 1.0, Metric.LINK_QUALITY: 120.0, Metric.BATTERY_PCT: 80.0}
    message = encode_state("zigbee2mqtt/mons/desk-01-presence", AT, values)
    assert message.topic == "zigbee2mqtt/mons/desk-01-presence"
    assert message.payload == b'{"occupancy":true,"linkquality":120,"battery":80,"last_seen":"2026-01-05T08:30:15.250Z"}'


def test_a_light_publishes_its_state_as_a_word_its_level_up_to_254_and_its_energy_in_kwh() -> None:
    values = {Metric.LIGHT_ON: 1.0, Metric.LIGHT_LEVEL: 1.0, Metric.POWER_W: 496.0, Metric.ENERGY_WH: 1234.5}
    state = json.loads(encode_state("a", AT, values).payload)
    del state["last_seen"]
    assert state == {"state": "ON", "brightness": 254, "power": 496.0, "energy": 1.2345}


def test_a_metric_with_a_topic_of_its_own_is_refused() -> None:
    with pytest.raises(KeyError):
        encode_state("a", AT, {Metric.ONLINE: 1.0})


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
def test_the_adapter_decodes_an_encoded_message(values: dict[Metric, float]) -> None:
    message = encode_state("zigbee2mqtt/mons/all", AT, values)
    readings = translate(
        DeviceMessage(message.topic, message.payload, "all", "zigbee2mqtt/mons/all", AT + timedelta(hours=1))
    ).readings()
    assert {reading.metric: reading.value for reading in readings} == values
    assert {reading.at_ms for reading in readings} <= {round(AT.timestamp() * 1000)}
