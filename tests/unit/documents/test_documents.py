"""The documents of every kind: valid to the official rules, exact to the cent, the same bytes every time."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import segno.helpers
from lxml import etree

from smartwork.documents import line_texts
from smartwork.documents.csv_lines import COLUMNS, table
from smartwork.documents.files import DoesNotAddUp, NotWritable, render
from smartwork.documents.first_page import first_page
from smartwork.documents.pages import document_pages
from smartwork.documents.payment_qr import epc_code, epc_text
from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import REVERSE_CHARGE, Language, Vat, VatCategory
from smartwork.domain.billing.vat_exemptions import CODES
from smartwork.translations import formats
from tests.support.documents import (
    EXEMPT,
    credit_note,
    every_kind,
    invoice,
    mixed_invoice,
    section,
    self_billed,
    self_billed_credit,
    settled_anew,
    texts_in,
)
from tests.support.official import Rules, official_rules
from tests.support.project import ROOT

EXEMPTING: tuple[VatCategory, ...] = ("AE", "E")
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")
OF_EVERY_KIND = [(language, n) for language, n in product(LANGUAGES, range(len(every_kind("en"))))]


def xml(example: Invoice) -> bytes:
    return ubl(example, example.canonical())


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with official_rules() as compiled:
        yield compiled


@pytest.mark.parametrize(("language", "number"), OF_EVERY_KIND)
def test_official_schemas_and_rules_find_nothing(rules: Rules, language: Language, number: int) -> None:
    assert rules.findings(xml(every_kind(language)[number])) == []


def test_every_code_that_may_say_why_no_vat_is_due_is_known_to_the_official_rules(rules: Rules) -> None:
    refused = {
        code: found
        for category in EXEMPTING
        for code in sorted(CODES[category])
        if (found := rules.findings(xml(invoice(lines=1, vat=Vat(category, Decimal(0), code, "Why")))))
    }
    assert refused == {}
    assert rules.findings(xml(invoice(lines=1, vat=Vat("E", Decimal(0), "VATEX-EU-1", "Why"))))


def test_the_rules_are_really_asked(rules: Rules) -> None:
    good = xml(invoice(lines=2))
    assert rules.findings(good.replace(b"<cbc:BuyerReference>PO-1</cbc:BuyerReference>", b""))
    assert rules.findings(good.replace(b"cbc:TaxExclusiveAmount", b"cbc:TaxExcluded"))


@pytest.mark.parametrize(
    ("example", "root", "code", "billing"),
    [
        (invoice(lines=1), "Invoice", "380", "billing"),
        (credit_note(), "CreditNote", "381", "billing"),
        (self_billed(places=1), "Invoice", "389", "selfbilling"),
        (self_billed_credit(), "CreditNote", "261", "selfbilling"),
    ],
)
def test_each_kind_has_its_own_type_and_profile(example: Invoice, root: str, code: str, billing: str) -> None:
    found = etree.fromstring(xml(example))
    assert etree.QName(found).localname == root
    assert found.findtext(f"{CBC}{root}TypeCode") == code
    assert found.findtext(f"{CBC}ProfileID") == f"urn:fdc:peppol.eu:2017:poacc:{billing}:01:1.0"
    assert str(found.findtext(f"{CBC}CustomizationID")).endswith(f":poacc:{billing}:3.0")


def test_a_credit_note_refers_to_what_it_corrects() -> None:
    found = etree.fromstring(xml(credit_note()))
    reference = f"{CAC}BillingReference/{CAC}InvoiceDocumentReference/{CBC}"
    assert (found.findtext(f"{reference}ID"), found.findtext(f"{reference}IssueDate")) == ("INV-2026-00007", "2026-11-02")


def test_the_centre_supplies_and_the_network_buys_in_a_self_billed_invoice() -> None:
    found = etree.fromstring(xml(self_billed()))
    name = f"{CAC}Party/{CAC}PartyName/{CBC}Name"
    assert found.findtext(f"{CAC}AccountingSupplierParty/{name}") == "Ville d’Essai"
    assert found.findtext(f"{CAC}AccountingCustomerParty/{name}") == "Réseau Smart Work Centers (démo)"
    assert found.findtext(f"{CAC}PaymentMeans/{CAC}PayeeFinancialAccount/{CBC}ID") == "BE68539007547034"


def test_what_a_centre_is_owed_for_an_earlier_month_says_for_which() -> None:
    example = settled_anew("en")
    names = [line_texts.title(line, example) for line in example.lines]
    assert "The centre’s share (desks)" in names
    assert "The centre’s share (desks), October 2026" in names
    assert names == [line.findtext(f"{CAC}Item/{CBC}Name", "").removesuffix(", Gembloux") for line in lines_of(example)]


def lines_of(example: Invoice) -> list[Any]:
    return etree.fromstring(xml(example)).findall(f"{CAC}InvoiceLine")


@pytest.mark.parametrize("vat", [REVERSE_CHARGE, EXEMPT])
def test_where_no_vat_is_due_the_reason_is_given(vat: Any) -> None:
    found = etree.fromstring(xml(invoice(lines=3, vat=vat)))
    category = found.find(f"{CAC}TaxTotal/{CAC}TaxSubtotal/{CAC}TaxCategory")
    assert category is not None
    assert category.findtext(f"{CBC}TaxExemptionReasonCode") == vat.code
    assert category.findtext(f"{CBC}TaxExemptionReason") in (
        "Autoliquidation",
        "Exonéré de la TVA – article 44 du Code de la TVA",
    )
    assert found.findtext(f"{CAC}TaxTotal/{CBC}TaxAmount") == "0.00"


def test_a_line_about_an_earlier_month_states_no_period_and_others_lie_inside_the_documents() -> None:
    example = mixed_invoice()
    earlier = replace(example.lines[-1], starts_on=example.starts_on.replace(month=9))
    root = etree.fromstring(xml(replace(example, lines=(*example.lines[:-1], earlier))))
    lines = root.findall(f"{CAC}InvoiceLine")
    assert lines[-1].find(f"{CAC}InvoicePeriod") is None
    for line in lines[:-1]:
        start, end = (line.findtext(f"{CAC}InvoicePeriod/{CBC}{name}") for name in ("StartDate", "EndDate"))
        assert "2026-10-01" <= str(start) <= str(end) <= "2026-10-31"


@pytest.mark.parametrize("example", every_kind("en"))
def test_every_sum_in_the_xml_is_exact(example: Invoice) -> None:
    root = etree.fromstring(xml(example))
    quantity = "CreditedQuantity" if example.is_credit else "InvoicedQuantity"

    def amount(path: str) -> Decimal:
        text = root.findtext(path)
        assert text is not None
        return Decimal(text)

    nets = []
    for line in root.iter(f"{CAC}InvoiceLine", f"{CAC}CreditNoteLine"):
        count, price, net = (
            Decimal(line.findtext(path) or "nothing")
            for path in (f"{CBC}{quantity}", f"{CAC}Price/{CBC}PriceAmount", f"{CBC}LineExtensionAmount")
        )
        assert net == (count * price).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        nets.append(net)
    total = f"{CAC}LegalMonetaryTotal/{CBC}"
    assert sum(nets) == amount(f"{total}LineExtensionAmount") == amount(f"{total}TaxExclusiveAmount")
    vat = amount(f"{CAC}TaxTotal/{CBC}TaxAmount")
    by_rate: dict[Decimal, Decimal] = defaultdict(Decimal)
    for charged, net in zip(example.lines, nets, strict=True):
        by_rate[charged.vat_rate] += net
    due = ((net * rate / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP") for rate, net in by_rate.items())
    assert vat == sum(due)
    assert amount(f"{total}PayableAmount") == sum(nets) + vat
    assert all(
        re.fullmatch(r"-?\d+\.\d\d", x.text or "")
        for x in root.iter()
        if str(x.tag).endswith("Amount") and "Price" not in str(x.tag)
    )


@pytest.mark.parametrize("example", every_kind("nl"))
def test_pdf_is_archivable_carries_its_xml_and_evidence_and_is_the_same_again(example: Invoice) -> None:
    canonical = example.canonical()
    made = pdf(example, canonical, xml(example))
    assert made == pdf(example, canonical, xml(example))
    assert b"pdfaid:part" in made
    assert f"{example.number}.xml".encode() in made
    assert f"{example.number}.json".encode() in made


def test_every_line_stands_in_the_detail_and_in_the_annex() -> None:
    for language in LANGUAGES:
        pages = document_pages(invoice(language, 24), "0" * 64)
        kinds = [kind for group in section(pages, "lines")["groups"] for kind in group["kinds"]]
        detail = [row["line"] for kind in kinds for row in kind["rows"]]
        annex = [row["line"] for group in section(pages, "visits")["groups"] for row in group["rows"]]
        assert detail == annex == [*map(str, range(1, 25))]


def test_the_annex_counts_the_ledger_by_centre_and_shows_each_day_that_is_not_whole() -> None:
    example = invoice("en", 40)
    days = line_texts.ledger_days(billed for line in example.lines for billed in line.visits)
    wanting = [day for day in days.values() if not day.is_complete]
    assert wanting
    texts = list(texts_in(document_pages(example, "0" * 64)))
    for name in {centre for centre, _, _ in days}:
        centre_days = [day for (centre, _, _), day in days.items() if centre == name]
        assert {name, f"{len(centre_days)}"} <= set(texts)
        assert f"{sum(day.stored for day in centre_days):,}" in texts
    for day in wanting:
        assert f"{day.stored:,}" in texts
    late = [p for line in example.lines for p in line.visits if any(not day.is_complete for day in p.visit.ledger or ())]
    assert texts.count("17 readings not arrived") == len(late)


def test_hours_that_were_only_bought_are_not_hours_of_use() -> None:
    example = mixed_invoice("en")
    used = sum((line.hours for line in example.lines if line.kind in ("occupancy", "pass", "beyond_pass")), Decimal(0))
    assert first_page(example).summary.total[2] == f"{used:.2f}"


def test_a_self_billed_invoice_lists_every_place_of_the_centre() -> None:
    pages = document_pages(self_billed(places=120), "0" * 64)
    names = [row[0] for group in section(pages, "places")["groups"] for row in group["rows"]]
    assert sorted(row.resource_name for row in self_billed(places=120).statement) == sorted(names)


def test_only_who_has_to_pay_gets_a_code_to_scan() -> None:
    asked = [first_page(example).payment.code is not None for example in every_kind("fr")]
    assert asked == [example.kind == "invoice" and example.gross > 0 for example in every_kind("fr")]


@pytest.mark.parametrize("amount", [Decimal("0.01"), Decimal("1234.56"), Decimal("999999999.99")])
def test_the_code_holds_what_the_library_for_such_codes_would_put_in_it(amount: Decimal) -> None:
    holder, iban, reference = "Réseau", "BE92999900000123", "202600000786"
    theirs = segno.helpers.make_epc_qr(name=holder, iban=iban, amount=amount, reference=reference, encoding="utf-8")
    text = epc_text(holder, iban, amount, reference)
    ours = segno.make_qr(text, error="m", boost_error=False, encoding="utf-8", mask=theirs.mask)
    assert theirs.matrix == ours.matrix


def test_an_amount_that_no_code_can_hold_gets_none() -> None:
    assert [epc_code("N", "BE92999900000123", Decimal(amount), None) for amount in ("0", "-1", "1e9")] == [None] * 3


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "1\u202f234,50\u00a0€"), ("nl", "1.234,50\u00a0€"), ("en", "€\u202f1,234.50")]
)
def test_amounts_are_written_as_the_reader_writes_them(language: Language, text: str) -> None:
    assert formats.euro(Decimal("1234.5"), language) == text
    below = formats.euro(Decimal("-1234.5"), language)
    assert (below[0], below[1:]) == ("−", text)


def test_many_invoices_are_written_side_by_side_the_same_and_in_order(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    made = [invoice(lines=2, ordinal=n) for n in range(1, 26)]
    written = render([example.canonical() for example in made], tmp_path / "out", lambda *step: steps.append(step))
    assert [f.pdf.name for f in written] == [f"INV-2026-{n:05d}-acme-{n}.pdf" for n in range(1, 26)]
    for example, files in zip(made, written, strict=True):
        assert files.xml.read_bytes() == xml(example)
        assert files.pdf.read_bytes() == pdf(example, example.canonical(), xml(example))
        assert files.csv.read_bytes() == table(example)
    assert steps[-1] == ("Rendering PDF, UBL and CSV", 25, 25)


def test_a_document_that_does_not_add_up_is_not_written(tmp_path: Path) -> None:
    example = invoice(lines=3)
    wrong = replace(example, lines=(example.lines[0], replace(example.lines[1], net=Decimal("1.00")), example.lines[2]))
    with pytest.raises(DoesNotAddUp, match="INV-2026-00007 does not add up at"):
        render([wrong.canonical()], tmp_path, lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_the_table_has_a_row_for_each_line_under_names_that_stay() -> None:
    example = mixed_invoice()
    rows = list(csv.DictReader(StringIO(table(example).decode("utf-8-sig"))))
    assert [row["line"] for row in rows] == [str(line.line) for line in example.lines]
    assert sum(Decimal(row["net"]) for row in rows) == example.net
    assert sum(Decimal(row["credit_hours"]) for row in rows) == sum(d.hours for line in example.lines for d in line.drawdowns)
    assert {row["corrects_document"] for row in rows} == {"", "INV-2026-00002"}


def test_text_from_outside_is_no_formula_in_a_spreadsheet() -> None:
    example = invoice(lines=1)
    billed = example.lines[0].visits[0]
    billed = replace(billed, visit=replace(billed.visit, booking="=1+1", resource_name="@SUM(A1)"))
    [row] = csv.DictReader(
        StringIO(table(replace(example, lines=(replace(example.lines[0], visits=(billed,)),))).decode("utf-8-sig"))
    )
    assert (row["reference"], row["place_name"]) == ("'=1+1", "'@SUM(A1)")


def test_the_documentation_names_every_column() -> None:
    page = (ROOT / "docs" / "invoice-evidence.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page.partition("## The table")[2], re.MULTILINE) == list(COLUMNS)


def test_folder_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(NotWritable, match="taken"):
        render([invoice(lines=1).canonical()], tmp_path / "taken", lambda *_: None)
