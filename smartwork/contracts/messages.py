"""The messages of the wire, each a strict, frozen model; a unit in every name, unknown fields refused."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from smartwork.contracts.topics import SLUG

Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$")]
Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Day = Annotated[str, StringConstraints(pattern=r"^20\d{2}-\d{2}-\d{2}$")]
HIGHEST = 2**62
Number = Annotated[int, Field(ge=1, le=HIGHEST)]
BATCH_LIMIT = 5_000
LATEST_MS = 4_102_444_800_000
"""The year 2100: no message may speak of a later instant."""


class WireModel(BaseModel):
    """What all messages share: frozen, strict, and refusing fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Batch(WireModel):
    """A numbered, immutable run of readings: number `first + i` is (at_ms[i], devices[device[i]], metric[i], value[i]).

    Columns rather than rows, so that a server checks and stores thousands at a time.
    All readings lie in one local `day` of the centre, so that the ledger balances by day. A resend is byte-identical.
    """

    v: Literal[1] = 1
    epoch: Epoch = Field(description="Which outbox of the edge numbered these; a new file is a new epoch.")
    first: int = Field(ge=1, le=HIGHEST, description="Number of the first reading.")
    day: Day = Field(description="Local day of the centre in which all these events lie.")
    devices: list[Slug] = Field(max_length=BATCH_LIMIT, description="Registry names, indexed by `device`.")
    at_ms: list[int] = Field(min_length=1, max_length=BATCH_LIMIT, description="Event times, ms since 1970 UTC.")
    device: list[int] = Field(max_length=BATCH_LIMIT)
    metric: list[int] = Field(max_length=BATCH_LIMIT, description="Codes of the metric table.")
    value: list[float] = Field(max_length=BATCH_LIMIT, description="In the metric's unit; true is 1, false 0.")
    by_arrival: list[int] = Field(
        default_factory=list,
        max_length=BATCH_LIMIT,
        description="Places of the readings whose device told no believable time: theirs is that of arrival at the edge.",
    )

    @property
    def last(self) -> int:
        """Number of the last reading of the run."""
        return self.first + len(self.at_ms) - 1

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        if not len(self.at_ms) == len(self.device) == len(self.metric) == len(self.value):
            raise ValueError("the columns at_ms, device, metric and value differ in length")
        if self.last > HIGHEST:
            raise ValueError("the run goes past the highest number that an outbox can give")
        if min(self.device) < 0 or max(self.device) >= len(self.devices):
            raise ValueError("a device index points outside `devices`")
        if min(self.at_ms) < 0 or max(self.at_ms) > LATEST_MS:
            raise ValueError("an event time is not between 1970 and 2100")
        if self.by_arrival and (min(self.by_arrival) < 0 or max(self.by_arrival) >= len(self.at_ms)):
            raise ValueError("a place in by_arrival points outside the run")
        if min(self.metric) < 0 or max(self.metric) > 32_767:
            raise ValueError("a metric code is not between 0 and 32767")
        date.fromisoformat(self.day)
        return self


class Status(WireModel):
    """Whether an edge is there: retained, with `offline` as its last will."""

    v: Literal[1] = 1
    state: Literal["online", "offline"]


class LedgerReportDay(WireModel):
    """One local day in an edge's book: how many readings got a number, and how many still wait."""

    day: Day
    numbered: int = Field(ge=0, le=2**62)
    in_outbox: int = Field(ge=0, le=2**62)


class LedgerReport(WireModel):
    """What an edge says it numbered, by local day of the event; the server holds what it stored against it."""

    v: Literal[1] = 1
    epoch: Epoch
    reported_ms: int = Field(ge=0, le=LATEST_MS, description="When the book was read, ms since 1970 UTC.")
    last: int = Field(ge=0, le=2**62, description="The highest number given so far.")
    days: list[LedgerReportDay] = Field(max_length=4_000)

    @model_validator(mode="after")
    def _days_exist(self) -> Self:
        for each in self.days:
            date.fromisoformat(each.day)
        return self


class Confirmation(WireModel):
    """Runs of numbers that are committed at the server; the edge may forget exactly these."""

    v: Literal[1] = 1
    epoch: Epoch
    runs: list[tuple[Number, Number]] = Field(min_length=1, description="Closed runs [first, last].")


class Released(WireModel):
    """A desk or room that is free before its booking ends: it can be booked again. Said at least once."""

    v: Literal[1] = 1
    resource: Slug
    booking: str = Field(max_length=200, description="External id of the booking that is not used.")
    reason: Literal["no_show", "left_early"]
    released_ms: int = Field(ge=0, le=LATEST_MS, description="Free from here on, ms since 1970 UTC.")
    until_ms: int = Field(ge=0, le=LATEST_MS, description="Free up to here: the booking's end, or the next booking.")
