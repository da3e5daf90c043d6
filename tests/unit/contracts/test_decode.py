import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smartwork.contracts.asyncapi import EXAMPLES
from smartwork.contracts.decode import MODELS, Decoded, Rejected, decode
from smartwork.contracts.topics import CENTRE_MESSAGE_TYPES, SLUG, MessageType, Topic

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
a_topic = st.sampled_from(MessageType).map(
    lambda message_type: str(Topic("mons", message_type, None if message_type in CENTRE_MESSAGE_TYPES else "gateway"))
)


def topic_of(message_type: MessageType) -> str:
    return str(Topic("mons", message_type, None if message_type in CENTRE_MESSAGE_TYPES else "gateway"))


@given(st.one_of(a_topic, st.text()), st.one_of(st.binary(), json_values.map(lambda v: json.dumps(v).encode())))
@example("sw/v1/mons/readings/gateway", b"[" * 10_000)
@example("sw/v1/mons/readings/gateway", b'{"v":' + b"9" * 10_000 + b"}")
@example("sw/v1/mons/readings/gateway", b"\xff\xfe")
@example("sw/v1/mons/readings/gateway", b'"\\ud800"')
def test_no_bytes_on_no_topic_raise(topic: str, payload: bytes) -> None:
    assert isinstance(decode(topic, payload), Decoded | Rejected)


@given(st.sampled_from(list(MODELS)), st.data())
def test_a_message_of_the_contract_with_one_field_replaced_by_anything_never_raises(
    message_type: MessageType, data: st.DataObject
) -> None:
    message = EXAMPLES[message_type].model_dump(mode="json")
    field = data.draw(st.sampled_from(sorted(message)))
    old = message[field]
    wild = json_values | st.lists(st.integers(-(2**80), 2**80), max_size=4)
    message[field] = data.draw(wild | st.lists(wild, min_size=len(old), max_size=len(old)) if isinstance(old, list) else wild)
    assert isinstance(decode(topic_of(message_type), json.dumps(message).encode()), Decoded | Rejected)


@pytest.mark.parametrize("message_type", list(MODELS))
def test_each_message_survives_the_way_over_the_wire(message_type: MessageType) -> None:
    payload = EXAMPLES[message_type].model_dump_json().encode()
    assert decode(topic_of(message_type), payload) == Decoded(
        Topic("mons", message_type, None if message_type in CENTRE_MESSAGE_TYPES else "gateway"), EXAMPLES[message_type]
    )


@pytest.mark.parametrize("message_type", list(MODELS))
def test_an_unknown_field_is_refused_by_name(message_type: MessageType) -> None:
    message = EXAMPLES[message_type].model_dump(mode="json") | {"colour": "red"}
    rejected = decode(topic_of(message_type), json.dumps(message).encode())
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith("colour: ")


@pytest.mark.parametrize("message_type", list(MODELS))
def test_a_later_version_of_a_message_is_refused(message_type: MessageType) -> None:
    message = EXAMPLES[message_type].model_dump(mode="json") | {"v": 2}
    rejected = decode(topic_of(message_type), json.dumps(message).encode())
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith("v: ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_value_that_is_no_finite_number_is_refused(number: str) -> None:
    payload = EXAMPLES[MessageType.READINGS].model_dump_json().replace("612.0", number)
    assert number in payload
    assert isinstance(decode(topic_of(MessageType.READINGS), payload.encode()), Rejected)


@pytest.mark.parametrize("name", ["readings/gateway", "nothing"])
def test_a_message_where_the_grammar_has_none_is_an_unknown_topic(name: str) -> None:
    centre = "MONS" if name.startswith("readings") else "mons"
    topic = f"sw/v1/{centre}/{name}"
    assert decode(topic, b"{}") == Rejected(topic, "unknown topic")


@given(st.text(max_size=5_000))
def test_a_reason_is_one_short_line_whatever_was_sent(text: str) -> None:
    rejected = decode(topic_of(MessageType.POLICY), json.dumps({"version": 1, "timezone": text, "devices": []}).encode())
    if isinstance(rejected, Rejected):
        assert len(rejected.reason) <= 200
        assert len(rejected.reason.splitlines()) == 1


@given(st.from_regex(SLUG, fullmatch=True), st.from_regex(SLUG, fullmatch=True))
def test_centre_and_edge_are_read_from_the_topic(centre: str, edge: str) -> None:
    found = decode(f"sw/v1/{centre}/status/{edge}", b'{"state":"online"}')
    assert isinstance(found, Decoded)
    assert (found.topic.centre, found.topic.name) == (centre, edge)
