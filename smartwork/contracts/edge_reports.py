"""What an edge says of its house besides readings, and what it may be told to light."""

from typing import Literal

from pydantic import Field

from smartwork.contracts.messages import LATEST_MS, Slug, WireModel
from smartwork.contracts.policy import Profile

AlarmKind = Literal["lamp_disobeys", "sensor_silent", "sensor_stuck", "sensor_flaps", "outbox_full"]
ALARMS_LIMIT = 1_000
DISCOVERED_DEVICES_LIMIT = 200


class Alarm(WireModel):
    """One thing in a centre that wants a person."""

    kind: AlarmKind
    device: Slug | None = Field(default=None, description="Whose it is; none where it is the gateway's own.")
    since_ms: int = Field(ge=0, le=LATEST_MS)
    says: str = Field(max_length=200, description="The alarm in a sentence.")


class Alarms(WireModel):
    """All that is wrong in a centre now, as a whole: what is not in the list is over."""

    v: Literal[1] = 1
    reported_ms: int = Field(ge=0, le=LATEST_MS)
    alarms: list[Alarm] = Field(max_length=ALARMS_LIMIT)


class DiscoveredDevice(WireModel):
    """A device that speaks on the centre's broker and is in no registry."""

    profile: Profile = Field(description="Its family, guessed from the topic.")
    address: str = Field(min_length=1, max_length=200, description="What it would be registered under.")
    topic: str = Field(max_length=500, description="Where it spoke last.")
    last_ms: int = Field(ge=0, le=LATEST_MS)


class DiscoveredDevices(WireModel):
    """The devices that were heard and are not registered, the newest ones, as a whole."""

    v: Literal[1] = 1
    reported_ms: int = Field(ge=0, le=LATEST_MS)
    devices: list[DiscoveredDevice] = Field(max_length=DISCOVERED_DEVICES_LIMIT)


class LightCommand(WireModel):
    """A person's wish for the zone of a light, from afar: a level until an end, or none to give it back to its policy."""

    v: Literal[1] = 1
    level: float | None = Field(ge=0, le=1, description="0 is off; null ends the override.")
    until_ms: int | None = Field(
        default=None, ge=0, le=LATEST_MS, description="When it ends; without it, as long as the zone's policy says."
    )
