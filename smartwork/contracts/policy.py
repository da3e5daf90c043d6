"""The policy of a centre: what its edge needs to run alone. Devices, zone settings, opening hours."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from smartwork.contracts.generic_rules import GenericRules
from smartwork.contracts.messages import Day, Slug, WireModel

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Role = Literal["presence", "ambient", "light", "meter", "switch"]
"""What a device is used for. Only lights receive commands."""


class Profile(StrEnum):
    """A device family: selects the adapter that decodes the device's messages."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    ESPHOME = "esphome"
    CHIRPSTACK = "chirpstack"
    TTN = "ttn"
    MILESIGHT = "milesight"
    ELSYS = "elsys"
    HOMEASSISTANT = "homeassistant"
    GENERIC = "generic"


class DeviceEntry(WireModel):
    """A registered device: its name in readings, and its family and address on the centre's broker."""

    device: Slug
    profile: Profile
    address: str = Field(
        pattern=r"^[^+#\x00]+$",
        max_length=200,
        description="The device's base topic on the centre's broker, without wildcards.",
    )
    interval_s: int = Field(
        ge=1, le=86_400, description="The device reports at least this often. The silence timeout is 2.5 times as long."
    )
    model: str | None = Field(
        default=None,
        max_length=60,
        description="The maker's model, where decoding needs it, for example VS341; or the channel, for example switch:1.",
    )
    role: Role = Field(default="presence", description="What the device is used for; only lights receive commands.")
    zone: Slug | None = Field(default=None, description="The zone that it lights or measures, or the zone of its resource.")
    resource: Slug | None = Field(default=None, description="The desk or room that it measures.")
    rules: GenericRules | None = Field(default=None, description="For the family generic: how its messages are read.")

    @model_validator(mode="after")
    def _generic_devices_have_rules(self) -> Self:
        if (self.profile is Profile.GENERIC) != (self.rules is not None):
            raise ValueError("rules are for devices of the family generic, which need them")
        return self


class ZoneSettings(WireModel):
    """The settings of a zone. Levels are shares of full light, 0 to 1."""

    zone: Slug
    hold_s: int = Field(default=900, ge=0, le=14_400, description="How long the light stays on after the last presence.")
    level: float = Field(default=1.0, gt=0, le=1, description="Level while the zone is occupied or its state is unknown.")
    background: float = Field(default=0.0, ge=0, le=1, description="Level in opening hours while the zone is vacant.")
    daylight_lux: float | None = Field(
        default=None, gt=0, le=10_000, description="Target illuminance from daylight and lamps together; null: a fixed level."
    )
    ramp_s: float = Field(default=1.0, ge=0, le=60, description="Duration of a change of level.")
    override_s: int = Field(default=7_200, ge=60, le=86_400, description="A person's override ends after this long.")

    @model_validator(mode="after")
    def _background_is_below(self) -> Self:
        if self.background > self.level:
            raise ValueError("background is above level: an empty zone would be brighter than an occupied one")
        return self


class Hours(WireModel):
    """Opening hours in local time: the same on each open ISO weekday, except on days of closure."""

    opens: Clock
    closes: Clock
    open_days: list[Annotated[int, Field(ge=1, le=7)]] = Field(max_length=7)
    closures: list[Day] = Field(default_factory=list, max_length=2_000)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"opens ({self.opens}) is not before closes ({self.closes})")
        for day in self.closures:
            date.fromisoformat(day)
        return self


class Policy(WireModel):
    """What a centre's edge needs to run alone. Retained; versions only grow."""

    v: Literal[1] = 1
    version: int = Field(ge=1)
    timezone: str = Field(description="IANA time zone of the centre; gives the local day of an event.")
    devices: list[DeviceEntry]
    hours: Hours | None = Field(default=None, description="Null: the centre is open at all times.")
    lights: list[ZoneSettings] = Field(
        default_factory=list, description="Settings of the zones whose lights the edge controls."
    )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"timezone {self.timezone[:40]!r} is no IANA zone") from None
        zones = [light.zone for light in self.lights]
        if len(zones) != len(set(zones)):
            raise ValueError("a zone has two entries in `lights`")
        return self


class PolicyApplied(WireModel):
    """The edge's answer to a policy: the version in force, and the reason if a newer one was refused."""

    v: Literal[1] = 1
    version: int = Field(ge=0)
    refused: str | None = None
