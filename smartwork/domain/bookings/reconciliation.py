"""Bookings meet spans: each booking, and each stay without one, gets exactly one verdict."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from smartwork.domain.bookings.visit import MeasuredVerdict, Verdict
from smartwork.domain.presence.spans import Span, clip, seconds_by_state
from smartwork.domain.time import Interval, subtract


@dataclass(frozen=True, slots=True)
class Rules:
    """How a verdict is reached; all durations are `timedelta`."""

    grace: timedelta = timedelta(minutes=15)
    """Coming late, leaving early or overstaying by no more than this is neither."""
    shortest_use: timedelta = timedelta(minutes=5)
    """Presence shorter than this in a whole booking is somebody passing by."""
    shortest_walk_in: timedelta = timedelta(minutes=15)
    """A stay without a booking that is shorter than this is somebody passing by."""
    most_unknown: float = 0.5
    """With a larger share of the booking unmeasured nothing can be said."""
    apart: timedelta = timedelta(minutes=60)
    """Stays with at most this much absence between them are one walk-in (a lunch)."""
    check_in_window: timedelta = timedelta(minutes=30)
    """A check-in names the walk-in that begins at most this much after it or holds it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A booking as reconciliation needs it."""

    booking_id: int
    company_id: int
    period: Interval
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A check-in as reconciliation needs it."""

    check_in_id: int
    company_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(MeasuredVerdict):
    """A verdict as reconciliation finds it: with the keys of what it is about, before names are looked up.

    `first_seen` and `last_seen` are the first and last instant of presence in the period.
    """

    booking_id: int | None
    check_in_id: int | None
    company_id: int | None
    first_seen: datetime | None
    last_seen: datetime | None


def reconcile(
    claims: Sequence[Claim], signatures: Sequence[Signature], spans: Sequence[Span], window: Interval, rules: Rules
) -> list[Judgement]:
    """The judgements for one resource: one for each claim that begins in `window`, in order of time, and then one for each
    walk-in that begins in it.

    Claims, signatures and spans from outside the window are context: what reaches over its borders is theirs. Given
    enough of it (CONTEXT on both sides), neighbouring windows find together what one window over both finds. `spans`
    are in order; the order of claims and signatures does not matter. Claims that are not cancelled overlap only where a
    desk was released: the later one has it then. Suspect spans (a stuck sensor) count as unknown: doubt is not charged.
    """
    trusted = [Span(s.start, s.end, "unknown") if s.suspect else s for s in spans]
    ordered = sorted(claims, key=lambda c: (c.period.start, c.booking_id))
    kept = [c for c in ordered if not c.cancelled]
    following = {a.booking_id: b.period.start for a, b in pairwise(kept)}
    signed = sorted(signatures, key=lambda s: (s.at, s.check_in_id))
    taken: list[Interval] = []
    judgements = []
    for claim in ordered:
        mine = window.start <= claim.period.start < window.end
        if claim.cancelled:
            judgements += [_cancelled(claim)] if mine else []
            continue
        share = Interval(claim.period.start, min(claim.period.end, following.get(claim.booking_id, claim.period.end)))
        over = _overstay(trusted, share, _until(claim, following.get(claim.booking_id)))
        taken.append(Interval(share.start, share.end + over))
        if mine:
            judgements.append(_judge(claim, share, over, signed, trusted, rules))
    strangers = [s for s in signed if not _is_for_a_booking(s, kept, rules)]
    return judgements + [_walk_in(stay, strangers, trusted, rules) for stay in _stays(trusted, taken, window, rules)]


CONTEXT = timedelta(days=1)
"""How far outside a window is looked: further than an overstay or a lunch can reach."""
LONGEST_OVERSTAY = timedelta(hours=4)


def _until(claim: Claim, next_start: datetime | None) -> datetime:
    """How far an overstay may reach: the next booking of the resource, and never longer than four hours."""
    limit = claim.period.end + LONGEST_OVERSTAY
    return min(limit, next_start) if next_start else limit


def _cancelled(claim: Claim) -> Judgement:
    return Judgement(
        verdict="cancelled",
        starts_at=claim.period.start,
        ends_at=claim.period.end,
        booked_s=0,
        occupied_s=0,
        vacant_s=0,
        unknown_s=0,
        over_s=0,
        booking_id=claim.booking_id,
        check_in_id=None,
        company_id=claim.company_id,
        first_seen=None,
        last_seen=None,
    )


def _judge(
    claim: Claim, share: Interval, over: timedelta, signed: Sequence[Signature], spans: Sequence[Span], rules: Rules
) -> Judgement:
    """The verdict on a claim by what was measured in its `share`: its period, less what another booking took over."""
    period = claim.period
    inside = clip(spans, share)
    booked = round(period.seconds)
    total, occupied, _, unknown = _whole_seconds(inside, share)
    vacant = booked - occupied - unknown
    present = [s for s in inside if s.state == "occupied"]
    last = present[-1].end if present else None
    check_in = _check_in(signed, period, rules, claim.company_id)
    verdict: Verdict
    if unknown > rules.most_unknown * booked:
        verdict = "unverifiable"
    elif occupied < min(rules.shortest_use.total_seconds(), booked):
        verdict = "no_show" if unknown <= rules.grace.total_seconds() and check_in is None else "unverifiable"
    elif over > rules.grace:
        verdict = "overstayed"
    elif last is not None and _left(last, share, inside) + timedelta(seconds=booked - total) > rules.grace:
        verdict = "left_early"
    else:
        verdict = "used"
    return Judgement(
        verdict=verdict,
        starts_at=period.start,
        ends_at=period.end,
        reassigned_at=share.end if share.end < period.end else None,
        booked_s=booked,
        occupied_s=occupied,
        vacant_s=vacant,
        unknown_s=unknown,
        over_s=round(over.total_seconds()),
        booking_id=claim.booking_id,
        check_in_id=check_in.check_in_id if check_in else None,
        company_id=claim.company_id,
        first_seen=present[0].start if present else None,
        last_seen=last,
    )


def _check_in(signed: Sequence[Signature], period: Interval, rules: Rules, company_id: int | None) -> Signature | None:
    """The first check-in shortly before or in `period`; of that company, where one is given."""
    for i in range(bisect_left(signed, period.start - rules.check_in_window, key=_at), len(signed)):
        if signed[i].at >= period.end:
            break
        if company_id is None or signed[i].company_id == company_id:
            return signed[i]
    return None


def _is_for_a_booking(signature: Signature, kept: Sequence[Claim], rules: Rules) -> bool:
    """Whether a check-in says who came for one of the bookings: then it does not say whose a stay beside them is."""
    last = bisect_right(kept, signature.at + rules.check_in_window, key=_starts)
    return any(c.company_id == signature.company_id and signature.at < c.period.end for c in kept[:last])


def _starts(claim: Claim) -> datetime:
    return claim.period.start


def _at(signature: Signature) -> datetime:
    return signature.at


def _left(last: datetime, share: Interval, spans: Sequence[Span]) -> timedelta:
    """How long before the end of its share the desk was seen vacant for good; unknown time after that does not count."""
    rest = seconds_by_state(spans, Interval(last, share.end)) if last < share.end else {"vacant": 0.0}
    return timedelta(seconds=rest["vacant"])


def _overstay(spans: Sequence[Span], period: Interval, until: datetime) -> timedelta:
    """Presence at the end of `period` that goes on without a break, at most to `until`."""
    at = period.end
    inside = clip(spans, period)
    if until > at and inside and inside[-1].end == at and inside[-1].state == "occupied":
        for span in clip(spans, Interval(at, until)):
            if span.state != "occupied" or span.start != at:
                break
            at = span.end
    return at - period.end


def _whole_seconds(spans: Sequence[Span], period: Interval) -> tuple[int, int, int, int]:
    """Length of `period`, and how much of it was occupied, vacant and unknown: whole seconds that add up."""
    inside = seconds_by_state(spans, period)
    total = round(period.seconds)
    occupied = min(round(inside["occupied"]), total)
    unknown = min(round(inside["unknown"]), total - occupied)
    return total, occupied, total - occupied - unknown, unknown


def _stays(spans: Sequence[Span], taken: Sequence[Interval], window: Interval, rules: Rules) -> Iterator[Interval]:
    """Stretches of presence outside every booking that begin in `window`, short absences included."""
    free: list[Interval] = []
    for span in spans:
        if span.state == "occupied":
            free += subtract(Interval(span.start, span.end), taken)
    joined: list[Interval] = []
    for piece in free:
        if joined and _one_stay(joined[-1], piece, taken, rules):
            joined[-1] = Interval(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    for stay in joined:
        if not window.start <= stay.start < window.end:
            continue
        present = seconds_by_state(spans, stay)["occupied"]
        if present >= rules.shortest_walk_in.total_seconds():
            yield stay


def _one_stay(earlier: Interval, later: Interval, taken: Sequence[Interval], rules: Rules) -> bool:
    between = Interval(earlier.end, later.start)
    return between.end - between.start <= rules.apart and subtract(between, taken) == ([between] if between.seconds else [])


def _walk_in(stay: Interval, signed: Sequence[Signature], spans: Sequence[Span], rules: Rules) -> Judgement:
    _, occupied, vacant, unknown = _whole_seconds(spans, stay)
    check_in = _check_in(signed, stay, rules, None)
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
