"""A document says in words how its amounts are computed, so that they can be computed again from paper."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from smartwork.documents.computation import computation_section
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Terms
from smartwork.domain.billing.parties import STANDARD_VAT, Language
from smartwork.domain.billing.rating import rate, terms_of
from smartwork.translations.catalogue import texts
from tests.support.documents import mixed_invoice, page_texts, section, self_billed
from tests.support.stays import TARIFF, contract, invoice, stay


def rule(terms: Terms, language: Language = "en") -> str:
    found = computation_section(replace(invoice([rate(stay(), terms, STANDARD_VAT)]), language=language))
    assert found
    [(_, _, text)] = found["rules"]
    return re.sub(r"\s", " ", text)


@pytest.mark.parametrize(
    ("terms", "sentences"),
    [
        (
            {"charge": "as_booked", "early_leave_refund": False},
            ["The time booked is charged.", "No-show: 50% of the booked time."],
        ),
        ({"charge": "as_booked"}, ["Left early: charged until the last presence plus 10 min, rounded up to 15 min"]),
        ({"charge": "as_measured", "minimum_min": 30}, ["Rounded up to 15 min", "beyond 10 min of grace", "at least 30 min"]),
        (
            {"charge": "the_greater", "no_show_fee": Decimal(12)},
            ["or the measured presence where it is longer", "No-show: € 12.00"],
        ),
        ({"charge": "cheapest"}, ["half day at 25.00, which covers 4.00 h, day at 40.00", "Price of an hour: 7.50."]),
        (
            {"cancellation_hours": 24, "cancellation_share": Decimal("0.5")},
            ["Cancelled less than 24 h before the start: 50% of the booked time."],
        ),
    ],
)
def test_each_rule_of_a_contract_is_said_with_its_figures(terms: dict[str, object], sentences: list[str]) -> None:
    said = rule(terms_of(contract(**terms), TARIFF))
    assert [sentence for sentence in sentences if sentence not in said] == []


def test_every_line_that_a_contract_charged_is_named_with_its_rule_once() -> None:
    document = mixed_invoice("en")
    found = computation_section(document)
    assert found
    named: list[int] = []
    for _, lines, _ in found["rules"]:
        for part in re.findall(r"\d+(?:–\d+)?", lines):
            first, _, last = part.partition("–")
            named += range(int(first), int(last or first) + 1)
    assert sorted(named) == [line.line for line in document.lines if line.terms]


def test_a_document_without_charged_lines_has_no_rules() -> None:
    assert computation_section(self_billed()) is None


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_page_of_the_annex_is_named(language: Language) -> None:
    document = mixed_invoice(language)
    text = document.canonical()
    pages = page_texts(pdf(document, text, ubl(document, text)))
    annex = "".join(texts(language)["annex"].split())
    [number] = [n for n, page in enumerate(pages, start=1) if annex in page]
    said = "".join(section(document_pages(document, "0" * 64), "computation")["annex"].split())
    assert any(f"{said}{number}." in page for page in pages)


def test_the_annex_shows_measured_time_to_the_second_and_the_hours_that_come_of_it() -> None:
    document = mixed_invoice("en")
    rows = [row for group in section(document_pages(document, "0" * 64), "visits")["groups"] for row in group["rows"]]
    [overstayed] = [row for row in rows if row["verdict"] == "overstayed"]
    assert re.sub(r"\s", " ", overstayed["measured"]) == "127:13 + 37:00 / 180:00 min = 3.00 h"
