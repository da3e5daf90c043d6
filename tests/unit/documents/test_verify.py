"""A document proves itself from its file alone, and whatever is changed in it is found and named."""

import base64
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from smartwork.documents.embedded_evidence import as_csv, from_csv
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import drawn, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import Verified, verify
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import InputError
from tests.support.documents import every_kind, invoice, mixed_invoice

ONE = invoice(lines=40)
INCOMPLETE = next(d.day for line in ONE.lines for p in line.visits for d in p.visit.ledger or () if d.missing)
TEXT = ONE.canonical()
XML = ubl(ONE, TEXT)


NESTED = b'part,snapshot\r\ndocument,"' + b"[" * 100_000 + b'"\r\n'


def checked(folder: Path, content: bytes, name: str = "document.xml") -> Verified:
    path = folder / name
    path.write_bytes(content)
    return verify(path)


def found(result: Verified) -> set[tuple[int, str]]:
    return {(finding.line, finding.what) for finding in result.findings}


def altered(change: Callable[[dict[str, Any]], None]) -> str:
    """The canonical text of the snapshot after `change`."""
    snapshot = json.loads(TEXT)
    change(snapshot)
    return canonical_text(snapshot)


def with_evidence(text: str, *, seal: bool) -> bytes:
    """The XML with other evidence in it, under the old digest or, with `seal`, under one made to fit."""
    old, new = (base64.b64encode(as_csv(text_version)) for text_version in (TEXT, text))
    changed = XML.replace(old, new)
    return changed.replace(digest(TEXT).hex().encode(), digest(text).hex().encode()) if seal else changed


def with_files(xml: bytes, evidence: str) -> bytes:
    """The PDF whose pages are right, with other files attached."""
    pages = document_pages(ONE, digest(TEXT).hex())
    return drawn(pages, {"xml": xml.decode(), "evidence": evidence}, ONE.issued_on)


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize("number", range(len(every_kind("en"))))
def test_an_untouched_document_holds_as_pdf_and_as_xml(tmp_path: Path, language: Any, number: int) -> None:
    example = every_kind(language)[number]
    text = example.canonical()
    xml = ubl(example, text)
    for name, content in (("a.xml", xml), ("a.pdf", pdf(example, text, xml))):
        result = checked(tmp_path, content, name)
        assert result.findings == ()
        assert (result.number, result.digest, result.lines) == (example.number, digest(text).hex(), len(example.lines))


def shorten_presence(snapshot: dict[str, Any]) -> None:
    billed = snapshot["lines"][0]["proofs"][0]
    span = next(span for span in billed["spans"] if span["state"] == "occupied")
    span["state"] = "vacant"


def before_the_ledger_was_recorded() -> str:
    def drop(snapshot: dict[str, Any]) -> None:
        for line in snapshot["lines"]:
            for billed in line["proofs"]:
                del billed["ledger"]

    return altered(drop)


def test_a_document_issued_before_the_ledger_was_recorded_holds_and_stays_the_same_to_the_byte(tmp_path: Path) -> None:
    old = before_the_ledger_was_recorded()
    parsed = Invoice.parse(json.loads(old))
    assert parsed.canonical() == old
    xml = ubl(parsed, old)
    for name, content in (("a.xml", xml), ("a.pdf", pdf(parsed, old, xml))):
        assert checked(tmp_path, content, name).findings == ()


def raise_hours(snapshot: dict[str, Any]) -> None:
    snapshot["lines"][2]["proofs"][0]["hours"] = "9.0000"


def soften_rule(snapshot: dict[str, Any]) -> None:
    snapshot["lines"][1]["terms"]["per_hour"] = "7.40"


def raise_total(snapshot: dict[str, Any]) -> None:
    snapshot["gross"] = "1.00"


def drop_vat(snapshot: dict[str, Any]) -> None:
    snapshot["vat_totals"][0]["vat"] = "0.00"


def state_full_coverage(snapshot: dict[str, Any]) -> None:
    billed = next(p for line in snapshot["lines"] for p in line["proofs"] if p["unknown_s"])
    billed["coverage"] = "1.000"


def hide_what_is_missing(snapshot: dict[str, Any]) -> None:
    day = next(d for line in snapshot["lines"] for p in line["proofs"] for d in p["ledger"] if d["missing"])
    day["missing"] = 0


def rest_on_numbers_that_never_arrived(snapshot: dict[str, Any]) -> None:
    snapshot["lines"][0]["proofs"][0]["batches"][0]["last"] += 100000


def show_the_ledger_of_another_day(snapshot: dict[str, Any]) -> None:
    snapshot["lines"][0]["proofs"][0]["ledger"][0]["day"] = "2026-10-30"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (hide_what_is_missing, f"readings missing on {INCOMPLETE}"),
        (rest_on_numbers_that_never_arrived, "numbers under the spans"),
        (show_the_ledger_of_another_day, "days of the ledger"),
        (shorten_presence, "occupied seconds"),
        (raise_hours, "hours of a visit"),
        (soften_rule, "price"),
        (raise_total, "gross"),
        (drop_vat, "VAT"),
        (state_full_coverage, "coverage"),
    ],
)
@pytest.mark.parametrize("seal", [False, True])
def test_changed_evidence_is_found_even_under_a_digest_made_to_fit(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], what: str, *, seal: bool
) -> None:
    result = checked(tmp_path, with_evidence(altered(change), seal=seal))
    assert what in {finding.what for finding in result.findings}
    assert ((0, "SHA-256") in found(result)) is not seal


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.integers(0, len(ONE.lines) - 1), data=st.data())
def test_any_span_that_tells_another_state_is_found_on_its_line(tmp_path: Path, line: int, data: st.DataObject) -> None:
    spans = ONE.lines[line].visits[0].visit.spans
    index = data.draw(st.integers(0, len(spans) - 1))
    state = data.draw(st.sampled_from(sorted({"occupied", "vacant", "unknown"} - {spans[index].state})))

    def change(snapshot: dict[str, Any]) -> None:
        snapshot["lines"][line]["proofs"][0]["spans"][index]["state"] = state

    result = checked(tmp_path, with_evidence(altered(change), seal=True))
    assert not result.holds
    assert {number for number, _ in found(result)} == {line + 1}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (f">{ONE.gross}</cbc:PayableAmount", ">0.01</cbc:PayableAmount", (0, "amount to pay")),
        (f">{ONE.lines[3].net}</cbc:LineExtension", ">0.50</cbc:LineExtension", (4, "net")),
        ("BE92999900000123", "BE68539007547034", (0, "account to pay to")),
        ("TypeCode>380<", "TypeCode>389<", (0, "type")),
        (">0403170701<", ">0404616494<", (0, "customer's enterprise number")),
        (digest(TEXT).hex(), "0" * 64, (0, "SHA-256")),
        ("<cbc:DueDate>2026-12-02", "<cbc:DueDate>2027-12-02", (0, "due date")),
    ],
)
def test_a_changed_xml_is_found_and_the_line_named(tmp_path: Path, old: str, new: str, finding: tuple[int, str]) -> None:
    source = XML.decode()
    assert old in source
    result = checked(tmp_path, source.replace(old, new).encode())
    assert finding in found(result)


PAYMENT_MEANS = XML[
    XML.index(b"<cac:PaymentMeans>") : XML.index(b"</cac:PaymentMeans>") + len(b"</cac:PaymentMeans>")
].decode()
FOREIGN = PAYMENT_MEANS.replace("BE92999900000123", "BE68539007547034")
ALLOWANCE = (
    '<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount currencyID="EUR">10.00</cbc:Amount>'
    "</cac:AllowanceCharge>"
)
FOUND_ANYWHERE = [
    ("</cac:PaymentMeans>", f"</cac:PaymentMeans>{FOREIGN}", (0, "PaymentMeans")),
    ("<cac:PaymentMeans>", f"{FOREIGN}<cac:PaymentMeans>", (0, "PaymentMeans")),
    ("</cac:PaymentMeans>", f"</cac:PaymentMeans>{PAYMENT_MEANS}", (0, "PaymentMeans")),
    ("<cac:PaymentMeans>", "<cac:PayeeParty><cbc:Name>E</cbc:Name></cac:PayeeParty><cac:PaymentMeans>", (0, "PayeeParty")),
    ("<cac:TaxTotal>", f"{ALLOWANCE}<cac:TaxTotal>", (0, "AllowanceCharge")),
    (
        "<cbc:PayableAmount",
        '<cbc:PrepaidAmount currencyID="EUR">1.00</cbc:PrepaidAmount><cbc:PayableAmount',
        (0, "LegalMonetaryTotal/PrepaidAmount"),
    ),
    (
        '<cbc:PayableAmount currencyID="EUR"',
        '<cbc:PayableAmount currencyID="USD"',
        (0, "LegalMonetaryTotal/PayableAmount/@currencyID"),
    ),
    ("</cbc:PriceAmount>", "</cbc:PriceAmount><cbc:BaseQuantity>10</cbc:BaseQuantity>", (1, "Price/BaseQuantity")),
    ("PaymentMeansCode>58<", "PaymentMeansCode>49<", (0, "PaymentMeans/PaymentMeansCode")),
    ("<cbc:StreetName>", "<cbc:StreetName>Else ", (0, "AccountingSupplierParty/Party/PostalAddress/StreetName")),
    ("<cbc:DueDate>2026-12-02</cbc:DueDate>", "", (0, "due date")),
]
"""What is found in every document."""
WORDS = [
    ("<cac:PaymentTerms>\n    <cbc:Note>", "<cac:PaymentTerms>\n    <cbc:Note>BE68539007547034 ", (0, "terms of payment")),
    ("<cac:Item>\n      <cbc:Description>", "<cac:Item>\n      <cbc:Description>Champagne ", (1, "description")),
    ("</cbc:Description>\n      <cbc:Name>", "</cbc:Description>\n      <cbc:Name>Champagne ", (1, "name")),
]
"""Names, descriptions and notes, for which older versions had other words."""


@pytest.mark.parametrize(("old", "new", "finding"), [*FOUND_ANYWHERE, *WORDS])
def test_whatever_the_evidence_does_not_give_is_found_in_the_xml_and_named(
    tmp_path: Path, old: str, new: str, finding: tuple[int, str]
) -> None:
    source = XML.decode()
    assert old in source
    result = checked(tmp_path, source.replace(old, new, 1).encode())
    assert found(result) == {finding}
    assert result.words


def test_every_element_of_the_xml_is_compared(tmp_path: Path) -> None:
    root = etree.fromstring(XML)
    leaves = [node for node in root.iter() if not len(node)]
    assert len(leaves) > 500
    for node in leaves[:: len(leaves) // 60]:
        text, node.text = node.text, f"{node.text}1"
        try:
            result = checked(tmp_path, etree.tostring(root))
        except InputError:
            assert "Embedded" in str(node.tag)
        else:
            assert len(result.findings) == 1, node.tag
        node.text = text
    assert checked(tmp_path, etree.tostring(root)).holds


def test_lines_that_changed_places_and_one_that_is_gone_are_found(tmp_path: Path) -> None:
    root = etree.fromstring(XML)
    lines = root.findall("{*}InvoiceLine")
    lines[4].addprevious(lines[6])
    assert found(checked(tmp_path, etree.tostring(root))) == {(0, "order of document")}
    root.remove(lines[6])
    assert found(checked(tmp_path, etree.tostring(root))) == {(7, "line")}


def test_blanks_between_elements_comments_and_prefixes_say_nothing(tmp_path: Path) -> None:
    root = etree.fromstring(XML, etree.XMLParser(remove_blank_text=True))
    root.insert(0, etree.Comment("booked by acme"))
    source = etree.tostring(root).replace(b"cbc:", b"basic:").replace(b"xmlns:cbc=", b"xmlns:basic=")
    assert checked(tmp_path, source).holds


@pytest.mark.parametrize(("old", "new", "finding"), [*FOUND_ANYWHERE, *((*each[:2], None) for each in WORDS)])
def test_what_an_older_version_wrote_may_have_other_words_and_nothing_else(
    tmp_path: Path, old: str, new: str, finding: tuple[int, str] | None
) -> None:
    before = before_the_ledger_was_recorded()
    source = ubl(Invoice.parse(json.loads(before)), before).decode()
    assert old in source
    result = checked(tmp_path, source.replace(old, new, 1).encode())
    assert found(result) == ({finding} if finding else set())
    assert result.words is (finding is not None)


def test_evidence_attached_to_the_pdf_that_differs_from_its_xml_is_named_by_line(tmp_path: Path) -> None:
    result = checked(tmp_path, with_files(XML, altered(raise_hours)), "a.pdf")
    assert {(3, "proofs"), (3, "hours of a visit")} <= found(result)
    assert result.pages == "not compared"


def test_an_amount_changed_in_the_xml_of_a_pdf_is_found(tmp_path: Path) -> None:
    cheaper = XML.replace(f">{ONE.lines[0].net}</cbc:LineExt".encode(), b">0.10</cbc:LineExt")
    assert cheaper != XML
    assert (1, "net") in found(checked(tmp_path, with_files(cheaper, TEXT), "a.pdf"))


def hello() -> bytes:
    made = typst.compile(b"hello", format="pdf")
    assert isinstance(made, bytes)
    return made


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"hello", "neither PDF nor XML"),
        ("a.xml", b"<Order/>", "an XML file about Order"),
        ("a.xml", b"<Invoice/>", "embeds no evidence"),
        ("a.pdf", hello(), "no e-invoice"),
        ("a.pdf", b"%PDF-1.7 torn", "no PDF as it was issued"),
        ("a.xml", XML.replace(base64.b64encode(as_csv(TEXT)), base64.b64encode(b"a,b\r\n1,2\r\n")), "has the columns a, b"),
        ("a.xml", XML.replace(base64.b64encode(as_csv(TEXT)), base64.b64encode(NESTED)), "cannot be read"),
        ("a.pdf", with_files(XML, f"[{TEXT}"), "is no JSON"),
        ("a.xml", with_evidence(altered(lambda s: s.pop("seller")), seal=True), "at seller"),
    ],
)
def test_what_is_no_document_is_refused_with_what_to_do(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        checked(tmp_path, content, name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pdf"):
        verify(tmp_path / "none.pdf")


@pytest.mark.parametrize("example", [*every_kind("fr"), mixed_invoice("nl")])
def test_the_embedded_table_loses_nothing(example: Invoice) -> None:
    assert from_csv(as_csv(example.canonical())) == example.canonical()


@pytest.mark.parametrize("currency", ['E"R', "EUR<", "E&R", "E'R", ""])
def test_a_currency_that_is_none_is_found_and_breaks_nothing(tmp_path: Path, currency: str) -> None:
    text = altered(lambda s: s.update(currency=currency))
    assert (0, "currency") in found(checked(tmp_path, with_evidence(text, seal=True)))


@pytest.mark.parametrize("example", [*every_kind("en"), mixed_invoice("nl")])
def test_the_embedded_table_has_the_document_and_then_a_row_for_each_line(example: Invoice) -> None:
    header, document, *lines = csv.reader(StringIO(as_csv(example.canonical()).decode(), newline=""))
    assert header == ["part", "snapshot"]
    snapshot = json.loads(example.canonical())
    assert (document[0], json.loads(document[1])) == ("document", {**snapshot, "lines": []})
    assert [(int(part), json.loads(text)) for part, text in lines] == list(enumerate(snapshot["lines"], start=1))


def test_an_embedded_table_of_an_unknown_version_is_refused_by_its_columns() -> None:
    with pytest.raises(InputError, match=r"part, snapshot, more.*newer version"):
        from_csv(b"part,snapshot,more\r\n")


def test_figures_and_zones_that_nobody_can_compute_with_are_refused(tmp_path: Path) -> None:
    for change in (
        lambda s: s["lines"][0]["proofs"][0].update(coverage="1E+999999"),
        lambda s: s["lines"][0].update(net="1E+999999999999"),
        lambda s: s["lines"][0].update(price="-1E-999999"),
        lambda s: s["lines"][0]["proofs"][0].update(timezone="Nowhere/Else"),
        lambda s: s["lines"][0]["proofs"][0].update(timezone="../etc"),
        lambda s: s.update(language="fr", currency="", lines=[]),
    ):
        try:
            result = checked(tmp_path, with_evidence(altered(change), seal=True))
        except InputError:
            continue
        assert not result.holds


def test_checking_needs_no_database() -> None:
    code = "import sys, smartwork.cli.verify, smartwork.documents.verify; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"psycopg", "smartwork.db", "smartwork.devstack"} & set(loaded)


@pytest.mark.parametrize(("content", "status"), [(XML, 0), (with_evidence(altered(raise_hours), seal=True), 1), (b"", 1)])
def test_the_command_tells_by_its_status_and_in_json(tmp_path: Path, content: bytes, status: int) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    command = [sys.executable, "-m", "smartwork.cli.app", "verify", str(path), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == status
    assert "Traceback" not in ran.stderr
    if content:
        assert json.loads(ran.stdout)["holds"] is (status == 0)
