"""Input made to mislead a reader or to exhaust it is refused before it is worked on."""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.cli.progress_bar import displayable
from smartwork.documents import document_file, pdf_file
from smartwork.documents.embedded_evidence import MAX_LINES, as_csv
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import drawn, pdf
from smartwork.documents.pdf_file import NotAsDrawn, read_pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.documents.xml_outline import NS, NotOneReading, outline
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import InputError
from tests.support.documents import invoice, mixed_invoice

ONE = invoice("en", lines=3)
TEXT = ONE.canonical()
XML = ubl(ONE, TEXT)
SOURCE = XML.decode()
PDF = pdf(ONE, TEXT, XML)
HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n"
FRAUD = (
    "<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>"
    "<cbc:ID>BE68539007547034</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
)
IBAN = "BE92999900000123"
XI = "http://www.w3.org/2001/XInclude"


MEANS = "<cac:PaymentMeans>"


def swapped(old: str, new: str) -> str:
    return SOURCE.replace(old, new, 1)


def with_doctype(inside: str, name: str = "Invoice") -> str:
    return SOURCE.replace(HEAD, f"{HEAD}<!DOCTYPE {name} {inside}>\n", 1)


AMBIGUOUS = {
    "an entity that adds an account": (
        with_doctype(f'[<!ENTITY e "{FRAUD}">]').replace("<cac:PaymentMeans>", "&e;<cac:PaymentMeans>", 1),
        "document type",
    ),
    "an entity within an account": (with_doctype('[<!ENTITY e "">]').replace(IBAN, f"&e;{IBAN}", 1), "document type"),
    "an external entity": (with_doctype('[<!ENTITY e SYSTEM "file:///etc/passwd">]').replace(IBAN, "&e;"), "document type"),
    "a parameter entity": (with_doctype('[<!ENTITY % p SYSTEM "http://192.0.2.1/x"> %p;]'), "document type"),
    "an external subset": (with_doctype('SYSTEM "x.dtd"'), "document type"),
    "a public subset": (with_doctype('PUBLIC "-//X//Y" "x.dtd"'), "document type"),
    "an empty document type": (with_doctype(""), "document type"),
    "a default attribute": (with_doctype('[<!ATTLIST cbc:ID schemeID CDATA "0208">]'), "document type"),
    "an entity that nobody declared": (swapped(IBAN, f"&e;{IBAN}"), "well-formed"),
    "a stylesheet": (
        SOURCE.replace(HEAD, f'{HEAD}<?xml-stylesheet href="x.xsl" type="text/xsl"?>\n'),
        "processing instruction",
    ),
    "an instruction within an account": (swapped(IBAN, f"BE92<?x?>{IBAN[4:]}"), "processing instruction"),
    "an instruction after the end": (f"{SOURCE}<?x?>", "processing instruction"),
    "an account as CDATA": (swapped(IBAN, f"<![CDATA[{IBAN}]]>"), "CDATA"),
    "a part of an account as CDATA": (swapped(IBAN, f"BE92<![CDATA[{IBAN[4:]}]]>"), "CDATA"),
    "a comment within an account": (swapped(IBAN, f"BE92<!-- -->{IBAN[4:]}"), "comment within the text of ID"),
    "a comment before an account": (swapped(IBAN, f"<!--x-->{IBAN}"), "comment within the text of ID"),
    "a comment after an amount": (
        SOURCE.replace("</cbc:PayableAmount>", "<!--x--></cbc:PayableAmount>", 1),
        "comment within",
    ),
    "text between elements": (swapped(MEANS, f"{IBAN}<cac:PaymentMeans>"), "text between"),
    "a blank that XML does not know": (swapped(MEANS, "\u2003<cac:PaymentMeans>"), "text between"),
    "an element within an account": (swapped(IBAN, f"<cbc:ID>x</cbc:ID>{IBAN}"), "text between"),
    "an XInclude": (
        swapped(MEANS, f'<i:include xmlns:i="{XI}" href="x.xml"/><cac:PaymentMeans>'),
        "meaning of the prefix",
    ),
    "an XInclude whose prefix the root declares": (
        SOURCE.replace(" xmlns:cac=", f' xmlns:i="{XI}" xmlns:cac=', 1).replace(
            "<cac:PaymentMeans>", '<i:include href="x.xml"/><cac:PaymentMeans>', 1
        ),
        "element include of",
    ),
    "an element of no document": (
        SOURCE.replace(" xmlns:cac=", ' xmlns:ext="urn:x" xmlns:cac=', 1).replace(
            "<cac:TaxTotal>", "<ext:A/><cac:TaxTotal>", 1
        ),
        "element A of urn:x",
    ),
    "a prefix with another meaning": (swapped(MEANS, '<cac:PaymentMeans xmlns:cbc="urn:x">'), "prefix"),
    "the same meaning, said again": (
        swapped(MEANS, f'<cac:PaymentMeans xmlns:cac="{NS["cac"]}">'),
        "prefix",
    ),
    "another default namespace": (swapped(MEANS, '<cac:PaymentMeans xmlns="urn:x">'), "default namespace"),
    "a base for links": (swapped(MEANS, '<cac:PaymentMeans xml:base="http://x/">'), "attribute base"),
    "an id of XML": (swapped(MEANS, '<cac:PaymentMeans xml:id="a">'), "attribute id"),
    "a type of another schema": (
        SOURCE.replace(" xmlns:cac=", ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true" xmlns:cac=', 1),
        "attribute nil",
    ),
    "XML 1.1": (SOURCE.replace("version='1.0'", "version='1.1'", 1), "1.1|well-formed"),
    "a DTD announced": (SOURCE.replace("encoding='UTF-8'?", "encoding='UTF-8' standalone='no'?", 1), "standalone"),
}
ENCODINGS = {
    "UTF-16 with a mark": SOURCE.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 without a mark": SOURCE.replace("UTF-8", "UTF-16LE").encode("utf-16-le"),
    "UTF-16 of other order": SOURCE.replace("UTF-8", "UTF-16BE").encode("utf-16-be"),
    "UTF-32": SOURCE.replace("UTF-8", "UTF-32").encode("utf-32"),
    "Latin-1": SOURCE.replace("UTF-8", "ISO-8859-1").encode("latin-1", "xmlcharrefreplace"),
    "windows-1252": SOURCE.replace("UTF-8", "windows-1252").encode("cp1252", "xmlcharrefreplace"),
    "UTF-7": SOURCE.replace("UTF-8", "UTF-7").encode(),
    "EBCDIC": SOURCE.replace("UTF-8", "cp037").encode("cp037", "xmlcharrefreplace"),
    "ASCII declared, and UTF-8 written": SOURCE.replace("UTF-8", "US-ASCII").encode(),
    "Latin-1 under the name of UTF-8": SOURCE.encode("latin-1", "xmlcharrefreplace").replace(b"Smart Work", b"Sm\xe9rt Work"),
    "a byte order mark": b"\xef\xbb\xbf" + XML,
    "a long form of a character": XML.replace(b"BE92", b"\xc1\x82E92", 1),
    "a surrogate": XML.replace(b"BE92", b"BE92\xed\xa0\x80", 1),
    "a NUL": XML.replace(b"BE92", b"BE92\x00", 1),
    "a NUL by number": XML.replace(b"BE92", b"BE92&#0;", 1),
    "nothing": b"",
    "blanks": b"   ",
    "two roots": XML + XML.partition(b"\n")[2],
}


def refused(folder: Path, content: bytes, name: str = "a.xml") -> str:
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        verify(path)
    return str(caught.value)


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_an_xml_that_two_programs_may_read_as_two_things_is_refused(tmp_path: Path, case: str) -> None:
    content, message = AMBIGUOUS[case]
    assert content != SOURCE
    with pytest.raises(NotOneReading, match=message):
        outline(content.encode())
    assert "every program reads as the same" in refused(tmp_path, content.encode())


@pytest.mark.parametrize("case", ENCODINGS)
def test_an_xml_in_another_encoding_than_utf_8_is_refused(tmp_path: Path, case: str) -> None:
    assert ENCODINGS[case] != XML
    assert refused(tmp_path, ENCODINGS[case])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (IBAN, f" {IBAN}"),
        (IBAN, f"{IBAN}\n"),
        (IBAN, f"{IBAN}\u200b"),
        (IBAN, f"\u0412{IBAN[1:]}"),
        (IBAN, IBAN.lower()),
        (f">{ONE.gross}</cbc:PayableAmount", f">+{ONE.gross}</cbc:PayableAmount"),
        (f">{ONE.gross}</cbc:PayableAmount", f">0{ONE.gross}</cbc:PayableAmount"),
        (f">{ONE.gross}</cbc:PayableAmount", f">{ONE.gross}0</cbc:PayableAmount"),
        (f">{ONE.gross}</cbc:PayableAmount", f">{ONE.gross:e}</cbc:PayableAmount"),
        (f">{ONE.gross}</cbc:PayableAmount", f"> {ONE.gross} </cbc:PayableAmount"),
        (f">{ONE.gross}</cbc:PayableAmount", f">{ONE.gross}\u0660</cbc:PayableAmount"),
        (f"<cbc:ID>{digest(TEXT).hex()}</cbc:ID>", f"<cbc:ID>{digest(TEXT).hex()}</cbc:ID><cbc:ID>{'0' * 64}</cbc:ID>"),
        (f"<cbc:ID>{digest(TEXT).hex()}</cbc:ID>", f"<cbc:ID>{digest(TEXT).hex().upper()}</cbc:ID>"),
        (f"<cbc:ID>{digest(TEXT).hex()}</cbc:ID>", ""),
    ],
)
def test_another_way_to_write_a_value_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert old in SOURCE
    path = tmp_path / "a.xml"
    path.write_bytes(SOURCE.replace(old, new, 1).encode())
    result = verify(path)
    assert len(result.findings) == 1


def reference(attached: bytes, number: str = "0" * 64) -> str:
    return (
        f"<cac:AdditionalDocumentReference><cbc:ID>{number}</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject "
        f'mimeCode="text/csv" filename="{ONE.number}-evidence.csv">{base64.b64encode(attached).decode()}'
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("number", ["0" * 64, digest(TEXT).hex()])
def test_a_second_file_of_the_same_name_or_id_is_found(tmp_path: Path, number: str, *, after: bool) -> None:
    other = reference(as_csv(TEXT), number)
    at = SOURCE.index("</cac:AdditionalDocumentReference>") + len("</cac:AdditionalDocumentReference>")
    at = at if after else SOURCE.index("<cac:AdditionalDocumentReference>")
    path = tmp_path / "a.xml"
    path.write_bytes((SOURCE[:at] + other + SOURCE[at:]).encode())
    assert not verify(path).holds


def embedded(content: bytes) -> bytes:
    return XML.replace(base64.b64encode(as_csv(TEXT)), base64.b64encode(content))


@pytest.mark.parametrize(
    "other",
    [
        lambda text: text.replace('"gross":', '"gross":"1.00","gross":', 1),
        lambda text: text.replace('"gross":', '"gross": ', 1),
        lambda text: text.replace('"currency":"EUR"', '"currency":"\\u0045UR"', 1),
    ],
)
def test_evidence_that_is_written_in_another_way_is_found(tmp_path: Path, other: Callable[[str], str]) -> None:
    written = as_csv(TEXT).decode().replace('""', '"')
    changed = other(written)
    assert changed != written
    head, document, *lines = as_csv(TEXT).decode().split("\r\n")
    inner = other(document.partition(",")[2][1:-1].replace('""', '"'))
    document = 'document,"' + inner.replace('"', '""') + '"'
    path = tmp_path / "a.xml"
    path.write_bytes(embedded("\r\n".join([head, document, *lines]).encode()))
    assert {finding.what for finding in verify(path).findings} == {"evidence file"}


@pytest.mark.parametrize("other", [lambda text: text.replace("{", '{"gross":"1.00",', 1), lambda text: f"{text} "])
def test_evidence_in_the_pdf_that_has_a_value_twice_or_is_not_canonical_is_found(
    tmp_path: Path, other: Callable[[str], str]
) -> None:
    text = other(TEXT)
    path = tmp_path / "a.pdf"
    pages = document_pages(ONE, digest(text).hex())
    path.write_bytes(drawn(pages, {"xml": SOURCE, "evidence": text}, ONE.issued_on))
    assert [(finding.where, finding.what) for finding in verify(path).findings] == [("evidence in PDF and XML", "text")]


def test_what_a_terminal_would_act_on_is_not_printed(tmp_path: Path) -> None:
    number = "INV-1\x9b2J\x9bHEverything matches.\u202e"
    example = replace(ONE, number=number)
    path = tmp_path / "a.xml"
    path.write_bytes(
        ubl(example, example.canonical()).replace(b"EUR</cbc:DocumentCurrencyCode>", b"USD</cbc:DocumentCurrencyCode>")
    )
    shown = CliRunner().invoke(app, ["verify", str(path)])
    assert "INV-1" in shown.output
    assert not {"\x1b", "\x9b", "\u202e"} & {*shown.output}
    path.write_bytes(embedded(b"part,snap\x1b[2J\r\n"))
    failed = CliRunner().invoke(app, ["verify", str(path)])
    assert "\x1b" not in displayable(str(failed.exception))


def sealed(example: Invoice, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The XML of `example` with changed evidence in it, under a digest made to fit."""
    text = example.canonical()
    snapshot = json.loads(text)
    change(snapshot)
    changed = canonical_text(snapshot)
    xml = ubl(example, text).replace(base64.b64encode(as_csv(text)), base64.b64encode(as_csv(changed)))
    return xml.replace(digest(text).hex().encode(), digest(changed).hex().encode())


MIXED = mixed_invoice("en")
PASS = next(number for number, line in enumerate(MIXED.lines) if line.kind == "pass")


def visit_of(snapshot: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = snapshot["lines"][0]["proofs"][0]
    return found


def many_passes(snapshot: dict[str, Any]) -> None:
    snapshot["lines"][PASS]["terms"]["half_day_hours"] = "0.0000001"
    snapshot["lines"][PASS]["proofs"][0]["hours"] = "9000.0000"


def many_lines_of_one_pass(snapshot: dict[str, Any]) -> None:
    beyond = snapshot["lines"][PASS + 1]
    beyond["terms"]["half_day_hours"] = "0.01"
    snapshot["lines"] += [{**beyond, "line": len(snapshot["lines"]) + n + 1} for n in range(2000)]


WORK: dict[str, Callable[[dict[str, Any]], Any]] = {
    "passes of no hours": many_passes,
    "half a day of no hours": lambda s: s["lines"][PASS]["terms"].update(half_day_hours="0"),
    "half a day of less than no hours": lambda s: s["lines"][PASS]["terms"].update(half_day_hours="-1"),
    "hours beyond any month": lambda s: s["lines"][PASS]["proofs"][0].update(hours="1E+90000"),
    "many lines of one pass": many_lines_of_one_pass,
    "a visit of nine thousand years": lambda s: visit_of(s).update(ends_at="9999-10-01T08:00:00Z"),
    "a visit that begins in antiquity": lambda s: visit_of(s).update(starts_at="0001-10-01T08:00:00Z"),
    "a place that is reassigned in the far future": lambda s: visit_of(s).update(ceded_at="9998-10-01T08:00:00Z"),
    "an overstay of years": lambda s: visit_of(s).update(over_s=10**10),
    "an overstay beyond time": lambda s: visit_of(s).update(over_s=10**30),
    "an exponent": lambda s: s["lines"][0].update(net="1E+999999"),
    "many decimals": lambda s: s["lines"][0].update(price="0." + "0" * 2000 + "1"),
    "many digits": lambda s: s.update(gross="9" * 9000),
    "no number": lambda s: s.update(gross="NaN"),
    "an endless number": lambda s: s.update(gross="Infinity"),
    "an integer of many digits": lambda s: visit_of(s).update(over_s=10**4000),
    "a time without a zone": lambda s: visit_of(s).update(starts_at="2026-10-01T08:00:00"),
    "a long name": lambda s: s["seller"].update(name="x" * 20_000),
    "a long name with escapes": lambda s: s["seller"].update(name='"' * 20_000),
    "nested values": lambda s: s.update(reason=eval("[" * 80 + "]" * 80)),  # noqa: S307 - brackets only
}


@pytest.mark.parametrize("case", WORK)
def test_evidence_that_would_take_long_to_compute_is_refused_before_it_is(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartwork.documents.verify.faults", lambda _: pytest.fail("computed"))
    assert refused(tmp_path, sealed(MIXED, WORK[case]))


def test_evidence_of_more_lines_or_values_than_a_document_has_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, document = as_csv(TEXT).split(b"\r\n")[:2]
    rows = b"".join(b'%d,"{}"\r\n' % n for n in range(1, MAX_LINES + 3))
    values = b'1,"[' + b"[]," * 1_300_000 + b'[]]"\r\n'
    too_long, too_many = (embedded(b"\r\n".join([head, document, more])) for more in (rows, values))
    loaded: list[str] = []
    monkeypatch.setattr(json, "loads", loaded.append)
    assert f"more than {MAX_LINES} lines" in refused(tmp_path, too_long)
    assert "values" in refused(tmp_path, too_many)
    assert loaded == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<Invoice xmlns='" + NS["cbc"].encode() + b"'>" + b"<A>" * 100_000, "nested"),
        (b"<Invoice " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b"/>", "attributes|markup"),
        (b'<Invoice a="' + b"x" * 5_000_000 + b'"/>', "markup"),
        (b"<!DOCTYPE Invoice [<!ENTITY a 'x'>" + b"<!ENTITY b '&a;&a;'>" * 10 + b"]><Invoice>&b;</Invoice>", "document type"),
        (b"<" * 1_000_000, "well-formed"),
        (b"<Invoice>" + b"<!-- -->" * 100_000, "well-formed"),
        (b"<Invoice>" + b"&#120;" * 1_000_000, "well-formed"),
    ],
)
def test_an_xml_made_to_exhaust_is_refused_at_the_first_thing_that_no_document_has(content: bytes, message: str) -> None:
    with pytest.raises(NotOneReading, match=message):
        outline(content)


def test_an_xml_with_more_elements_than_its_evidence_gives_is_refused(tmp_path: Path) -> None:
    many = b"<cbc:Note/>" * 20_000
    content = XML.replace(b"<cac:TaxTotal>", many + b"<cac:TaxTotal>", 1)
    assert "more than its evidence gives" in refused(tmp_path, content)


def test_a_file_larger_than_any_document_is_refused_before_all_of_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_file, "MAX_PDF_BYTES", 1000)
    monkeypatch.setattr(document_file, "MAX_XML_BYTES", 1000)
    path = tmp_path / "a.xml"
    path.write_bytes(b"<")
    with path.open("r+b") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match="larger than"):
        verify(path)


def test_a_folder_and_a_device_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        verify(tmp_path)
    with pytest.raises(InputError, match="larger than"):
        verify(Path("/dev/zero"))


def with_stream(body: bytes, more: bytes = b"/Filter/FlateDecode") -> bytes:
    """A PDF as the typesetter writes one, of a single stream."""
    out = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
    at = len(out)
    out += b"1 0 obj\n<</Length %d%s>>\nstream\n" % (len(body), more) + body + b"\nendstream\nendobj\n"
    table = b"xref\n0 2\n0000000000 65535 f\r\n%010d 00000 n\r\n" % at
    return out + table + b"trailer\n<</Size 2/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)


def test_a_stream_that_unpacks_without_end_is_refused_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_file, "_MAX_STREAM", 3 * 2**20)
    bomb = zlib.compress(bytes(50 * 2**20), 9)
    pieces: list[int] = []
    unpack = zlib.decompressobj

    class Counting:
        def __init__(self) -> None:
            self._inner = unpack()

        def decompress(self, packed: bytes, most: int) -> bytes:
            piece = self._inner.decompress(packed, most)
            pieces.append(len(piece))
            return piece

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    with pytest.raises(NotAsDrawn, match="unpacks to more"):
        read_pdf(with_stream(bomb))
    assert sum(pieces) <= 4 * 2**20


@pytest.mark.parametrize(
    "content",
    [
        with_stream(b"x" * 100),
        with_stream(zlib.compress(b"x") + b"more"),
        with_stream(zlib.compress(b"x" * 1000)[:-6]),
        with_stream(b"x", b"/Length 1"),
        b"%PDF-1.7\n" + b"<<" * 2_000_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\n" + b"xref\n0 99999\n0000000000 65535 f\r\n" + b"0000000016 00000 n\r\n" * 99998 + b"startxref\n9\n%%EOF",
        PDF[:-1],
        PDF + b"\n",
        PDF + PDF,
        PDF.replace(b"startxref\n", b"startxref\n0", 1),
    ],
)
def test_a_pdf_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(NotAsDrawn):
        read_pdf(content)


def test_a_pdf_with_two_files_of_one_type_is_refused() -> None:
    body = zlib.compress(b"x")
    kind = b"/Type/EmbeddedFile/Filter/FlateDecode/Subtype/application#2Fxml/Params<</Size 1>>"
    head = b"<</Length %d" % len(body) + kind + b">>\nstream\n"
    out, offsets = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n", []
    for number in (1, 2):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + head + body + b"\nendstream\nendobj\n"
    table = b"xref\n0 3\n0000000000 65535 f\r\n" + b"".join(b"%010d 00000 n\r\n" % at for at in offsets)
    with pytest.raises(NotAsDrawn, match="two files"):
        read_pdf(out + table + b"trailer\n<</Size 3>>\nstartxref\n%d\n%%%%EOF" % len(out))
