"""Verify a document from its file alone: its figures against its evidence, its parts against each other, its digest."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from smartwork.documents import legal_mentions
from smartwork.documents.character_set import BREAK_HERE, showable
from smartwork.documents.document_file import Carried, Pdf, read
from smartwork.documents.drawers import drawn_again, other_libraries, pages_of
from smartwork.documents.first_page import first_page, is_owed
from smartwork.documents.page_differences import page_differences
from smartwork.documents.pages import imprint
from smartwork.documents.pdf_file import read_pdf
from smartwork.documents.xml_comparison import against
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payment_reference import formatted_reference
from smartwork.domain.billing.recomputation import Difference
from smartwork.domain.billing.work_limits import check_limits
from smartwork.errors import InputError
from smartwork.translations import formats

_PAGE = "PDF page"
_MANY = 200
"""Findings in the evidence after which the XML is not compared."""
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not match. `where` is the XML, a PDF page or the evidence; `line` is 0 for the document itself."""

    where: str
    line: int
    what: str
    stated: str
    computed: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of verifying a document.

    `pages` tells whether the pages of a PDF were compared, with all other content of the file. `not_compared` says why not,
    and what else was not compared: the words of the XML of a document that an older version wrote.
    """

    file: Path
    kind: str
    number: str
    lines: int
    visits: int
    gross: str
    digest: str
    findings: tuple[Finding, ...]
    pages: Literal["none", "all", "not compared"]
    words: bool
    not_compared: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything that was compared matches."""
        return not self.findings

    @property
    def whole(self) -> bool:
        """Whether all of the file was compared. What was not may have been changed."""
        return not self.not_compared


def verify(path: Path) -> Verified:
    """Verify the document at `path`, .pdf or .xml; raises InputError if it is no document of smartwork."""
    try:
        return _verified(path, read(path))
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} holds evidence that cannot be computed with ({type(error).__name__}: {error}). It was altered; ask the "
            "sender for the document again."
        ) from error


def _verified(path: Path, carried: Carried) -> Verified:
    findings: list[Finding] = []
    parsed: dict[str, Invoice] = {where: _parsed(path, text) for where, text in carried.snapshots.items()}
    first = next(iter(parsed))
    findings += _between(carried)
    for where, invoice in parsed.items():
        if where == first or carried.snapshots[where] != carried.snapshots[first]:
            check_limits(invoice)
            findings += [_finding(f"evidence in the {where.upper()}", fault) for fault in faults(invoice)]
    invoice = parsed[first]
    embedded = _embedded_pages(carried, invoice)
    # What is wrong throughout is not compared any further.
    differences, words = (
        against(carried.xml.content, carried.xml.outline, parsed["xml"], carried.snapshots["xml"], embedded)
        if carried.xml is not None and len(findings) < _MANY
        else ([], True)
    )
    findings += [_finding("XML", difference) for difference in differences]
    not_compared = [] if words else ["names, descriptions and notes of the XML, which an older version wrote"]
    pages: Literal["none", "all", "not compared"] = "none"
    in_xml = carried.pdf is None
    if stated := carried.pdf or (carried.xml and carried.xml.pages):
        drawn, why_not = _drawn(stated, invoice, carried.snapshots[first], in_xml=in_xml) if not findings else ([], "")
        findings += drawn
        pages = "not compared" if why_not or (findings and not drawn) else "all"
        not_compared += [why_not] if why_not else []
    return Verified(
        path,
        invoice.kind,
        invoice.number,
        len(invoice.lines),
        sum(len(line.visits) for line in invoice.lines),
        f"{invoice.gross:.2f}",
        digest(carried.snapshots[first]).hex(),
        tuple(findings),
        pages,
        words,
        tuple(not_compared),
    )


def _embedded_pages(carried: Carried, invoice: Invoice) -> bytes | None:
    """The PDF that the XML must embed, by its snapshot: the one that it has, which is compared later, or an empty one."""
    if carried.pdf is not None or carried.xml is None or not invoice.pdf_in_xml:
        return None
    return b"" if carried.xml.pages is None else carried.xml.pages.content


def _parsed(path: Path, text: str) -> Invoice:
    try:
        return Invoice.read(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise InputError(
                f"The evidence in {path} is no JSON ({first['msg']}). Ask the sender for the document again."
            ) from error
        where = ".".join(str(part) for part in first["loc"]) or "snapshot"
        raise InputError(
            f"The evidence in {path} cannot be read at {where}: {first['msg']}. It was altered or is of another version "
            "of smartwork; ask the sender for the document again."
        ) from error


def _between(carried: Carried) -> list[Finding]:
    """Where the evidence attached to the PDF and that within its XML differ, line by line."""
    if len(set(carried.snapshots.values())) == 1:
        return []
    attached, embedded = (json.loads(carried.snapshots[where]) for where in ("pdf", "xml"))
    findings = []
    for number, (left, right) in enumerate(zip(attached["lines"], embedded["lines"], strict=False), start=1):
        findings += _fields(number, left, right)
    rest = [{key: value for key, value in part.items() if key != "lines"} for part in (attached, embedded)]
    findings = [*_fields(0, *rest), *findings]
    if len(attached["lines"]) != len(embedded["lines"]):
        findings.append(_evidence_differs("number of lines", f"{len(attached['lines'])}", f"{len(embedded['lines'])}"))
    # The same values, but a key twice or a number in another form: programs may read another value.
    return findings or [_evidence_differs("text", "in another form", "canonical JSON")]


def _evidence_differs(what: str, left: str, right: str) -> Finding:
    return Finding("evidence in PDF and XML", 0, what, left, right)


def _fields(line: int, left: dict[str, Any], right: dict[str, Any]) -> list[Finding]:
    return [
        Finding("evidence in PDF and XML", line, key, _brief(left.get(key)), _brief(right.get(key)))
        for key in sorted({*left, *right})
        if left.get(key) != right.get(key)
    ]


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _drawn(stated: Pdf, invoice: Invoice, canonical: str, *, in_xml: bool) -> tuple[list[Finding], str]:
    """Compare a PDF with the one drawn again from its evidence: what differs, or else why that cannot be said."""
    again = pages_of(invoice, canonical) if in_xml else drawn_again(invoice, canonical, stated.file.drawing)
    if again is None:
        return [], f"the pages of the PDF, drawn by version {invoice.drawing}: a newer version of smartwork compares them"
    if read_pdf(again) == stated.file:
        return [], ""
    if others := other_libraries():
        return [], f"the pages of the PDF, as this installation has {others}: requirements/ names what draws them"
    return _named(stated.content, again, invoice, digest(canonical).hex()), ""


def _named(stated: bytes, again: bytes, invoice: Invoice, computed: str) -> list[Finding]:
    """The differences of a PDF that differs from the one drawn again, by page and text as far as they can be named."""
    differences = page_differences(stated, again)
    if differences is None:
        return [_FILE_CHANGED]
    printed, shown = _first_page(differences.first_pages)
    found = list(_printed(printed, invoice))
    if shown != computed:
        found.append(Finding(_PAGE, 0, "SHA-256", shown or "none", computed))
    knows_first = bool(found)
    if differences.stated_pages != differences.computed_pages:
        found.append(Finding(_PAGE, 0, "number of pages", str(differences.stated_pages), str(differences.computed_pages)))
    for number, left, right in differences.changed:
        if number > 1 or not knows_first:
            first = next(pair for pair in zip_longest(left, right, fillvalue="nothing") if pair[0] != pair[1])
            found.append(Finding(_PAGE, 0, f"page {number}", *map(_brief, first)))
    return found or [_FILE_CHANGED]


_FILE_CHANGED = Finding("PDF file", 0, "content", "changed after it was drawn", "as drawn")


def _first_page(pages: Sequence[Sequence[str]]) -> tuple[str, str | None]:
    """The text of the first page without blanks, and the digest in it.

    The digest ends the first page. Where names are so long that it flows on, the text of the pages up to the digest counts.
    """
    texts: list[str] = []
    for page in pages:
        # A place to break a line may be read back anywhere: it shares the glyph of a letter before it.
        lines = [re.sub(rf"[\s{BREAK_HERE}]", "", line) for line in page]
        texts.append("".join(lines))
        if shown := next((match.group() for line in lines if (match := _DIGEST.search(line))), None):
            return "".join(texts), shown
    return texts[0] if texts else "", None


def _printed(printed: str, invoice: Invoice) -> Iterator[Finding]:
    """The parties, figures and ways to pay that the text of the first page lacks.

    A text that the first page of this snapshot has twice must be there twice.
    """
    front = first_page(invoice)
    given = "\n".join(_bare(showable(text)) for text in (*front.figures(), imprint(front)))
    bare_page = _bare(printed)
    for what, text in _to_show(invoice):
        bare = _bare(showable(text))
        if bare_page.count(bare) < max(given.count(bare), 1):
            yield Finding(_PAGE, 0, what, "another or none", text)


def _bare(text: str) -> str:
    """`text` without blanks, and in the one form that all ways to write a glyph share."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _to_show(invoice: Invoice) -> Iterator[tuple[str, str]]:
    language = invoice.language
    yield "number", invoice.number
    yield "supplier's name", invoice.seller.name
    yield "customer's name", invoice.buyer.name
    yield "net", formats.euro(invoice.net, language)
    for total in invoice.vat_totals:
        yield f"base of {total.category}", formats.euro(total.base, language)
        yield f"VAT of {total.category}", formats.euro(total.vat, language)
    yield "amount", formats.euro(invoice.gross, language)
    if terms := legal_mentions.general_terms(invoice):
        yield "general terms", terms
    if not is_owed(invoice):
        return
    yield "due date", formats.day(invoice.due_on, language)
    if invoice.payment is not None:
        yield "account holder", invoice.payment.holder
        yield "account to pay to", invoice.payment.iban
        if invoice.payment.reference is not None:
            yield "payment reference", formatted_reference(invoice.payment.reference)


def _finding(where: str, difference: Difference) -> Finding:
    return Finding(where, difference.line, difference.what, difference.stated, difference.computed)
