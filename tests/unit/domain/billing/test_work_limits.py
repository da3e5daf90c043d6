"""What no document of a network has is refused before anything is computed with it; every document is far within."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.work_limits import BeyondLimits, check_limits
from tests.support.documents import every_kind, mixed_invoice

MIXED = mixed_invoice("en")
PASS = next(number for number, line in enumerate(MIXED.lines) if line.kind == "pass")


def changed(number: int, **fields: Any) -> Invoice:
    lines = list(MIXED.lines)
    lines[number] = replace(lines[number], **fields)
    return replace(MIXED, lines=tuple(lines))


def visited(number: int, **fields: Any) -> Invoice:
    billed = MIXED.lines[number].visits[0]
    return changed(number, visits=(replace(billed, visit=replace(billed.visit, **fields)),))


def with_terms(**fields: Any) -> dict[str, Any]:
    terms = MIXED.lines[PASS].terms
    assert terms is not None
    return {"terms": replace(terms, **fields)}


def test_every_kind_of_document_is_within_the_limits() -> None:
    for example in (*every_kind("en"), MIXED):
        check_limits(example)


BEGIN = MIXED.lines[0].visits[0].visit.starts_at
BEYOND: dict[str, Invoice] = {
    "a price": changed(0, price=Decimal("1E+12")),
    "a price of many decimals": changed(0, price=Decimal("1E-9")),
    "no number": changed(0, net=Decimal("NaN")),
    "an endless amount": replace(MIXED, gross=Decimal("-Infinity")),
    "a rate": changed(0, vat_rate=Decimal("1E+400")),
    "terms": changed(PASS, **with_terms(per_hour=Decimal("1E+50"))),
    "a half day of hardly any hours": changed(PASS, **with_terms(half_day_hours=Decimal("0.00001"))),
    "a visit of two years": visited(0, ends_at=BEGIN + timedelta(days=730)),
    "a visit that ends before it begins": visited(0, ends_at=BEGIN - timedelta(days=730)),
    "an overstay of two years": visited(0, over_s=730 * 86400),
    "a place that is reassigned two years later": visited(0, reassigned_at=BEGIN + timedelta(days=730)),
}


@pytest.mark.parametrize("case", BEYOND)
def test_what_no_document_has_is_refused(case: str) -> None:
    with pytest.raises(BeyondLimits, match=r"^(line \d+|the document)"):
        check_limits(BEYOND[case])


def test_many_lines_of_one_pass_are_refused_before_each_is_computed() -> None:
    head = MIXED.lines[PASS]
    many = replace(head, visits=head.visits * 100)
    lines: list[Line] = [replace(many, line=1)]
    lines += [replace(head, kind="beyond_pass", line=n, of_line=1, visits=()) for n in range(2, 1000)]
    with pytest.raises(BeyondLimits, match="more days or passes"):
        check_limits(replace(MIXED, lines=tuple(lines)))
