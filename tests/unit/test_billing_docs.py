"""The worked figures in docs/billing.md are what the program computes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.customers import SELLER as DEMO_SELLER
from smartwork.domain.business import STANDARD_VAT, Company, Contract, Tariff
from smartwork.domain.compose import company_head, compose
from smartwork.domain.evidence import Proven, Span
from smartwork.domain.rating import rate, terms_of

START = datetime(2026, 10, 5, 7, tzinfo=UTC)
TARIFF = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"))
TEXT = (Path(__file__).parents[2] / "docs" / "billing.md").read_text()


def table(heading: str) -> list[dict[str, str]]:
    rows = [line for line in TEXT.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def proven(row: dict[str, str]) -> Proven:
    booked, unknown = int(row["booked"]), int(row["unknown"])
    begin, end = (int(part) for part in row["stay"].split("–")) if row["stay"] != "–" else (0, 0)
    period = booked or end
    spans = [Span(minute(begin), minute(end), "occupied")] if end else []
    if unknown:
        spans.append(Span(minute(period - unknown), minute(period), "unknown"))
    occupied = min(end, period) - begin
    values: dict[str, Any] = {
        "verdict": row["verdict"],
        "starts_at": START,
        "ends_at": minute(period),
        "booked_s": booked * 60,
        "occupied_s": occupied * 60,
        "vacant_s": (period - occupied - unknown) * 60,
        "unknown_s": unknown * 60,
        "over_s": max(0, end - period) * 60,
        "spans": tuple(spans),
    }
    fixed: dict[str, Any] = {
        "verdict_id": 1,
        "company_id": 1,
        "centre": "namur",
        "centre_name": "Namur",
        "timezone": "Europe/Brussels",
        "resource": "d-1",
        "resource_name": "Desk 1",
        "kind": "desk",
        "member": "m-1",
        "booking": "B-1",
        "check_in": None,
        "check_in_method": None,
        "batches": (),
    }
    return Proven(**fixed, **values)


@pytest.mark.parametrize("row", table("Worked figures"), ids=lambda row: row["case"])
def test_worked_figure_is_what_the_program_charges(row: dict[str, str]) -> None:
    charge: Any = row["charge"]
    contract = Contract(
        date(2026, 1, 1), None, charge, int(row["grace"]), 15, Decimal(row["share"]), row["give back"] == "yes", 30
    )
    lines = rate(proven(row), terms_of(contract, TARIFF), STANDARD_VAT)
    if row["net"] == "–":
        assert not lines
    else:
        assert [(line.hours, line.net) for line in lines] == [(Decimal(row["hours"]), Decimal(row["net"]))]


@pytest.mark.parametrize("row", table("VAT is rounded once"), ids=lambda row: row["lines"])
def test_vat_is_rounded_once_on_the_sum(row: dict[str, str]) -> None:
    contract = Contract(date(2026, 1, 1), None, "as_booked", 10, 15, Decimal(0), give_back=False, payment_days=30)
    one = proven({"verdict": "used", "booked": "60", "stay": "0–60", "unknown": "0"})
    line = rate(one, terms_of(contract, TARIFF), STANDARD_VAT)[0]
    charges = [(replace(line, price=Decimal(net), net=Decimal(net)),) for net in row["lines"].split()]
    company = Company("acme", "Acme", "0403170701", "Rue 1", "5000", "Namur", "fr", "PO", (contract,))
    head = company_head(company, date(2026, 10, 1), date(2026, 11, 2), DEMO_SELLER, is_demo=True)
    invoice = compose(head, charges, ordinal=1)
    assert [str(invoice.net), str(invoice.vat), str(invoice.gross)] == [row["net"], row["VAT"], row["gross"]]
