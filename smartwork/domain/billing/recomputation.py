"""Recomputing a document's figures from its own content: terms, visits and spans of each line, VAT and totals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from smartwork.domain.billing import cancellations
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.charged_time import chargeable
from smartwork.domain.billing.invoice import Invoice, Line, SupplyTerms, Terms
from smartwork.domain.billing.passes import cheapest
from smartwork.domain.billing.supplies import price_of_days
from smartwork.domain.billing.vat_totals import stated_vats, vat_totals
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import seconds_by_state
from smartwork.domain.time import Interval, days_of_month

_ZERO = Decimal(0)
_SLACK_S = 2
"""Tolerance in seconds between the sum of spans and the rounded seconds of a verdict."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a document that differs from the computed one; `line` is 0 for the document itself."""

    line: int
    what: str
    stated: str
    computed: str


def differences(invoice: Invoice) -> list[Difference]:
    """The figures of `invoice` that do not follow from its own evidence and terms; empty for a consistent document."""
    heads = {line.line: line for line in reversed(invoice.lines)}
    return [
        *_totals(invoice),
        *(difference for line in invoice.lines for difference in _line(invoice, line, head_of(line, heads))),
    ]


def head_of(line: Line, by_number: Mapping[int, Line]) -> Line:
    """The line whose visits `line` rests on: the one it names, or itself."""
    return line if line.of_line is None else by_number.get(line.of_line, line)


def _totals(invoice: Invoice) -> Iterator[Difference]:
    totals = vat_totals(invoice.lines, stated_vats(invoice))
    stated = [(t.category, t.rate, t.base, t.vat) for t in invoice.vat_totals]
    computed = [(t.category, t.rate, t.base, t.vat) for t in totals]
    if stated != computed:
        yield Difference(0, "VAT", _texts(stated), _texts(computed))
    net, tax = sum((line.net for line in invoice.lines), _ZERO), sum((t.vat for t in totals), _ZERO)
    yield from _compare(0, "net", invoice.net, net)
    yield from _compare(0, "vat", invoice.vat, tax)
    yield from _compare(0, "gross", invoice.gross, net + tax)


def _line(invoice: Invoice, line: Line, head: Line) -> Iterator[Difference]:
    yield from _compare(line.line, "net", line.net, round_to_cent(line.quantity * line.price))
    if line.supply is not None and line.kind in ("item", "subscription"):
        yield from _supply_differences(invoice, line, line.supply)
    if line.terms is None or line.corrects is not None:
        return
    for billed in line.visits:
        yield from _visit_differences(line, billed, line.terms)
    # On a credit note the charges of the month are negative.
    sign = -1 if invoice.is_credit else 1
    drawn = sign * sum((drawdown.hours for drawdown in line.drawdowns), _ZERO)
    quantity, hours, price = _expected(line, head, line.terms, drawn)
    yield from _compare(line.line, "hours", line.hours, sign * hours)
    yield from _compare(line.line, "quantity", line.quantity, sign * quantity)
    yield from _compare(line.line, "price", line.price, price)


def _supply_differences(invoice: Invoice, line: Line, supply: SupplyTerms) -> Iterator[Difference]:
    """The quantity that was agreed, and its price for the line's days."""
    sign = -1 if invoice.is_credit and line.corrects is None else 1
    yield from _compare(line.line, "quantity", line.quantity, sign * supply.quantity)
    first, last = line.starts_on, line.ends_on
    if line.kind == "item":
        last, price = first, supply.price
    else:
        last = min(max(first, last), days_of_month(first)[-1])
        price = price_of_days(supply.price, first, last)
    if line.ends_on != last:
        yield Difference(line.line, "last day", f"{line.ends_on}", f"{last}")
    yield from _compare(line.line, "price", line.price, price)


def _expected(line: Line, head: Line, terms: Terms, drawn: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """The quantity, hours and price of a line by its terms and the visits of `head`."""
    each = [billed.hours for billed in head.visits]
    hours = sum(each, _ZERO)
    match line.kind:
        case "pass":
            best = cheapest(each, terms)
            count = Decimal(best.day_passes or best.half_day_passes)
            price = terms.day if best.day_passes else terms.half_day
            return count, hours - best.beyond, price or _ZERO
        case "beyond_pass":
            beyond = cheapest(each, terms).beyond
            return beyond - drawn, beyond, terms.per_hour
        case "no_show":
            return Decimal(1), _ZERO, terms.no_show_fee or _ZERO
        case "cancelled_late":
            return Decimal(1), _ZERO, sum((cancellations.fee(billed.visit, terms) for billed in head.visits), _ZERO)
    return hours - drawn, hours, terms.per_hour


def _visit_differences(line: Line, billed: BilledVisit, terms: Terms) -> Iterator[Difference]:
    basis, hours = chargeable(billed.visit, terms)
    if basis != billed.basis:
        yield Difference(line.line, "basis", billed.basis, basis)
    yield from _compare(line.line, "hours of a visit", billed.hours, hours)
    whole = Interval(billed.visit.starts_at, billed.visit.ends_at)
    own = Interval(billed.visit.starts_at, min(billed.visit.evidence_until, billed.visit.ends_at))
    seen = seconds_by_state(billed.visit.spans, own)
    seen["vacant"] += whole.seconds - own.seconds
    after = Interval(billed.visit.ends_at, billed.visit.ends_at + timedelta(seconds=billed.visit.over_s))
    over = seconds_by_state(billed.visit.spans, after)["occupied"] if billed.visit.over_s else 0.0
    pairs = (
        ("occupied seconds", billed.visit.occupied_s, seen["occupied"]),
        ("vacant seconds", billed.visit.vacant_s, seen["vacant"]),
        ("unknown seconds", billed.visit.unknown_s, seen["unknown"] + seen["suspect"]),
        ("seconds past the end", billed.visit.over_s, over),
    )
    for what, stated, computed in pairs:
        if abs(stated - computed) > _SLACK_S:
            yield Difference(line.line, what, str(stated), f"{computed:.0f}")
    if billed.visit.booked_s and billed.visit.booked_s != round(whole.seconds):
        yield Difference(line.line, "booked seconds", str(billed.visit.booked_s), f"{whole.seconds:.0f}")


def _compare(line: int, what: str, stated: Decimal, computed: Decimal) -> Iterator[Difference]:
    if stated != computed:
        yield Difference(line, what, f"{stated:f}", f"{computed:f}")


def _texts(totals: Iterable[tuple[str, Decimal, Decimal, Decimal]]) -> str:
    return ", ".join(f"{category} {rate} %: {base} + {vat}" for category, rate, base, vat in totals)
