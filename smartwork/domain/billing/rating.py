"""What a verdict costs: the contract's rules over measured and booked time. Worked figures stand in docs/billing.md."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.invoice import Basis, Line, Proof, Terms
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Proven, Verdict
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import Span

Group = tuple[Line, ...]
"""Lines that belong together, numbered from 1 within the group: mostly one, or passes and the hours beyond them."""

_HOUR = Decimal(3600)
_QUANTITY = Decimal("0.0001")
_SHARE = Decimal("0.001")
_ZERO = Decimal(0)


class Stay(Protocol):
    """What the rules look at: a verdict with its figures in seconds, and the spans that prove it."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def booked_s(self) -> int: ...
    @property
    def occupied_s(self) -> int: ...
    @property
    def over_s(self) -> int: ...
    @property
    def spans(self) -> tuple[Span, ...]: ...


def terms_of(contract: Contract, tariff: Tariff) -> Terms:
    """The rule and prices in force, as a line records them."""
    return Terms(
        contract.charge,
        contract.grace_min,
        contract.step_min,
        contract.minimum_min,
        contract.no_show_share,
        contract.no_show_fee,
        contract.early_leave_refund,
        tariff.per_hour,
        tariff.half_day,
        tariff.half_day_hours,
        tariff.day,
    )


def local_date(proven: Proven) -> date:
    """The day of a verdict: that of its start on the centre's own clock."""
    return proven.starts_at.astimezone(ZoneInfo(proven.timezone)).date()


def rate(proven: Proven, terms: Terms, vat: Vat) -> Group:
    """The line for one verdict by itself, without passes; nothing where nothing is charged."""
    proof = proof_of(proven, terms)
    if proof.basis == "no_show" and terms.no_show_fee:
        fee = terms.no_show_fee
        hours = _line(1, [proof], terms, vat)
        return (replace(hours, kind="no_show", quantity=Decimal(1), unit="piece", price=fee, net=round_to_cent(fee)),)
    return (_line(1, [proof], terms, vat),) if proof.hours else ()


def chargeable(stay: Stay, terms: Terms) -> tuple[Basis, Decimal]:
    """Which rule sets the hours of a verdict, and the hours: seconds ÷ 3600, ROUND_HALF_UP to four decimals."""
    basis, seconds = _billed(stay, terms)
    return basis, (seconds / _HOUR).quantize(_QUANTITY, ROUND_HALF_UP)


def measured_s(stay: Stay) -> tuple[int, int]:
    """Seconds of presence that may be billed: within the period, and past its end.

    Only what an occupied span proves and no sensor fault casts doubt on counts, however long the verdict says.
    """
    within = _occupied(stay, stay.starts_at, stay.ends_at)
    after = _occupied(stay, stay.ends_at, stay.ends_at + timedelta(seconds=stay.over_s)) if stay.over_s else 0
    return min(stay.occupied_s, within), min(stay.over_s, after)


def proof_of(proven: Proven, terms: Terms) -> Proof:
    """The evidence of a verdict as a line carries it."""
    basis, hours = chargeable(proven, terms)
    measured = proven.occupied_s + proven.vacant_s
    period = measured + proven.unknown_s
    return Proof(
        verdict=proven.verdict,
        basis=basis,
        centre=proven.centre,
        centre_name=proven.centre_name,
        timezone=proven.timezone,
        resource=proven.resource,
        resource_name=proven.resource_name,
        kind=proven.kind,
        member=proven.member,
        booking=proven.booking,
        check_in=proven.check_in,
        check_in_method=proven.check_in_method,
        day=local_date(proven),
        starts_at=proven.starts_at,
        ends_at=proven.ends_at,
        booked_s=proven.booked_s,
        occupied_s=proven.occupied_s,
        vacant_s=proven.vacant_s,
        unknown_s=proven.unknown_s,
        over_s=proven.over_s,
        coverage=(Decimal(measured) / period).quantize(_SHARE) if period else Decimal("0.000"),
        doubtful=proven.unknown_s > 0,
        hours=hours,
        spans=proven.spans,
        batches=proven.batches,
        ceded_at=proven.ceded_at,
        ledger=proven.ledger,
    )


def _line(number: int, proofs: Sequence[Proof], terms: Terms, vat: Vat) -> Line:
    """A line of hours over `proofs`, which are of one member, day, centre and kind."""
    first = proofs[0]
    hours = sum((proof.hours for proof in proofs), _ZERO)
    return Line(
        line=number,
        kind="occupancy",
        quantity=hours,
        unit="hour",
        price=terms.per_hour,
        net=round_to_cent(hours * terms.per_hour),
        vat_category=vat.category,
        vat_rate=vat.rate,
        starts_on=first.day,
        ends_on=max(last_day(proof) for proof in proofs),
        centre=first.centre,
        centre_name=first.centre_name,
        place_kind=first.kind,
        hours=hours,
        terms=terms,
        proofs=tuple(proofs),
    )


def last_day(proof: Proof) -> date:
    """The local day on which a proof's period ends: midnight still belongs to the day before."""
    return (proof.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(proof.timezone)).date()


def _billed(stay: Stay, terms: Terms) -> tuple[Basis, Decimal]:
    booked = stay.booked_s
    match stay.verdict:
        case "cancelled":
            return "booked", _ZERO
        case "no_show":
            return "no_show", _ZERO if terms.no_show_fee is not None else booked * terms.no_show_share
        case "walk_in":
            return "walk_in", Decimal(_stepped(measured_s(stay)[0], terms))
    measured = _measured(stay, terms)
    if terms.charge in ("as_measured", "cheapest") or (terms.charge == "the_greater" and measured > booked):
        return "measured", Decimal(measured)
    if terms.charge == "as_booked" and stay.verdict == "left_early" and terms.early_leave_refund:
        return _given_back(stay, terms)
    return "booked", Decimal(booked)


def _measured(stay: Stay, terms: Terms) -> int:
    """Presence and the overstay past grace, up to the next step; without an overstay never above what was booked."""
    within, after = measured_s(stay)
    over = max(0, after - terms.grace_min * 60)
    stepped = _stepped(within + over, terms)
    return stepped if over else min(stepped, stay.booked_s)


def _given_back(stay: Stay, terms: Terms) -> tuple[Basis, Decimal]:
    """Booked time up to the last presence and the grace after it; what follows is given back."""
    left = max((min(s.end, stay.ends_at) for s in stay.spans if _counts(s)), default=None)
    stayed = 0 if left is None else max(0, _seconds(left - stay.starts_at))
    kept = _stepped(stayed + terms.grace_min * 60, terms)
    return ("given_back", Decimal(kept)) if kept < stay.booked_s else ("booked", Decimal(stay.booked_s))


def _stepped(seconds: int, terms: Terms) -> int:
    """`seconds` up to the next whole step and at least the minimum; nothing stays nothing."""
    step = terms.step_min * 60
    return max(-(-seconds // step) * step, terms.minimum_min * 60) if seconds else 0


def _occupied(stay: Stay, start: datetime, end: datetime) -> int:
    cuts: Iterable[tuple[datetime, datetime]] = ((max(s.start, start), min(s.end, end)) for s in stay.spans if _counts(s))
    return _seconds(sum((b - a for a, b in cuts if a < b), timedelta()))


def _counts(span: Span) -> bool:
    return span.state == "occupied" and not span.suspect


def _seconds(length: timedelta) -> int:
    """Whole seconds; a part of a second more counts as one, as the verdict's own figures round."""
    return -(-length // timedelta(seconds=1))
