"""Reconciliation: each booking, and each stay without a booking, gets exactly one verdict from the spans of its place."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from smartwork.domain.bookings.visit import MeasuredVerdict, Verdict
from smartwork.domain.presence.spans import Span, clip, clip_at, seconds_by_state
from smartwork.domain.time import Interval, subtract, union


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits by which a verdict is reached."""

    grace: timedelta = timedelta(minutes=15)
    """Arriving late, leaving early or overstaying by at most this much is ignored."""
    shortest_use: timedelta = timedelta(minutes=5)
    """Less presence than this in a whole booking does not count as use."""
    shortest_walk_in: timedelta = timedelta(minutes=15)
    """A stay without a booking that has less presence than this is ignored."""
    most_unknown: float = 0.5
    """If a larger share of a booking is unknown, it is unverifiable."""
    longest_absence: timedelta = timedelta(minutes=60)
    """Stays with at most this much absence between them are one walk-in, for example around lunch."""
    check_in_window: timedelta = timedelta(minutes=30)
    """A check-in names a stay that it lies in, or that begins at most this much after it."""


@dataclass(frozen=True, slots=True)
class BookedSlot:
    """A booking as reconciliation needs it.

    `cancelled_late_at`: when it was cancelled, if the cancellation is charged. `gave_way`: it was credited in full, and
    another booking may have its time.
    """

    booking_id: int
    company_id: int
    period: Interval
    cancelled: bool
    cancelled_late_at: datetime | None = None
    gave_way: bool = False


@dataclass(frozen=True, slots=True)
class RecordedCheckIn:
    """A check-in as reconciliation needs it. `recorded_at` is when it arrived, None for one of the network's own clients."""

    check_in_id: int
    company_id: int
    at: datetime
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(MeasuredVerdict):
    """A verdict with the keys of its booking, check-in and company, before their names are read.

    `first_seen` and `last_seen` are the first and last instant of presence in the period.
    """

    booking_id: int | None
    check_in_id: int | None
    company_id: int | None
    first_seen: datetime | None
    last_seen: datetime | None


def reconcile(
    slots: Sequence[BookedSlot],
    check_ins: Sequence[RecordedCheckIn],
    spans: Sequence[Span],
    window: Interval,
    rules: Rules,
    now: datetime,
) -> list[Judgement]:
    """The judgements for one place: for each slot that begins in `window`, by time, then for each walk-in that begins in it.

    Only what happened before `now` counts. A slot is judged once it has ended, whether it is cancelled or not; until then
    presence in it is no walk-in. A walk-in that goes on ends at `now`. The judgements do not
    depend on anything after `now`; `is_unfinished` tells whether a later `now` may change them.

    Slots, check-ins and spans outside the window are context only; the neighbouring window judges what begins there. With
    CONTEXT on both sides, neighbouring windows give the same judgements as one window over both. `spans` must be in order;
    the order of slots and check-ins does not matter. Slots that are not cancelled overlap only if a place was released
    early: then the later slot has it; or if one gave way: then the other one has it. Suspect spans count as unknown, because
    doubt is not charged.
    """
    past = clip_at(spans, now)
    trusted = [Span(span.start, span.end, "unknown") if span.suspect else span for span in past]
    ordered = sorted(slots, key=lambda slot: (slot.period.start, slot.booking_id))
    active = [slot for slot in ordered if not slot.cancelled]
    next_start = _next_starts(active)
    in_order = sorted(
        (check_in for check_in in check_ins if check_in.at < now), key=lambda check_in: (check_in.at, check_in.check_in_id)
    )
    booked: list[Interval] = []
    judgements = []
    for slot in ordered:
        in_window = window.start <= slot.period.start < window.end and slot.period.end <= now
        if slot.cancelled:
            judgements += [_cancelled(slot)] if in_window else []
            continue
        own = Interval(slot.period.start, min(slot.period.end, next_start.get(slot.booking_id, slot.period.end)))
        over = _overstay(trusted, own, _latest_overstay(slot, next_start.get(slot.booking_id)))
        if own.start < own.end:
            booked.append(Interval(own.start, own.end + over))
        if in_window:
            judgements.append(_judge(slot, own, over, in_order, trusted, rules))
    unmatched = [check_in for check_in in in_order if not _is_for_a_booking(check_in, active, rules)]
    return judgements + [_walk_in(stay, unmatched, trusted, rules) for stay in _stays(trusted, union(booked), window, rules)]


def is_unfinished(slots: Iterable[BookedSlot], spans: Iterable[Span], window: Interval, now: datetime) -> bool:
    """Whether a later `now` may give other judgements without a change of slots, check-ins or spans."""
    return any(window.start <= slot.period.start < window.end and slot.period.end > now for slot in slots) or any(
        span.end > now for span in spans
    )


CONTEXT = timedelta(days=1)
"""How much context a window needs on each side: more than an overstay or an absence can last."""
LONGEST_OVERSTAY = timedelta(hours=4)
EVIDENCE_IS_OPEN = timedelta(days=31)
"""How long after its end a booking or stay is judged again without a trace: a gateway works for a month without the network.
A verdict that changes later is kept in the history.
"""


def _latest_overstay(slot: BookedSlot, next_start: datetime | None) -> datetime:
    """The latest instant to which an overstay may last: the next booking of the place, or LONGEST_OVERSTAY."""
    limit = slot.period.end + LONGEST_OVERSTAY
    return min(limit, next_start) if next_start else limit


def _next_starts(active: Sequence[BookedSlot]) -> dict[int, datetime]:
    """By booking_id: from when on the next slot has the place, for slots in order of their start that are not cancelled.

    A slot that gave way takes no time from others; from its start on, if a slot that overlaps it began before.
    """
    holding = [slot for slot in active if not slot.gave_way]
    starts = {slot.booking_id: later.period.start for slot, later in pairwise(holding)}
    for slot in active:
        if slot.gave_way:
            following = [other.period.start for other in holding if other.period.end > slot.period.start]
            if following:
                starts[slot.booking_id] = max(slot.period.start, min(following))
    gave_way = [slot for slot in active if slot.gave_way]
    for slot, later in pairwise(gave_way):
        starts[slot.booking_id] = min(starts.get(slot.booking_id, later.period.start), later.period.start)
    return starts


def _cancelled(slot: BookedSlot) -> Judgement:
    """Free of charge without booked time; late with the booked time, of which a share may be charged."""
    booked = 0 if slot.cancelled_late_at is None else round(slot.period.seconds)
    return Judgement(
        verdict="cancelled" if slot.cancelled_late_at is None else "cancelled_late",
        cancelled_at=slot.cancelled_late_at,
        starts_at=slot.period.start,
        ends_at=slot.period.end,
        booked_s=booked,
        occupied_s=0,
        vacant_s=booked,
        unknown_s=0,
        over_s=0,
        booking_id=slot.booking_id,
        check_in_id=None,
        company_id=slot.company_id,
        first_seen=None,
        last_seen=None,
    )


def _judge(
    slot: BookedSlot,
    own: Interval,
    over: timedelta,
    check_ins: Sequence[RecordedCheckIn],
    spans: Sequence[Span],
    rules: Rules,
) -> Judgement:
    """The verdict on a slot. `own` is its period without the time for which the place was reassigned to another booking."""
    period = slot.period
    inside = clip(spans, own)
    booked = round(period.seconds)
    total, occupied, _, unknown = _whole_seconds(inside, own)
    vacant = booked - occupied - unknown
    present = [span for span in inside if span.state == "occupied"]
    last = present[-1].end if present else None
    check_in = _check_in(check_ins, period, rules, slot.company_id)
    verdict: Verdict
    if unknown > rules.most_unknown * booked:
        verdict = "unverifiable"
    elif occupied < min(rules.shortest_use.total_seconds(), booked):
        verdict = "no_show" if unknown <= rules.grace.total_seconds() and check_in is None else "unverifiable"
    elif over > rules.grace:
        verdict = "overstayed"
    elif last is not None and _vacant_after(last, own, inside) + timedelta(seconds=booked - total) > rules.grace:
        verdict = "left_early"
    else:
        verdict = "used"
    return Judgement(
        verdict=verdict,
        starts_at=period.start,
        ends_at=period.end,
        reassigned_at=own.end if own.end < period.end else None,
        booked_s=booked,
        occupied_s=occupied,
        vacant_s=vacant,
        unknown_s=unknown,
        over_s=round(over.total_seconds()),
        booking_id=slot.booking_id,
        check_in_id=check_in.check_in_id if check_in else None,
        company_id=slot.company_id,
        first_seen=present[0].start if present else None,
        last_seen=last,
    )


def _check_in(
    check_ins: Sequence[RecordedCheckIn], period: Interval, rules: Rules, company_id: int | None
) -> RecordedCheckIn | None:
    """The first check-in in `period` or at most the check-in window before it; of the company, if one is given.

    A check-in that a company sent after the end of its booking does not count for it: it could be sent to fit the verdict.
    """
    for i in range(bisect_left(check_ins, period.start - rules.check_in_window, key=_at), len(check_ins)):
        if check_ins[i].at >= period.end:
            break
        if company_id is None:
            return check_ins[i]
        recorded_at = check_ins[i].recorded_at
        if check_ins[i].company_id == company_id and (recorded_at is None or recorded_at <= period.end):
            return check_ins[i]
    return None


def _is_for_a_booking(check_in: RecordedCheckIn, active: Sequence[BookedSlot], rules: Rules) -> bool:
    """Whether a check-in belongs to a booking of its company. Such a check-in names no walk-in."""
    last = bisect_right(active, check_in.at + rules.check_in_window, key=_starts)
    return any(slot.company_id == check_in.company_id and check_in.at < slot.period.end for slot in active[:last])


def _starts(slot: BookedSlot) -> datetime:
    return slot.period.start


def _at(check_in: RecordedCheckIn) -> datetime:
    return check_in.at


def _vacant_after(last: datetime, own: Interval, spans: Sequence[Span]) -> timedelta:
    """How long the place was vacant between the last presence and the end of `own`; unknown time does not count."""
    rest = seconds_by_state(spans, Interval(last, own.end)) if last < own.end else {"vacant": 0.0}
    return timedelta(seconds=rest["vacant"])


def _overstay(spans: Sequence[Span], period: Interval, until: datetime) -> timedelta:
    """How long presence at the end of `period` goes on without a break, at most until `until`."""
    at = period.end
    inside = clip(spans, period)
    if until > at and inside and inside[-1].end == at and inside[-1].state == "occupied":
        for span in clip(spans, Interval(at, until)):
            if span.state != "occupied" or span.start != at:
                break
            at = span.end
    return at - period.end


def _whole_seconds(spans: Sequence[Span], period: Interval) -> tuple[int, int, int, int]:
    """The length of `period`, and its occupied, vacant and unknown time, in whole seconds that add up."""
    inside = seconds_by_state(spans, period)
    total = round(period.seconds)
    occupied = min(round(inside["occupied"]), total)
    unknown = min(round(inside["unknown"]), total - occupied)
    return total, occupied, total - occupied - unknown, unknown


def _stays(spans: Sequence[Span], booked: Sequence[Interval], window: Interval, rules: Rules) -> Iterator[Interval]:
    """Presence outside every booking that begins in `window`, with short absences filled."""
    free: list[Interval] = []
    for span in spans:
        if span.state == "occupied":
            free += subtract(Interval(span.start, span.end), booked)
    joined: list[Interval] = []
    for part in free:
        if joined and _is_one_stay(joined[-1], part, booked, rules):
            joined[-1] = Interval(joined[-1].start, part.end)
        else:
            joined.append(part)
    for stay in joined:
        if not window.start <= stay.start < window.end:
            continue
        present = seconds_by_state(spans, stay)["occupied"]
        if present >= rules.shortest_walk_in.total_seconds():
            yield stay


def _is_one_stay(earlier: Interval, later: Interval, booked: Sequence[Interval], rules: Rules) -> bool:
    between = Interval(earlier.end, later.start)
    return between.end - between.start <= rules.longest_absence and subtract(between, booked) == (
        [between] if between.seconds else []
    )


def _walk_in(stay: Interval, check_ins: Sequence[RecordedCheckIn], spans: Sequence[Span], rules: Rules) -> Judgement:
    _, occupied, vacant, unknown = _whole_seconds(spans, stay)
    check_in = _check_in(check_ins, stay, rules, None)
    return Judgement(
        verdict="walk_in",
        starts_at=stay.start,
        ends_at=stay.end,
        booked_s=0,
        occupied_s=occupied,
        vacant_s=vacant,
        unknown_s=unknown,
        over_s=0,
        booking_id=None,
        check_in_id=check_in.check_in_id if check_in else None,
        company_id=check_in.company_id if check_in else None,
        first_seen=stay.start,
        last_seen=stay.end,
    )
