"""The wire as an AsyncAPI 3.0 document, built from the models, the topic grammar and the metric table.

`python -m smartwork.contracts.asyncapi` writes `docs/asyncapi.yaml` in a checkout. Quality of service and one example
of each message are defined here only.
"""

from pathlib import Path

from pydantic.json_schema import models_json_schema

from smartwork.contracts.decode import MODELS
from smartwork.contracts.edge_reports import (
    Alarm,
    Alarms,
    DiscoveredDevice,
    DiscoveredDevices,
    FieldNotUnderstood,
    FieldsNotUnderstood,
    LightCommand,
)
from smartwork.contracts.exchanges import EXCHANGES
from smartwork.contracts.handshake import Answer, HeldDay, Hello, LeftEpoch
from smartwork.contracts.messages import Batch, Confirmation, LedgerReport, LedgerReportDay, Released, Status, WireModel
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.policy import DeviceEntry, Hours, Policy, PolicyApplied, Profile, ZoneSettings
from smartwork.contracts.topics import CENTRE_MESSAGE_TYPES, SLUG, MessageType, Topic

PATH = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"

_QOS = 1
_BINDING = "0.2.0"
_UNITS = {"lux": "lux", "ppm": "ppm", "c": "°C", "pct": "%", "w": "W", "wh": "Wh", "count": "persons"}


_EPOCH = "0123456789ab"
EXAMPLES: dict[MessageType, WireModel] = {
    MessageType.READINGS: Batch(
        epoch=_EPOCH,
        first=41,
        day="2026-10-05",
        devices=["air-floor-1", "desk-01"],
        at_ms=[1_791_180_000_000, 1_791_180_000_000, 1_791_180_004_250],
        device=[1, 0, 1],
        metric=[Metric.PRESENCE, Metric.CO2_PPM, Metric.PRESENCE],
        value=[1.0, 612.0, 0.0],
    ),
    MessageType.STATUS: Status(state="online"),
    MessageType.LEDGER: LedgerReport(
        epoch=_EPOCH,
        reported_ms=1_791_180_010_000,
        last=43,
        days=[LedgerReportDay(day="2026-10-05", numbered=43, in_outbox=3)],
    ),
    MessageType.CONFIRMED: Confirmation(epoch=_EPOCH, runs=[(41, 43)], digests=["5d41402abc4b2a76"]),
    MessageType.HELLO: Hello(
        instance="00c0ffee0001",
        epoch=_EPOCH,
        last=43,
        opened=40,
        sent_ms=1_791_180_010_000,
        former=[LeftEpoch(epoch="ba9876543210", last=90, known=120, held=[HeldDay(day="2026-10-04", in_outbox=5)])],
    ),
    MessageType.ANSWER: Answer(
        instance="00c0ffee0001",
        epoch=_EPOCH,
        gateway="accepted",
        known=40,
        sent_ms=1_791_180_010_000,
        server_ms=1_791_180_010_012,
    ),
    MessageType.POLICY: Policy(
        version=3,
        timezone="Europe/Brussels",
        devices=[
            DeviceEntry(
                device="desk-01",
                profile=Profile.ZIGBEE2MQTT,
                address="zigbee2mqtt/mons/desk 01",
                interval_s=300,
                zone="open-1",
                resource="desk-01",
            ),
            DeviceEntry(
                device="open-1-light",
                profile=Profile.SHELLY,
                address="shellydimmer-a8032ab12345",
                interval_s=600,
                role="light",
                zone="open-1",
            ),
        ],
        hours=Hours(opens="07:00", closes="19:00", open_days=[1, 2, 3, 4, 5], closures=["2026-11-11"]),
        lights=[ZoneSettings(zone="open-1", hold_s=900, level=0.9, background=0.1, daylight_lux=500.0)],
    ),
    MessageType.POLICY_APPLIED: PolicyApplied(version=3),
    MessageType.RELEASED: Released(
        resource="desk-01",
        booking="PLAN-1001",
        reason="no_show",
        released_ms=1_791_181_800_000,
        until_ms=1_791_192_600_000,
    ),
    MessageType.COMMAND: LightCommand(level=0.4, until_ms=1_791_187_200_000),
    MessageType.ALARMS: Alarms(
        reported_ms=1_791_180_010_000,
        alarms=[
            Alarm(
                kind="lamp_disobeys",
                device="open-1-light",
                since_ms=1_791_180_000_000,
                says="open-1-light was told 0 % and still says 90 %",
            )
        ],
    ),
    MessageType.DISCOVERED_DEVICES: DiscoveredDevices(
        reported_ms=1_791_180_010_000,
        devices=[
            DiscoveredDevice(profile=Profile.TASMOTA, address="plug-7", topic="tele/plug-7/SENSOR", last_ms=1_791_180_009_000)
        ],
    ),
    MessageType.NOT_UNDERSTOOD: FieldsNotUnderstood(
        reported_ms=1_791_180_010_000,
        fields=[
            FieldNotUnderstood(
                device="desk-01",
                field="presence",
                count=12,
                since_ms=1_791_170_000_000,
                last_ms=1_791_180_009_000,
                sample="maybe",
                reason="is not understood",
            )
        ],
    ),
}


def document() -> dict[str, object]:
    """The AsyncAPI document as JSON values; equal at each call."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Smartwork: the wire between centres and network",
            "version": "v1",
            "description": (
                "The messages between a centre's edge and the network over MQTT 5. Generated from smartwork/contracts; "
                "a test keeps both equal."
            ),
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "network": {
                "host": "{broker}",
                "protocol": "mqtt",
                "protocolVersion": "5",
                "description": "The broker of the network. Use `mqtts` across a network that is not your own.",
                "variables": {"broker": {"description": "Host and port, as in SMARTWORK_BROKER_URL."}},
            }
        },
        "channels": {channel_id(message_type): _channel(message_type) for message_type in MODELS},
        "operations": dict(pair for message_type in MODELS for pair in _operations(message_type)),
        "components": {
            "messages": {model.__name__: _message(message_type, model) for message_type, model in MODELS.items()},
            "schemas": _schemas(),
        },
        "x-metrics": [
            {
                "code": metric.value,
                "name": metric.label,
                "unit": _UNITS.get(metric.label.rpartition("_")[2], "1"),
                "low": RANGES[metric].low,
                "high": RANGES[metric].high,
            }
            for metric in Metric
        ],
    }


def channel_id(message_type: MessageType) -> str:
    """The name of a message type's channel in the document: `policy/applied` is `policyApplied`."""
    first, *rest = message_type.value.split("/")
    return first + "".join(part.capitalize() for part in rest)


def _channel(message_type: MessageType) -> dict[str, object]:
    parameters = {"centre": {"description": f"Slug of the centre: {SLUG}"}}
    if message_type in CENTRE_MESSAGE_TYPES:
        address = str(Topic("{centre}", message_type))
    else:
        name = "light" if message_type is MessageType.COMMAND else "edge"
        address = str(Topic("{centre}", message_type, f"{{{name}}}"))
        parameters[name] = {"description": f"Slug of the {name} in that centre: {SLUG}"}
    model = MODELS[message_type].__name__
    return {
        "address": address,
        "messages": {model: {"$ref": f"#/components/messages/{model}"}},
        "parameters": parameters,
    }


def _operations(message_type: MessageType) -> list[tuple[str, dict[str, object]]]:
    exchange, channel, name = EXCHANGES[message_type], channel_id(message_type), MODELS[message_type].__name__

    def common() -> dict[str, object]:  # new objects at each call: YAML would write shared ones as anchors
        return {
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
        }

    capital = channel[0].upper() + channel[1:]
    sends: dict[str, object] = {
        "action": "send",
        "summary": f"{exchange.sender.capitalize()} publishes `{message_type}`. {exchange.when}",
        "tags": [{"name": exchange.sender}],
        **common(),
        "bindings": {"mqtt": {"qos": _QOS, "retain": exchange.retain, "bindingVersion": _BINDING}},
    }
    receives: dict[str, object] = {
        "action": "receive",
        "summary": f"{exchange.receiver.capitalize()} receives `{message_type}`.",
        "tags": [{"name": exchange.receiver}],
        **common(),
        "bindings": {"mqtt": {"qos": _QOS, "bindingVersion": _BINDING}},
    }
    return [(f"{exchange.sender}Sends{capital}", sends), (f"{exchange.receiver}Receives{capital}", receives)]


def _message(message_type: MessageType, model: type[WireModel]) -> dict[str, object]:
    return {
        "name": model.__name__,
        "summary": (model.__doc__ or "").splitlines()[0],
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": [{"name": channel_id(message_type), "payload": EXAMPLES[message_type].model_dump(mode="json")}],
    }


def _schemas() -> dict[str, object]:
    _, whole = models_json_schema(
        [(model, "validation") for model in MODELS.values()], ref_template="#/components/schemas/{model}"
    )
    schemas = _draft_07(whole["$defs"])
    if not isinstance(schemas, dict):
        raise TypeError("pydantic's $defs are not an object")
    return schemas


def _draft_07(schema: object) -> object:
    """The schema in JSON Schema draft 07, which AsyncAPI uses: there the items of a tuple are a list."""
    if isinstance(schema, list):
        return [_draft_07(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _draft_07(value) for name, value in schema.items()}
    if "prefixItems" in changed:
        changed |= {"items": changed.pop("prefixItems"), "additionalItems": False}
    return changed


def text() -> str:
    """The document as YAML, below a comment with its origin."""
    import yaml  # noqa: PLC0415 - a development dependency: a gateway that imports the contracts does not have it

    body = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)
    return f"# Generated by `python -m smartwork.contracts.asyncapi` from smartwork/contracts; do not edit.\n{body}"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
