import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smartwork.contracts.topics import (
    CENTRE_MESSAGE_TYPES,
    SLUG,
    MessageType,
    Topic,
    all_centres_filter,
    is_slug,
)

slugs = st.from_regex(SLUG, fullmatch=True)


@st.composite
def topics(draw: st.DrawFn) -> Topic:
    message_type = draw(st.sampled_from(MessageType))
    return Topic(draw(slugs), message_type, None if message_type in CENTRE_MESSAGE_TYPES else draw(slugs))


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a broker delivers `topic` to a subscriber of `topic_filter`; only `+` is used here."""
    wanted, found = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(found) and all(w in {"+", f} for w, f in zip(wanted, found, strict=True))


@given(topics())
def test_what_is_spelled_is_parsed_back(topic: Topic) -> None:
    assert Topic.parse(str(topic)) == topic


@given(st.one_of(st.text(), st.from_regex(r"sw/v1/[^\x00]{0,40}/[a-z/]{0,20}"), topics().map(lambda t: f"{t}/more")))
@example("sw/v1/mons/policy/gateway")
@example("sw/v1/mons/policy/applied")
@example("sw/v1/mons/readings/gateway\n")
@example("sw/v1/mons/readings/")
@example("sw/v2/mons/readings/gateway")
@example("sw/v1/MONS/readings/gateway")
@example("sw/v1/+/readings/+")
@example("sw/v1/mons/readings/٣")
def test_nothing_parses_that_is_not_spelled_so(raw: str) -> None:
    topic = Topic.parse(raw)
    assert topic is None or str(topic) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "sw/v1/mons/policy/gateway",
        "sw/v1/mons/policy/applied",
        "sw/v1/mons/readings",
        "sw/v1/mons/readings/gateway\n",
        "sw/v1/mons/readings/a/b",
        "sw/v1//readings/gateway",
        f"sw/v1/{'m' * 49}/readings/gateway",
        "",
    ],
)
def test_a_topic_outside_the_grammar_is_none(raw: str) -> None:
    assert Topic.parse(raw) is None


@given(topics(), st.sampled_from(MessageType))
def test_a_filter_for_every_centre_matches_its_message_type_and_no_other(topic: Topic, message_type: MessageType) -> None:
    assert matches(all_centres_filter(message_type), str(topic)) == (topic.message_type is message_type)


@pytest.mark.parametrize("text", ["mons", "a", "4-floor", "m" * 48])
def test_lower_case_digits_and_hyphens_make_a_slug(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-mons", "Mons", "m" * 49, "mons\n", "a_b", "é", "a/b", "+"])
def test_anything_else_is_no_slug(text: str) -> None:
    assert not is_slug(text)
