"""What the API reads and says: strict, with a unit in every name."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from smartwork.contracts.topics import SLUG
from smartwork.domain.billing.lifecycle import Status

_RFC_3339 = re.compile(r"20\d{2}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")

_SHAPE = (
    r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
)
"""For readers of the description: every text of this shape is a time, though not every time has it (the 29th to 31st)."""


def _instant(value: object) -> object:
    """A time with its offset, of this century, in UTC."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("expected a time of this century with its offset, such as 2026-10-05T09:00:00+02:00")
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": _SHAPE,
            "examples": ["2026-10-05T09:00:00+02:00"],
        },
        mode="validation",
    ),
]
Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$", strict=True)]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]([ -~]*[!-~])?$", strict=True)]
Pseudonym = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-.0-~]+$", strict=True)]


def _whole(value: object) -> object:
    """A JSON number without a fraction: 60 and 60.0 are the same, "60" and true are none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")  # noqa: TRY004 - what pydantic makes a fault of
    return value


Minutes = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_440)]
Seconds = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=2_678_400)]


class Said(BaseModel):
    """What a client says: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BookingIn(Said):
    """A claim on a desk or room over [starts_at, ends_at)."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    starts_at: Instant
    ends_at: Instant


class BookingOut(BaseModel):
    """A booking as it stands. `released_at` says from when on others may have the place; the booking itself stays."""

    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: Literal["booked", "cancelled"]
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str


class Bookings(BaseModel):
    """A page of bookings; `next` asks for the one behind it as `after`, null where this is the last."""

    bookings: list[BookingOut]
    next: int | None


class Version(BaseModel):
    """What a booking was before it was changed, cancelled or released."""

    version: int
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: str
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str


class MemberIn(Said):
    """A person, known by a pseudonym only, and who they work for."""

    company: Slug


class MemberOut(BaseModel):
    """A registered member."""

    pseudonym: str
    company: str


class CheckInIn(Said):
    """A badge held to a reader or a QR code scanned at a desk."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    at: Instant
    method: Literal["badge", "qr"]


class CheckInOut(BaseModel):
    """What a check-in met.

    `in_time`: its booking holds. `taken_back`: the desk had been released and is theirs again. `too_late`: it had been
    released and is booked by another now. `no_booking`: it names whoever walks in.
    """

    outcome: Literal["in_time", "taken_back", "too_late", "no_booking"]
    centre: str
    resource: str | None
    member: str
    at: datetime
    booking: str | None
    released_at: datetime | None


class Accounting(BaseModel):
    """RADIUS accounting (RFC 2866) as FreeRADIUS says it in JSON; attributes that are not named here are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    status: Literal["Start", "Stop", "Interim-Update"] = Field(alias="Acct-Status-Type")
    session: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[!-~]+$", strict=True)] = Field(
        alias="Acct-Session-Id"
    )
    user: Pseudonym = Field(alias="User-Name", description="The member's pseudonym, the same in every centre.")
    nas: Slug = Field(alias="NAS-Identifier", description="Slug of the centre whose access point speaks.")
    at: Instant = Field(alias="Event-Timestamp")
    session_s: Seconds = Field(default=0, alias="Acct-Session-Time", description="Seconds that the session has lasted.")


class SpanOut(BaseModel):
    """A stretch [starts_at, ends_at) in one state; a suspect one comes from a stuck sensor and is not billed."""

    starts_at: datetime
    ends_at: datetime
    state: str
    suspect: bool


class LedgerDayOut(BaseModel):
    """The readings of the centre on one local day: numbered = stored + rejected + waiting + missing.

    Numbered at its edges; arrived here are those stored and those rejected with a reason; `missing_share` is the share that
    has not arrived, whether it waits at the edge or is nowhere.
    """

    day: date
    numbered: int
    arrived: int
    stored: int
    rejected: int
    in_outbox: int = Field(serialization_alias="waiting")
    missing: int
    missing_share: float


class VerdictOut(BaseModel):
    """What became of a booking, or of a stay without one; seconds add up: booked = occupied + vacant + unknown."""

    id: int
    verdict: str
    company: str | None
    centre: str
    resource: str
    member: str | None
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    starts_at: datetime
    ends_at: datetime
    ceded_at: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    coverage: float = Field(description="Share of the period in which a sensor could tell.")


class Verdicts(BaseModel):
    """A page of verdicts; `next` asks for the one behind it as `after`, null where this is the last."""

    verdicts: list[VerdictOut]
    next: int | None


class Evidence(VerdictOut):
    """A verdict with all that it rests on."""

    spans: list[SpanOut]
    ledger: list[LedgerDayOut]


class InvoiceOut(BaseModel):
    """An issued invoice, or a credit note that `corrects` one; amounts are decimal text in the currency.

    gross = paid + credited + open: of an invoice what came in and what credit notes took from it, of a credit note what was
    paid out and what went to its invoice. `open` is below zero where more was paid than was owed.
    """

    number: str
    kind: str
    company: str
    month: str
    issued_on: str
    due_on: str
    currency: str
    net: str
    vat: str
    gross: str
    payment_reference: str | None
    corrects: str | None
    state: Status
    paid: str
    credited: str
    open: str
    pdf: str
    xml: str
    csv: str


class ReleaseOut(BaseModel):
    """A desk or room that is free before its booking ends; `booking` is shown to whose it is."""

    id: int
    centre: str
    resource: str
    reason: Literal["no_show", "left_early"]
    released_at: datetime
    ends_at: datetime
    taken_back_at: datetime | None
    booking: str | None


class Releases(BaseModel):
    """A page of releases; `next` asks for the one behind it as `after`, null where this is the last."""

    releases: list[ReleaseOut]
    next: int | None


class FreeOut(BaseModel):
    """A desk or room that can be booked."""

    resource: str
    name: str
    kind: Literal["desk", "room"]
    seats: int


class Free(BaseModel):
    """What of a centre can be booked for the whole of a period."""

    resources: list[FreeOut]


class PolicyModel(Said):
    """How long a centre waits before it frees a desk, in minutes; null: for ever."""

    no_show_min: Minutes | None = Field(description="After the start, where nobody came.")
    left_min: Minutes | None = Field(description="After the last sign of presence.")
