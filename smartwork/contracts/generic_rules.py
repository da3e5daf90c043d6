"""How to read and command a device of no known family: rules that an installer writes, without code."""

from string import Template
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from smartwork.contracts.messages import WireModel
from smartwork.contracts.metrics import Metric
from smartwork.contracts.units import UNITS

SubTopic = Annotated[str, StringConstraints(pattern=r"^[^+#\x00]*$", max_length=200)]
Path = Annotated[str, StringConstraints(max_length=100)]
PLACEHOLDERS = frozenset({"state", "level", "percent", "level254", "level255", "ramp_s", "ramp_ms"})


def _metric(text: str) -> str:
    labels = [metric.label for metric in Metric]
    if text not in labels:
        raise ValueError(f"expected one of {', '.join(labels)}")
    return text


MetricLabel = Annotated[str, AfterValidator(_metric), Field(json_schema_extra={"enum": [metric.label for metric in Metric]})]


class GenericField(WireModel):
    """One value in the messages of a device, and what it measures."""

    metric: MetricLabel
    topic: SubTopic = Field(default="", description="The topic behind the device's address; empty: the address itself.")
    path: Path = Field(
        default="", description="Where the value is in a JSON payload, as `a.b.0`; empty: the payload is the value."
    )
    unit: str | None = Field(default=None, max_length=10, description="Unit of the value; null: the metric's own.")
    scale: float = Field(default=1, description="Factor to that unit.")
    on: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="Words that mean 1, in any case; with neither on nor off the usual ones.",
    )
    off: list[str] = Field(default_factory=list, max_length=20, description="Words that mean 0, in any case.")

    @model_validator(mode="after")
    def _unit_is_one_of_the_metric(self) -> Self:
        known = UNITS.get(Metric[self.metric.upper()], {})
        if self.unit is not None and self.unit not in known:
            expected = f"expected one of {', '.join(known)}" if known else "the metric has no unit"
            raise ValueError(f"{self.unit!r} is no unit of {self.metric}; {expected}")
        return self


class GenericCommand(WireModel):
    """The message that sets a light. `$state`, `$level` (0 to 1), `$percent`, `$level254`, `$level255`, `$ramp_s` and
    `$ramp_ms` in the payload stand for the command's values.
    """

    topic: SubTopic
    payload: str = Field(min_length=1, max_length=500)
    on: str = Field(default="ON", max_length=40, description="`$state` if the light is to be on.")
    off: str = Field(default="OFF", max_length=40, description="`$state` if the light is to be off.")

    @model_validator(mode="after")
    def _knows_its_placeholders(self) -> Self:
        template = Template(self.payload)
        if not template.is_valid():
            raise ValueError("payload has a $ that is no placeholder; write $$ for the sign")
        if unknown := set(template.get_identifiers()) - PLACEHOLDERS:
            raise ValueError(f"payload has unknown placeholders {sorted(unknown)}; known are {sorted(PLACEHOLDERS)}")
        return self


class GenericRules(WireModel):
    """How the messages of one device are read, and how its light is commanded."""

    fields: list[GenericField] = Field(min_length=1, max_length=50)
    time: Path = Field(default="", description="Where the time of the event is in a JSON payload; empty: the arrival counts.")
    command: GenericCommand | None = None
