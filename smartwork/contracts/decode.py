"""Decoding of messages. A message that cannot be decoded is a value too, so that no message stops a loop."""

from dataclasses import dataclass

from pydantic import ValidationError

from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices, FieldsNotUnderstood, LightCommand
from smartwork.contracts.handshake import Answer, Hello
from smartwork.contracts.messages import Batch, Confirmation, LedgerReport, Released, Status, WireModel
from smartwork.contracts.policy import Policy, PolicyApplied
from smartwork.contracts.topics import MessageType, Topic

MODELS: dict[MessageType, type[WireModel]] = {
    MessageType.READINGS: Batch,
    MessageType.STATUS: Status,
    MessageType.LEDGER: LedgerReport,
    MessageType.CONFIRMED: Confirmation,
    MessageType.HELLO: Hello,
    MessageType.ANSWER: Answer,
    MessageType.POLICY: Policy,
    MessageType.POLICY_APPLIED: PolicyApplied,
    MessageType.RELEASED: Released,
    MessageType.COMMAND: LightCommand,
    MessageType.ALARMS: Alarms,
    MessageType.DISCOVERED_DEVICES: DiscoveredDevices,
    MessageType.NOT_UNDERSTOOD: FieldsNotUnderstood,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded message and its topic."""

    topic: Topic
    message: WireModel


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that cannot be decoded, and the reason in one line."""

    topic: str
    reason: str


def decode(raw_topic: str, payload: bytes) -> Decoded | Rejected:
    """The message in `payload`, or the reason why it cannot be decoded. Never raises."""
    topic = Topic.parse(raw_topic)
    model = MODELS.get(topic.message_type) if topic else None
    if topic is None or model is None:
        return Rejected(raw_topic, "unknown topic")
    try:
        return Decoded(topic, model.model_validate_json(payload))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"][:3]) or "message"
        return Rejected(raw_topic, f"{field}: {first['msg']}"[:200])
