"""Who publishes each type of message to whom. The AsyncAPI document and the broker's access list follow from this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from smartwork.contracts.topics import MessageType

Actor = Literal["edge", "ingest", "operator"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Sender and receiver of a message type, whether it is retained, and when it is published."""

    sender: Actor
    receiver: Actor
    retain: bool
    when: str


EXCHANGES: Mapping[MessageType, Exchange] = {
    MessageType.READINGS: Exchange(
        "edge", "ingest", retain=False, when="Published in order, and again byte for byte until confirmed."
    ),
    MessageType.STATUS: Exchange(
        "edge",
        "ingest",
        retain=True,
        when="Published every minute while connected, and on disconnecting; `offline` is also the last will.",
    ),
    MessageType.LEDGER: Exchange(
        "edge", "ingest", retain=True, when="Published when a figure has changed, and at intervals."
    ),
    MessageType.CONFIRMED: Exchange(
        "ingest", "edge", retain=False, when="Published after the commit, also for a batch that was stored before."
    ),
    MessageType.HELLO: Exchange(
        "edge", "ingest", retain=False, when="Published on connecting until it is answered, then at intervals."
    ),
    MessageType.ANSWER: Exchange("ingest", "edge", retain=False, when="Published for each hello."),
    MessageType.POLICY: Exchange("operator", "edge", retain=True, when="Published when the registry has changed."),
    MessageType.COMMAND: Exchange(
        "operator", "edge", retain=False, when="Published when a person overrides a light remotely."
    ),
    MessageType.ALARMS: Exchange("edge", "ingest", retain=True, when="Published when an alarm begins or ends."),
    MessageType.DISCOVERED_DEVICES: Exchange(
        "edge", "ingest", retain=True, when="Published when a device is discovered that is in no registry."
    ),
    MessageType.NOT_UNDERSTOOD: Exchange(
        "edge", "ingest", retain=True, when="Published when a device sends a field that is not understood, and at intervals."
    ),
    MessageType.POLICY_APPLIED: Exchange(
        "edge", "operator", retain=True, when="Published for each newer policy, in force or refused."
    ),
    MessageType.RELEASED: Exchange(
        "ingest",
        "operator",
        retain=False,
        when="Published when a place is released: nobody came, or everybody left, for longer than the centre's setting.",
    ),
}
