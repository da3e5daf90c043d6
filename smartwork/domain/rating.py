"""What a verdict costs: the contract's rules over measured and booked time. Worked figures stand in docs/billing.md."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from smartwork.domain.business import Contract
from smartwork.domain.evidence import Proven
from smartwork.domain.money import cents

Basis = Literal["booked", "measured", "given_back", "no_show", "walk_in"]
_HOUR = Decimal(3600)
_QUANTITY = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Charge:
    """What one verdict is charged: `net` is `hours` × `per_hour` to the cent, exactly as Peppol recomputes a line.

    `basis` says which rule set the hours; `doubtful` marks a line part of whose time the sensors could not tell.
    """

    proven: Proven
    basis: Basis
    hours: Decimal
    per_hour: Decimal
    net: Decimal
    doubtful: bool


def rate(proven: Proven, contract: Contract, per_hour: Decimal) -> Charge | None:
    """The charge for `proven` under `contract` at `per_hour` EUR, or None where nothing is charged."""
    basis, seconds = _billed(proven, contract)
    hours = (seconds / _HOUR).quantize(_QUANTITY, ROUND_HALF_UP)
    net = cents(hours * per_hour)
    if not hours:
        return None
    return Charge(proven, basis, hours, per_hour, net, proven.unknown_s > 0)


def measured_s(proven: Proven) -> tuple[int, int]:
    """Seconds of presence that may be billed: within the period, and past its end.

    Only what an occupied span proves and no sensor fault casts doubt on counts, however long the verdict says.
    """
    within = _occupied(proven, proven.starts_at, proven.ends_at)
    after = _occupied(proven, proven.ends_at, proven.ends_at + timedelta(seconds=proven.over_s))
    return min(proven.occupied_s, within), min(proven.over_s, after)


def _billed(proven: Proven, contract: Contract) -> tuple[Basis, Decimal]:
    booked = proven.booked_s
    match proven.verdict:
        case "cancelled":
            return "booked", Decimal(0)
        case "no_show":
            return "no_show", booked * contract.no_show_share
        case "walk_in":
            return "walk_in", Decimal(_stepped(measured_s(proven)[0], contract))
    measured = _measured(proven, contract)
    if contract.charge == "as_measured" or (contract.charge == "the_greater" and measured > booked):
        return "measured", Decimal(measured)
    if contract.charge == "as_booked" and proven.verdict == "left_early" and contract.give_back:
        return _given_back(proven, contract)
    return "booked", Decimal(booked)


def _measured(proven: Proven, contract: Contract) -> int:
    """Presence and the overstay past grace, up to the next step; without an overstay never above what was booked."""
    within, after = measured_s(proven)
    over = max(0, after - contract.grace_min * 60)
    stepped = _stepped(within + over, contract)
    return stepped if over else min(stepped, proven.booked_s)


def _given_back(proven: Proven, contract: Contract) -> tuple[Basis, Decimal]:
    """Booked time up to the last presence and the grace after it; what follows is given back."""
    left = max((min(s.end, proven.ends_at) for s in proven.spans if _counts(s.state, s.suspect)), default=None)
    stayed = 0 if left is None else max(0, _seconds(left - proven.starts_at))
    kept = _stepped(stayed + contract.grace_min * 60, contract)
    return ("given_back", Decimal(kept)) if kept < proven.booked_s else ("booked", Decimal(proven.booked_s))


def _stepped(seconds: int, contract: Contract) -> int:
    """`seconds` up to the next whole step; nothing stays nothing."""
    step = contract.step_min * 60
    return -(-seconds // step) * step


def _occupied(proven: Proven, start: datetime, end: datetime) -> int:
    cuts = ((max(s.start, start), min(s.end, end)) for s in proven.spans if _counts(s.state, s.suspect))
    return _seconds(sum((b - a for a, b in cuts if a < b), timedelta()))


def _counts(state: str, suspect: bool) -> bool:
    return state == "occupied" and not suspect


def _seconds(length: timedelta) -> int:
    """Whole seconds; a part of a second more counts as one, as the verdict's own figures round."""
    return -(-length // timedelta(seconds=1))
