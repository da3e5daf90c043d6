"""Who may change a booking, and until when: a booking that has begun is changed by the network alone, with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import Fault, ImportedBooking
from smartwork.domain.network.places import PlaceKind

LATEST_ENTRY = timedelta(minutes=15)
"""A company enters a booking at most this long after its start. A shorter stay without a booking is ignored as well
(`Rules.shortest_walk_in`), so that no stay that was measured becomes a booking afterwards.
"""

_ASK = " From its start on only the network changes a booking: ask its front desk."

LONGEST_REASON = 120
"""Characters of a reason; it is printed on the invoice."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes bookings: a client of a company, or one of the network (front desk, import, feed).

    `name` is stored in the history of each booking, and so is the `reason` that the network gives.
    """

    name: str
    by: Literal["company", "network"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RequestedBooking:
    """A booking as a client wants it, with the company of its member and the kind of its place."""

    booking: Booking
    company: str
    kind: PlaceKind


@dataclass(frozen=True, slots=True)
class BookingInForce:
    """A stored booking.

    Its cancellation is free up to `notice` before its start, or up to the start if that is None. `cancelled_late_at`: when it
    was cancelled after that.
    """

    booking: Booking
    company: str
    kind: PlaceKind
    notice: timedelta | None = None
    cancelled_late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AllowedChange:
    """The booking to write. `cancelled_late_at` is set if it is cancelled, and charged by the terms of cancellation."""

    booking: Booking
    cancelled_late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefusedChange:
    """Why a change is refused. `needs_reason`: the network's client may make it if it gives a reason."""

    why: str
    needs_reason: bool


def decide(
    stored: BookingInForce | None, requested: RequestedBooking, author: Author, now: datetime
) -> AllowedChange | RefusedChange:
    """What becomes of a change at the instant `now` of the server; `stored` is None for a new booking.

    - The network with a reason may change everything, and nothing is charged for what it cancels.
    - A cancelled booking keeps its period, place and member.
    - A booking that has begun is not changed otherwise, and none is moved into the past.
    - A cancellation after the contract's deadline is late. Up to then every change is free. After it, a change that gives up
      something of the booking is refused: it is cancelled, and another one is made.
    - A booking that was cancelled late may be restored until its start; one that was cancelled in time is like none.
    """
    wanted = requested.booking
    gives_reason = author.by == "network" and bool(author.reason)
    if stored is None:
        why = _why_not_entered(wanted, author, now)
    elif wanted == stored.booking or wanted.status == stored.booking.status == "cancelled":
        return AllowedChange(stored.booking, stored.cancelled_late_at)
    else:
        why = None if gives_reason else _why_not(stored, requested, author, now)
    if why is not None:
        return _refused(author, why)
    if stored is None or wanted.status == "booked":
        return AllowedChange(wanted)
    is_late = now > _deadline(stored) and not gives_reason
    return AllowedChange(replace(stored.booking, status="cancelled"), now if is_late else None)


@dataclass(frozen=True, slots=True)
class DecidedRows:
    """The rows that may be written, as they are to be written, and why others are refused.

    `late` names the cancellations that are charged; they are among the allowed rows.
    """

    allowed: list[ImportedBooking]
    refused: list[Fault]
    late: list[Fault]


def decide_rows(
    rows: Sequence[ImportedBooking],
    requested: Sequence[RequestedBooking],
    stored: Mapping[str, BookingInForce],
    author: Author,
    now: datetime,
) -> DecidedRows:
    """What may be written of the rows of a file.

    `requested` are the bookings of `rows`, in the same order; `stored` are those in force, by external id.
    """
    allowed: list[ImportedBooking] = []
    refused: list[Fault] = []
    late: list[Fault] = []
    for row, wanted in zip(rows, requested, strict=True):
        key = row.booking.external_id
        decision = decide(stored.get(key), wanted, author, now)
        if isinstance(decision, RefusedChange):
            how = ": --reason TEXT" if decision.needs_reason else ""
            refused.append(Fault(row.line, "external_id", f"{key}: {decision.why}{how}"))
        else:
            allowed.append(replace(row, booking=decision.booking))
            before = stored.get(key)
            if decision.cancelled_late_at is not None and before and before.cancelled_late_at is None:
                reason = f"{key} is cancelled later than its contract allows, so that its cancellation is charged"
                late.append(Fault(row.line, "external_id", reason))
    return DecidedRows(allowed, refused, late)


def _why_not_entered(wanted: Booking, author: Author, now: datetime) -> str | None:
    """The network may enter a new booking that has begun, for example from the plan of another system; a company may not."""
    if author.by == "company" and wanted.starts_at < now - LATEST_ENTRY:
        return f"The booking would begin in the past, at {_text(wanted.starts_at)}.{_ASK}"
    return None


def _why_not(stored: BookingInForce, requested: RequestedBooking, author: Author, now: datetime) -> str | None:
    """Why a stored booking is not changed without a reason of the network; None if it may be changed."""
    old, wanted = stored.booking, requested.booking
    ask = _ASK if author.by == "company" else ""
    if (old.status == "booked" or stored.cancelled_late_at is not None) and old.starts_at <= now:
        return f"The booking began at {_text(old.starts_at)}.{ask}"
    if wanted.status == "booked" and wanted.starts_at < (now - LATEST_ENTRY if author.by == "company" else now):
        return f"The booking would begin in the past, at {_text(wanted.starts_at)}.{ask}"
    if wanted.status == "cancelled" or not _gives_up(stored, requested):
        return None
    if stored.cancelled_late_at is not None:
        return "The booking was cancelled late, and can only be restored as it was. Use another id for another booking."
    if old.status == "booked" and now > _deadline(stored):
        return (
            f"By the contract's terms of cancellation the booking could be changed freely until {_text(_deadline(stored))}. "
            "Cancel it, which is charged, and make another booking."
        )
    return None


def _deadline(stored: BookingInForce) -> datetime:
    """Up to this instant a booking is cancelled free of charge; up to its start if there are no terms."""
    return stored.booking.starts_at - (stored.notice or timedelta())


def _gives_up(stored: BookingInForce, requested: RequestedBooking) -> bool:
    """Whether a change leaves the start or a minute of the booking, its centre or kind of place, or its company."""
    old, wanted = stored.booking, requested.booking
    stays = (stored.company, old.centre, stored.kind) == (requested.company, wanted.centre, requested.kind)
    return not (stays and wanted.starts_at == old.starts_at and old.ends_at <= wanted.ends_at)


def _refused(author: Author, why: str) -> RefusedChange:
    if author.by == "network":
        return RefusedChange(f"{why} To change it all the same, give a reason, which is kept and printed", needs_reason=True)
    return RefusedChange(why.removesuffix("."), needs_reason=False)


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
