"""Check a document from its file alone: what its evidence comes to, whether it says the same everywhere, its digest."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from smartwork.documents import labels
from smartwork.documents.character_set import showable, showable_document
from smartwork.documents.document_file import Carried, Pdf, changed_texts, read, skeleton
from smartwork.documents.pdf import drawing, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.view import view
from smartwork.documents.xml_comparison import against
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payment_reference import formatted_reference
from smartwork.domain.billing.recomputation import Difference
from smartwork.errors import InputError

_PAGE = "PDF page"
_PAGES_NAMED = 10
"""So many pages that read otherwise are named."""
_WORDS = ("display", "display-2", "display-3", "mention", "note", "small", "pill")
"""Styles of what names no party, amount, account or day."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not match: in the XML, the PDF's page or the evidence; `line` is 0 for the document itself."""

    where: str
    line: int
    what: str
    stated: str
    computed: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What checking a document came to: it holds where nothing was found.

    `pages` says how much of a PDF's pages was compared: all, or the figures of the first one, as of what another version
    drew; `words` whether the XML's names, descriptions and notes were: an older version used others.
    """

    file: Path
    kind: str
    number: str
    lines: int
    proofs: int
    gross: str
    digest: str
    findings: tuple[Finding, ...]
    pages: Literal["none", "figures of the first", "all"]
    words: bool

    @property
    def holds(self) -> bool:
        """Whether all that was compared matches."""
        return not self.findings

    @property
    def whole(self) -> bool:
        """Whether all of the file was compared; a PDF that says that another version drew it may be changed elsewhere."""
        return self.pages != "figures of the first"


def verify(path: Path) -> Verified:
    """Check the document at `path`, .pdf or .xml; raises InputError where it is no document of smartwork."""
    try:
        return _verified(path, read(path))
    except (ArithmeticError, LookupError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} holds evidence that nobody can compute with ({type(error).__name__}: {error}). It was altered; ask the "
            "sender for the document again."
        ) from error


def _verified(path: Path, carried: Carried) -> Verified:
    found: list[Finding] = []
    parsed: dict[str, Invoice] = {where: _parsed(path, text) for where, text in carried.snapshots.items()}
    first = next(iter(parsed))
    found += _digests(carried)
    found += _between(carried)
    for where, invoice in parsed.items():
        if where == first or carried.snapshots[where] != carried.snapshots[first]:
            found += [_finding(f"evidence in the {where.upper()}", one) for one in faults(invoice)]
    invoice = parsed[first]
    differences, words = against(carried.xml, parsed["xml"], carried.snapshots["xml"])
    found += [_finding("XML", one) for one in differences]
    pages: Literal["none", "figures of the first", "all"] = "none"
    if carried.pdf is not None:
        found += _printed(carried.pdf, invoice)
        pages = "figures of the first"
        if carried.pdf.drawing == drawing() and all(one.where == _PAGE for one in found):
            text = carried.snapshots["pdf"]
            found += _drawn(carried.pdf, pdf(invoice, text, ubl(invoice, text)), knows_first=bool(found))
            pages = "all"
    return Verified(
        path,
        invoice.kind,
        invoice.number,
        len(invoice.lines),
        sum(len(line.proofs) for line in invoice.lines),
        f"{invoice.gross:.2f}",
        digest(carried.snapshots[first]).hex(),
        tuple(found),
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
    """The digest that each part states, against that of the evidence it carries."""
    return [
        Finding("PDF page" if where == "pdf" else "XML", 0, "SHA-256", stated or "none", computed)
        for where, stated in carried.digests.items()
        if (computed := digest(carried.snapshots[where]).hex()) != stated
    ]


def _between(carried: Carried) -> list[Finding]:
    """Where the evidence beside the PDF and that within its XML differ, line by line."""
    if len(set(carried.snapshots.values())) == 1:
        return []
    one, other = (json.loads(carried.snapshots[where]) for where in ("pdf", "xml"))
    found = []
    for number, (left, right) in enumerate(zip(one["lines"], other["lines"], strict=False), start=1):
        found += _fields(number, left, right)
    rest = [{key: value for key, value in part.items() if key != "lines"} for part in (one, other)]
    return [*_fields(0, *rest), *found]


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
    """Whether a PDF holds what the one holds that its evidence gives, and nothing else; where not, on which pages.

    `knows_first`: what is wrong on the first page is known already.
    """
    if stated.content == again or ((parts := skeleton(stated.content)) is not None and parts == skeleton(again)):
        return
    theirs, ours, changed = changed_texts(stated.content, again, _PAGES_NAMED)
    if theirs != ours:
        yield Finding(_PAGE, 0, "number of pages", str(theirs), str(ours))
    for number, left, right in changed:
        if number > 1 or not knows_first:
            first = next((one, other) for one, other in zip_longest(left, right, fillvalue="nothing") if one != other)
            yield Finding(_PAGE, 0, f"page {number}", *map(_brief, first))
    if not changed and theirs == ours:
        yield Finding("PDF file", 0, "content", "changed after it was drawn", "as drawn")


def _printed(stated: Pdf, invoice: Invoice) -> list[Finding]:
    """Whether the first page shows whose document it is, what is to be paid, and to whom, where and when."""
    printed, given = _bare(stated.printed), _first_page(invoice)
    return [
        Finding(_PAGE, 0, what, "another or none", text)
        for what, text in _to_show(invoice)
        if printed.count(bare := _bare(showable(text))) < max(given.count(bare), 1)
    ]


def _first_page(invoice: Invoice) -> str:
    """What names a party, an amount, an account or a day on the first page: what is there twice must be right twice."""
    [first, *_] = view(showable_document(invoice, invoice.canonical()), "")["sheets"]
    return "\n".join(_bare(text) for _, style, *texts in first["texts"] if style not in _WORDS for *_, text in texts)


def _bare(text: str) -> str:
    """Without blanks; a glyph of a PDF stands for all ways to write it, so these are made one."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _to_show(invoice: Invoice) -> Iterator[tuple[str, str]]:
    language = invoice.language
    yield "number", invoice.number
    yield "supplier's name", invoice.seller.name
    yield "customer's name", invoice.buyer.name
    yield "net", labels.euro(invoice.net, language)
    for total in invoice.vat_totals:
        yield f"base of {total.category}", labels.euro(total.base, language)
        yield f"VAT of {total.category}", labels.euro(total.vat, language)
    yield "amount", labels.euro(invoice.gross, language)
    if invoice.is_credit:
        return
    yield "due date", labels.day(invoice.due_on, language)
    if invoice.payment is not None:
        yield "account holder", invoice.payment.holder
        yield "account to pay to", invoice.payment.iban
        if invoice.payment.reference is not None:
            yield "payment reference", formatted_reference(invoice.payment.reference)


def _finding(where: str, one: Difference) -> Finding:
    return Finding(where, one.line, one.what, one.stated, one.computed)
