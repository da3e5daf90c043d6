"""What a centre's edge must know to run alone: its devices, its zones' light, and when the centre is open."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from smartwork.contracts.messages import Day, Slug, WireModel

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Role = Literal["presence", "ambient", "light", "meter", "switch"]
"""What a device is there for; a light is commanded, all others are only heard."""


class Profile(StrEnum):
    """A device family: which adapter understands what the device says."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    ESPHOME = "esphome"
    CHIRPSTACK = "chirpstack"
    TTN = "ttn"
    MILESIGHT = "milesight"
    ELSYS = "elsys"
    HOMEASSISTANT = "homeassistant"


class DeviceEntry(WireModel):
    """A device as the registry knows it: its address in its own dialect and the canonical name of its readings."""

    device: Slug
    profile: Profile
    address: str = Field(
        pattern=r"^[^+#\x00]+$", max_length=200, description="The device's base topic on the centre's broker: no wildcards."
    )
    interval_s: int = Field(ge=1, le=86_400, description="It reports at least this often; 2.5 times this is silence.")
    model: str | None = Field(default=None, max_length=60, description="The maker's model, where bytes need it: VS341.")
    role: Role = Field(default="presence", description="What the device is there for; only lights are commanded.")
    zone: Slug | None = Field(default=None, description="The zone it lights or measures, also that of its resource.")
    resource: Slug | None = Field(default=None, description="The desk or room it watches.")


class ZoneLight(WireModel):
    """How a zone is lit. Levels are shares of full light, 0 to 1."""

    zone: Slug
    hold_s: int = Field(default=900, ge=0, le=14_400, description="Light stays this long after the last presence.")
    level: float = Field(default=1.0, gt=0, le=1, description="While somebody is there, or might be.")
    background: float = Field(default=0.0, ge=0, le=1, description="In opening hours while nobody is there.")
    daylight_lux: float | None = Field(
        default=None, gt=0, le=10_000, description="What desks shall get from sun and lamps together; none: fixed level."
    )
    ramp_s: float = Field(default=1.0, ge=0, le=60, description="Time for a change of level.")
    override_s: int = Field(default=7_200, ge=60, le=86_400, description="A person's change ends after this long.")

    @model_validator(mode="after")
    def _background_is_below(self) -> Self:
        if self.background > self.level:
            raise ValueError("background is above level: an empty zone would be brighter than an occupied one")
        return self


class Hours(WireModel):
    """When the centre is open, in its local time: the same hours on each open ISO weekday, except on closures."""

    opens: Clock
    closes: Clock
    open_days: list[Annotated[int, Field(ge=1, le=7)]] = Field(max_length=7)
    closures: list[Day] = Field(default_factory=list, max_length=2_000)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("the centre closes before it opens")
        for day in self.closures:
            date.fromisoformat(day)
        return self


class Policy(WireModel):
    """What a centre's edge must know to run alone. Retained; versions only grow."""

    v: Literal[1] = 1
    version: int = Field(ge=1)
    timezone: str = Field(description="IANA zone of the centre, for the local day of an event.")
    devices: list[DeviceEntry]
    hours: Hours | None = Field(default=None, description="None: the centre counts as open at all times.")
    lights: list[ZoneLight] = Field(default_factory=list, description="Zones that the edge lights; others it leaves alone.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"timezone {self.timezone[:40]!r} is no IANA zone") from None
        zones = [light.zone for light in self.lights]
        if len(zones) != len(set(zones)):
            raise ValueError("a zone has two light policies")
        return self


class PolicyApplied(WireModel):
    """The edge's answer to a policy: the version in force, and why a newer one was refused."""

    v: Literal[1] = 1
    version: int = Field(ge=0)
    refused: str | None = None
