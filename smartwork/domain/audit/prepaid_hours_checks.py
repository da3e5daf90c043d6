"""Audit checks of prepaid hours: lots, drawdowns and the accounts of pools agree."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.audit.audit_data import AuditData, LotMovement, sign
from smartwork.domain.money import round_to_cent

_ZERO = Decimal(0)


def pool_accounts_match_lots(data: AuditData) -> Iterator[str]:
    """Mismatches between lots and their movements, between movements and documents, and between lots and accounts."""
    yield from _lot_mismatches(data.movements)
    yield from _drawdown_mismatches(data)
    yield from _given_back_mismatches(data.movements)
    values: dict[str, Decimal] = defaultdict(Decimal)
    for movement in data.movements:
        values[movement.company] += movement.value
    balances = data.balances()
    pools = {code.removeprefix(accounts.POOL_PREFIX) for code in balances if code.startswith(accounts.POOL_PREFIX)}
    for company in sorted(pools | set(values)):
        liability = -balances.get(accounts.pool(company), _ZERO)
        if liability != values[company]:
            yield f"pool:{company}: the balance is {liability}, the value of its lots {values[company]}"


def _lot_mismatches(movements: Sequence[LotMovement]) -> Iterator[str]:
    by_lot: dict[tuple[str, str], list[LotMovement]] = defaultdict(list)
    for movement in movements:
        by_lot[movement.company, movement.lot].append(movement)
    for (company, lot), lot_movements in by_lot.items():
        hours = value = _ZERO
        for movement in lot_movements:
            hours, value = hours + movement.hours, value + movement.value
            if not _ZERO <= hours <= movement.lot_hours:
                yield f"lot {lot} of {company} holds {hours} of its {movement.lot_hours} hours"
        expected = round_to_cent(hours * lot_movements[0].per_hour)
        if value != expected:
            yield f"lot {lot} of {company}: {hours} hours of value {expected} are left; its movements add up to {value}"


def _given_back_mismatches(movements: Sequence[LotMovement]) -> Iterator[str]:
    """Hours that leave an expired lot for a new one must come into it."""
    moved: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for movement in movements:
        if movement.reason == "returned":
            moved[movement.company, movement.document or ""] += movement.hours
    for (company, number), hours in moved.items():
        if hours:
            yield f"{number}: hours of {company} that it returned differ by {hours} between their old and new lots"


def _drawdown_mismatches(data: AuditData) -> Iterator[str]:
    """Hours drawn on a document's line must be those that the movements of the lot record for the line."""
    differences: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    for movement in data.movements:
        if movement.reason == "spent":
            differences[movement.document or "", movement.line or 0, movement.lot] += movement.hours
    for stored in data.documents:
        for line in stored.invoice.lines:
            for draw in line.drawdowns:
                differences[stored.invoice.number, line.line, draw.lot] += sign(stored.invoice) * draw.hours
    for (number, line_number, lot), hours in differences.items():
        if hours:
            yield f"{number}, line {line_number}: hours drawn from lot {lot} differ from its movements by {hours}"
