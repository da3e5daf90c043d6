"""The document in docs/ is what the code gives, and is valid AsyncAPI 3.0 by its specification."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from smartwork.contracts import asyncapi
from smartwork.contracts.decode import MODELS, Decoded, decode
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.topics import MessageType, Topic

DOCUMENT: dict[str, Any] = yaml.safe_load(asyncapi.PATH.read_text())

FIXED_FIELDS = {
    "root": {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},
    "channel": {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "bindings"},
    "operation": {
        "action", "channel", "title", "summary", "description", "security", "tags", "externalDocs", "bindings",
        "traits", "messages", "reply",
    },
    "message": {
        "headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags",
        "externalDocs", "bindings", "examples", "traits",
    },
    "parameter": {"enum", "default", "description", "examples", "location"},
}  # fmt: skip


def known(kind: str, found: dict[str, Any]) -> bool:
    return all(name in FIXED_FIELDS[kind] or name.startswith("x-") for name in found)


def resolved(reference: str) -> Any:
    assert reference.startswith("#/")
    found: Any = DOCUMENT
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_file_is_what_the_code_gives() -> None:
    assert asyncapi.PATH.read_text() == asyncapi.text(), "run: python -m smartwork.contracts.asyncapi"


def test_the_yaml_holds_the_document_and_no_anchors() -> None:
    assert json.loads(json.dumps(asyncapi.document())) == DOCUMENT
    assert not re.search(r": [&*]id\d", asyncapi.PATH.read_text())


def test_the_root_has_what_the_specification_requires() -> None:
    assert known("root", DOCUMENT)
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"]
    for server in DOCUMENT["servers"].values():
        assert server["protocol"] == "mqtt"
        assert set(re.findall(r"{(\w+)}", server["host"])) == set(server["variables"])


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > 30
    for reference in found:
        assert isinstance(resolved(reference), dict)


def test_a_channel_names_each_parameter_of_its_address_and_one_message() -> None:
    for name, channel in DOCUMENT["channels"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        assert known("channel", channel)
        assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])
        assert all(known("parameter", parameter) for parameter in channel["parameters"].values())
        assert len(channel["messages"]) == 1


def test_an_operation_sends_or_receives_a_message_of_its_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        assert known("operation", operation)
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert resolved(channel) in DOCUMENT["channels"].values()
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/")
        assert operation["bindings"]["mqtt"]["qos"] == 1
        assert ("retain" in operation["bindings"]["mqtt"]) == (operation["action"] == "send")


def test_every_channel_has_one_who_sends_and_one_who_receives() -> None:
    for name in DOCUMENT["channels"]:
        actions = [o["action"] for o in DOCUMENT["operations"].values() if o["channel"]["$ref"] == f"#/channels/{name}"]
        assert sorted(actions) == ["receive", "send"]


def test_a_message_has_a_schema_a_content_type_and_an_example() -> None:
    for message in DOCUMENT["components"]["messages"].values():
        assert known("message", message)
        assert message["contentType"] == "application/json"
        assert resolved(message["payload"]["$ref"])["type"] == "object"
        assert message["examples"]


@pytest.mark.parametrize("message_type", list(MODELS))
def test_what_the_document_shows_on_a_channel_is_decoded_there(message_type: MessageType) -> None:
    channel = DOCUMENT["channels"][asyncapi.channel_id(message_type)]
    topic = channel["address"].format(centre="mons", edge="gateway", light="lamp-1")
    (message,) = (resolved(reference["$ref"]) for reference in channel["messages"].values())
    for shown in message["examples"]:
        found = decode(topic, json.dumps(shown["payload"]).encode())
        assert isinstance(found, Decoded)
        assert (found.topic.message_type, type(found.message)) == (message_type, MODELS[message_type])


def test_the_document_shows_every_message_type_that_has_a_message() -> None:
    shown = {Topic.parse(c["address"].format(centre="a", edge="b", light="c")) for c in DOCUMENT["channels"].values()}
    assert {topic.message_type for topic in shown if topic} == set(MODELS) == set(MessageType)


def test_schemas_refuse_unknown_fields_and_use_draft_07_only() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        assert schema["type"] != "object" or schema["additionalProperties"] is False
    assert not {"prefixItems", "$defs", "unevaluatedProperties"} & set(re.findall(r"[\w$]+(?=\":)", json.dumps(DOCUMENT)))


def test_the_metric_table_is_that_of_the_code() -> None:
    assert {m["code"]: (m["name"], m["low"], m["high"]) for m in DOCUMENT["x-metrics"]} == {
        metric.value: (metric.label, RANGES[metric].low, RANGES[metric].high) for metric in Metric
    }
    assert {m["name"]: m["unit"] for m in DOCUMENT["x-metrics"]} == {
        "presence": "1", "occupant_count": "persons", "illuminance_lux": "lux", "co2_ppm": "ppm", "temperature_c": "°C",
        "humidity_pct": "%", "light_on": "1", "light_level": "1", "power_w": "W", "energy_wh": "Wh", "battery_pct": "%",
        "link_quality": "1", "online": "1",
    }  # fmt: skip
