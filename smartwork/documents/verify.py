"""Verify a document from its file alone: its figures against its evidence, its parts against each other, its digest."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from smartwork.documents.character_set import showable
from smartwork.documents.document_file import Carried, Pdf, changed_texts, read, skeleton
from smartwork.documents.first_page import first_page
from smartwork.documents.pages import imprint
from smartwork.documents.pdf import drawing, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.xml_comparison import against
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payment_reference import formatted_reference
from smartwork.domain.billing.recomputation import Difference
from smartwork.errors import InputError
from smartwork.translations import formats

_PAGE = "PDF page"
_PAGES_NAMED = 10
"""The most changed pages that are named."""


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

    `pages` tells how much of a PDF's pages was compared: all, or only the figures of the first, where another version drew
    it. `words` tells whether the XML's names, descriptions and notes were compared; an older version had others.
    """

    file: Path
    kind: str
    number: str
    lines: int
    visits: int
    gross: str
    digest: str
    findings: tuple[Finding, ...]
    pages: Literal["none", "figures of the first", "all"]
    words: bool

    @property
    def holds(self) -> bool:
        """Whether everything that was compared matches."""
        return not self.findings

    @property
    def whole(self) -> bool:
        """Whether all of the file was compared. A PDF that states another drawing version may be changed elsewhere."""
        return self.pages != "figures of the first"


def verify(path: Path) -> Verified:
    """Verify the document at `path`, .pdf or .xml; raises InputError if it is no document of smartwork."""
    try:
        return _verified(path, read(path))
    except (ArithmeticError, LookupError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} holds evidence that cannot be computed with ({type(error).__name__}: {error}). It was altered; ask the "
            "sender for the document again."
        ) from error


def _verified(path: Path, carried: Carried) -> Verified:
    findings: list[Finding] = []
    parsed: dict[str, Invoice] = {where: _parsed(path, text) for where, text in carried.snapshots.items()}
    first = next(iter(parsed))
    findings += _digests(carried)
    findings += _between(carried)
    for where, invoice in parsed.items():
        if where == first or carried.snapshots[where] != carried.snapshots[first]:
            findings += [_finding(f"evidence in the {where.upper()}", fault) for fault in faults(invoice)]
    invoice = parsed[first]
    differences, words = against(carried.xml, parsed["xml"], carried.snapshots["xml"])
    findings += [_finding("XML", difference) for difference in differences]
    pages: Literal["none", "figures of the first", "all"] = "none"
    if carried.pdf is not None:
        findings += _printed(carried.pdf, invoice)
        pages = "figures of the first"
        if carried.pdf.drawing == drawing() and all(finding.where == _PAGE for finding in findings):
            text = carried.snapshots["pdf"]
            findings += _drawn(carried.pdf, pdf(invoice, text, ubl(invoice, text)), knows_first=bool(findings))
            pages = "all"
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
    )


def _parsed(path: Path, text: str) -> Invoice:
    try:
        return Invoice.parse(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "snapshot"
        raise InputError(
            f"The evidence in {path} cannot be read at {where}: {first['msg']}. It was altered or is of another version "
            "of smartwork; ask the sender for the document again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"The evidence in {path} is no JSON ({error}). Ask the sender for the document again.") from error


def _digests(carried: Carried) -> list[Finding]:
    """Compare the digest that each part states with that of the evidence it carries."""
    return [
        Finding("PDF page" if where == "pdf" else "XML", 0, "SHA-256", stated or "none", computed)
        for where, stated in carried.digests.items()
        if (computed := digest(carried.snapshots[where]).hex()) != stated
    ]


def _between(carried: Carried) -> list[Finding]:
    """Where the evidence attached to the PDF and that within its XML differ, line by line."""
    if len(set(carried.snapshots.values())) == 1:
        return []
    attached, embedded = (json.loads(carried.snapshots[where]) for where in ("pdf", "xml"))
    findings = []
    for number, (left, right) in enumerate(zip(attached["lines"], embedded["lines"], strict=False), start=1):
        findings += _fields(number, left, right)
    rest = [{key: value for key, value in part.items() if key != "lines"} for part in (attached, embedded)]
    return [*_fields(0, *rest), *findings]


def _fields(line: int, left: dict[str, Any], right: dict[str, Any]) -> list[Finding]:
    return [
        Finding("evidence in PDF and XML", line, key, _brief(left.get(key)), _brief(right.get(key)))
        for key in sorted({*left, *right})
        if left.get(key) != right.get(key)
    ]


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _drawn(stated: Pdf, again: bytes, *, knows_first: bool) -> Iterator[Finding]:
    """Compare a PDF with the one drawn again from its evidence, and name the pages that differ.

    `knows_first`: differences on the first page were found already.
    """
    if stated.content == again or ((parts := skeleton(stated.content)) is not None and parts == skeleton(again)):
        return
    theirs, ours, changed = changed_texts(stated.content, again, _PAGES_NAMED)
    if theirs != ours:
        yield Finding(_PAGE, 0, "number of pages", str(theirs), str(ours))
    for number, left, right in changed:
        if number > 1 or not knows_first:
            first = next(pair for pair in zip_longest(left, right, fillvalue="nothing") if pair[0] != pair[1])
            yield Finding(_PAGE, 0, f"page {number}", *map(_brief, first))
    if not changed and theirs == ours:
        yield Finding("PDF file", 0, "content", "changed after it was drawn", "as drawn")


def _printed(stated: Pdf, invoice: Invoice) -> list[Finding]:
    """Check that the first page shows the parties, the figures and how to pay.

    A text that the first page of this snapshot has twice must be there twice.
    """
    front = first_page(invoice)
    given = "\n".join(_bare(showable(text)) for text in (*front.figures(), imprint(front)))
    printed = _bare(stated.printed)
    return [
        Finding(_PAGE, 0, what, "another or none", text)
        for what, text in _to_show(invoice)
        if printed.count(bare := _bare(showable(text))) < max(given.count(bare), 1)
    ]


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
    if invoice.is_credit:
        return
    yield "due date", formats.day(invoice.due_on, language)
    if invoice.payment is not None:
        yield "account holder", invoice.payment.holder
        yield "account to pay to", invoice.payment.iban
        if invoice.payment.reference is not None:
            yield "payment reference", formatted_reference(invoice.payment.reference)


def _finding(where: str, difference: Difference) -> Finding:
    return Finding(where, difference.line, difference.what, difference.stated, difference.computed)
