"""Edge reports besides readings (alarms, discovered devices, what is not understood), and the command for a light."""

from typing import Literal

from pydantic import Field

from smartwork.contracts.messages import HIGHEST, LATEST_MS, Slug, WireModel
from smartwork.contracts.policy import Profile

AlarmKind = Literal[
    "lamp_disobeys",
    "sensor_silent",
    "sensor_stuck",
    "sensor_flaps",
    "not_understood",
    "outbox_full",
    "outbox_damaged",
    "outbox_unavailable",
    "policy_damaged",
]
ALARMS_LIMIT = 1_000
DISCOVERED_DEVICES_LIMIT = 200
NOT_UNDERSTOOD_LIMIT = 100


class Alarm(WireModel):
    """A fault in a centre that needs a person."""

    kind: AlarmKind
    device: Slug | None = Field(default=None, description="The faulty device; null for the gateway itself.")
    since_ms: int = Field(ge=0, le=LATEST_MS)
    says: str = Field(max_length=200, description="The alarm in a sentence.")


class Alarms(WireModel):
    """All alarms of a centre. An alarm that is not in the list has ended."""

    v: Literal[1] = 1
    reported_ms: int = Field(ge=0, le=LATEST_MS)
    alarms: list[Alarm] = Field(max_length=ALARMS_LIMIT)


class DiscoveredDevice(WireModel):
    """A device that publishes on the centre's broker and is in no registry."""

    profile: Profile = Field(description="The device family that the topic suggests.")
    address: str = Field(min_length=1, max_length=200, description="The address to register it with.")
    topic: str = Field(max_length=500, description="Topic of its last message.")
    last_ms: int = Field(ge=0, le=LATEST_MS)


class DiscoveredDevices(WireModel):
    """The discovered devices of a centre, newest first. Replaces the previous list."""

    v: Literal[1] = 1
    reported_ms: int = Field(ge=0, le=LATEST_MS)
    devices: list[DiscoveredDevice] = Field(max_length=DISCOVERED_DEVICES_LIMIT)


class FieldNotUnderstood(WireModel):
    """A field that a device sends and that gives no reading, although its name is known."""

    device: Slug
    field: str = Field(
        min_length=1, max_length=60, description="Name of the field, or `(other fields)` for all further ones."
    )
    count: int = Field(ge=1, le=HIGHEST, description="How often, since `since_ms`.")
    since_ms: int = Field(ge=0, le=LATEST_MS)
    last_ms: int = Field(ge=0, le=LATEST_MS)
    sample: str = Field(max_length=60, description="The newest value.")
    reason: str = Field(max_length=120)


class FieldsNotUnderstood(WireModel):
    """What a centre's devices send and the edge does not understand, newest first. Replaces the previous list."""

    v: Literal[1] = 1
    reported_ms: int = Field(ge=0, le=LATEST_MS)
    fields: list[FieldNotUnderstood] = Field(max_length=NOT_UNDERSTOOD_LIMIT)


class LightCommand(WireModel):
    """A person's override for the zone of a light: a level until an end, or no level to end the override."""

    v: Literal[1] = 1
    level: float | None = Field(ge=0, le=1, description="0 is off; null ends the override.")
    until_ms: int | None = Field(
        default=None,
        ge=0,
        le=LATEST_MS,
        description="End of the override; null: after the `override_s` of the zone's policy.",
    )
