"""Limits of what a document may ask of who verifies it: figures and periods that no document of a network has."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

from smartwork.domain.billing.invoice import Invoice, Line, Terms
from smartwork.domain.billing.passes import most_half_days
from smartwork.domain.billing.recomputation import head_of

_MOST = Decimal(10) ** 12
_FEWEST_DECIMALS = -8
_MAX_VISIT = timedelta(days=400)
_MAX_DAYS = 200_000
"""Local days of all visits."""
_MAX_COMBINATIONS = 200_000
"""Passes and visits that the cheapest combinations of all lines are sought among."""


class BeyondLimits(ValueError):  # noqa: N818 - a state, as others of its kind
    """A document has a figure or a period that none has. The text names the line."""


def check_limits(invoice: Invoice) -> None:
    """Raise BeyondLimits before anything is computed that could take long: a document of a network is far within."""
    for number, value in _figures(invoice):
        if not value.is_finite() or abs(value) >= _MOST or int(value.as_tuple().exponent) < _FEWEST_DECIMALS:
            raise BeyondLimits(f"{_where(number)} has the figure {str(value)[:40]}, too large or with too many decimals")
    heads = {line.line: line for line in reversed(invoice.lines)}
    days = combinations = 0
    for line in invoice.lines:
        for billed in line.visits:
            visit = billed.visit
            until = max(visit.ends_at + timedelta(seconds=visit.over_s), visit.evidence_until)
            length = until - visit.starts_at
            if not timedelta() <= length <= _MAX_VISIT:
                raise BeyondLimits(f"{_where(line.line)} has a visit of {length}")
            days += length.days + 2
        combinations += _combinations(line, head_of(line, heads))
        if days > _MAX_DAYS or combinations > _MAX_COMBINATIONS:
            raise BeyondLimits(f"{_where(line.line)} and those before it ask for more days or passes than a month has")


def _combinations(line: Line, head: Line) -> int:
    """The visits and passes that computing the figures of `line` looks at."""
    if line.terms is None or (line.kind not in ("pass", "beyond_pass") and head is line):
        return 0
    if line.terms.half_day is None:
        return len(head.visits)
    total = sum((billed.hours for billed in head.visits), Decimal(0))
    if total > line.terms.half_day_hours * _MAX_COMBINATIONS:
        return _MAX_COMBINATIONS + 1
    return len(head.visits) + most_half_days(total, line.terms)


def _figures(invoice: Invoice) -> Iterator[tuple[int, Decimal]]:
    totals = [(t.rate, t.base, t.vat) for t in invoice.vat_totals]
    pools = [(p.opening, p.bought, p.spent, p.expired, p.closing) for p in invoice.pools]
    statement = [(row.hours, row.net, row.prepaid_value) for row in invoice.statement]
    unattributed = (invoice.unattributed.hours,) if invoice.unattributed else ()
    for values in ((invoice.net, invoice.vat, invoice.gross), *totals, *pools, *statement, unattributed):
        for value in values:
            yield 0, value
    for line in invoice.lines:
        for value in _line_figures(line):
            yield line.line, value


def _line_figures(line: Line) -> Iterator[Decimal]:
    yield from (line.quantity, line.price, line.net, line.vat_rate, line.hours)
    if line.terms is not None:
        agreed = (getattr(line.terms, field.name) for field in fields(Terms))
        yield from (value for value in agreed if isinstance(value, Decimal))
    if line.supply is not None:
        yield from (line.supply.quantity, line.supply.price)
    for drawdown in line.drawdowns:
        yield from (drawdown.hours, drawdown.value)
    for billed in line.visits:
        yield from (billed.hours, billed.coverage)
    if line.correction is not None:
        yield from (before.hours for before in line.correction.visits)


def _where(line: int) -> str:
    return f"line {line}" if line else "the document"
