"""Messages between edge and ingest: batches of readings, status, ledger reports, confirmations; and early releases."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from smartwork.contracts.topics import SLUG

Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$")]
Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Day = Annotated[str, StringConstraints(pattern=r"^20\d{2}-\d{2}-\d{2}$")]
HIGHEST = 2**62
Number = Annotated[int, Field(ge=1, le=HIGHEST)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
BATCH_LIMIT = 5_000
DIGEST_LENGTH = 16
"""Hex digits of SHA-256 over a batch's bytes by which server and edge name a batch."""
LATEST_MS = 4_102_444_800_000
"""The year 2100: the latest instant in any message."""


class WireModel(BaseModel):
    """The base of all messages: frozen, strict types, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Batch(WireModel):
    """A numbered, immutable run of readings: number `first + i` is (at_ms[i], devices[device[i]], metric[i], value[i]).

    Columns instead of rows let a server check and store thousands at a time. All readings lie in one local `day` of the
    centre, so that the ledger balances by day. A resend is byte-identical.
    """

    v: Literal[1] = 1
    epoch: Epoch = Field(description="The outbox that numbered the readings; a new outbox file has a new epoch.")
    first: int = Field(ge=1, le=HIGHEST, description="Number of the first reading.")
    day: Day = Field(description="Local day of the centre in which all events lie.")
    devices: list[Slug] = Field(max_length=BATCH_LIMIT, description="Registry names, indexed by `device`.")
    at_ms: list[int] = Field(min_length=1, max_length=BATCH_LIMIT, description="Event times, ms since 1970 UTC.")
    device: list[int] = Field(max_length=BATCH_LIMIT)
    metric: list[int] = Field(max_length=BATCH_LIMIT, description="Codes of the metric table.")
    value: list[float] = Field(max_length=BATCH_LIMIT, description="In the metric's unit; true is 1, false 0.")
    by_arrival: list[int] = Field(
        default_factory=list,
        max_length=BATCH_LIMIT,
        description="Indexes of the readings without a usable device time: their time is that of arrival at the edge.",
    )

    @property
    def last(self) -> int:
        """Number of the last reading."""
        return self.first + len(self.at_ms) - 1

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        if not len(self.at_ms) == len(self.device) == len(self.metric) == len(self.value):
            raise ValueError("the columns at_ms, device, metric and value differ in length")
        if self.last > HIGHEST:
            raise ValueError(f"the last number of the run is above {HIGHEST}, the highest that an outbox may give")
        if min(self.device) < 0 or max(self.device) >= len(self.devices):
            raise ValueError("a device index points outside `devices`")
        if min(self.at_ms) < 0 or max(self.at_ms) > LATEST_MS:
            raise ValueError("an event time is not between 1970 and 2100")
        if self.by_arrival and (min(self.by_arrival) < 0 or max(self.by_arrival) >= len(self.at_ms)):
            raise ValueError("an index in `by_arrival` points outside the run")
        if min(self.metric) < 0 or max(self.metric) > 32_767:
            raise ValueError("a metric code is not between 0 and 32767")
        date.fromisoformat(self.day)
        return self


class Status(WireModel):
    """Whether an edge is connected. Retained, and published again every minute; `offline` is also its last will."""

    v: Literal[1] = 1
    state: Literal["online", "offline"]


class LedgerReportDay(WireModel):
    """One local day in a ledger report: how many readings have a number, and how many are still in the outbox."""

    day: Day
    numbered: int = Field(ge=0, le=2**62)
    in_outbox: int = Field(ge=0, le=2**62)


class LedgerReport(WireModel):
    """What an edge has numbered, by local day of the event. The server compares it with what it has stored."""

    v: Literal[1] = 1
    epoch: Epoch
    reported_ms: int = Field(ge=0, le=LATEST_MS, description="Time of the report, ms since 1970 UTC.")
    last: int = Field(ge=0, le=2**62, description="The highest number given so far.")
    days: list[LedgerReportDay] = Field(max_length=4_000)

    @model_validator(mode="after")
    def _days_exist(self) -> Self:
        for report_day in self.days:
            date.fromisoformat(report_day.day)
        return self


class RefusedRun(WireModel):
    """A batch that is not stored, because its numbers were given to other readings. The edge numbers its readings again."""

    first: Number
    last: Number
    digest: Digest
    stored: list[tuple[Number, Number]] = Field(
        default_factory=list, description="Numbers of the batch that are stored with the same readings."
    )


class Confirmation(WireModel):
    """Runs of numbers that are committed at the server. The edge deletes these and no others from its outbox.

    An edge that has introduced itself with a hello also gets the digests of the batches, and what was refused, in messages
    of their own.
    """

    v: Literal[1] = 1
    epoch: Epoch
    runs: list[tuple[Number, Number]] = Field(description="Closed runs [first, last].")
    digests: list[Digest] | None = Field(
        default=None, description="For each run the start of SHA-256 over the batch's bytes; other bytes are not confirmed."
    )
    refused: list[RefusedRun] | None = Field(default=None, description="Batches that are not stored and never will be.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.digests is not None and len(self.digests) != len(self.runs):
            raise ValueError("runs and digests differ in length")
        if not self.runs and not self.refused:
            raise ValueError("neither runs nor refused batches")
        return self


class Released(WireModel):
    """A place that is released before its booking ends and can be booked again. Published at least once."""

    v: Literal[1] = 1
    resource: Slug
    booking: str = Field(max_length=200, description="External id of the unused booking.")
    reason: Literal["no_show", "left_early"]
    released_ms: int = Field(ge=0, le=LATEST_MS, description="Start of the free time, ms since 1970 UTC.")
    until_ms: int = Field(
        ge=0,
        le=LATEST_MS,
        description="End of the free time, ms since 1970 UTC: the booking's end, or the start of the next booking.",
    )
