"""The pages of lines, as texts: every line by centre, and what each place of a centre brought in."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from smartwork.documents import line_texts
from smartwork.documents.character_set import shortened
from smartwork.documents.first_page import FIRST_PAGE_ROWS, net
from smartwork.documents.line_explanations import IndexedInvoice, indexed
from smartwork.documents.text_width import BODY_SIZE, SMALL_SIZE, width
from smartwork.domain.billing.invoice import Invoice, Line, StatementRow
from smartwork.domain.billing.parties import Language
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

CENTRE_NAME, PLACE_NAME = 120, 80
"""The most characters of a name in a heading and in a row."""
_LINE_NAME = 80
_NAME_ROOM, _TIME_ROOM = 34.0, 19.0
"""Room in mm for the name and the time of a line; lines.typ has the same."""
_WIDE_NAME_ROOM = _NAME_ROOM + _TIME_ROOM
"""Room for the name of a line without a time."""


def lines_on_first_page(invoice: Invoice) -> bool:
    """Whether the first page shows every line already, as it does for self-billed documents with few lines."""
    return invoice.is_self_billed and len(invoice.lines) <= FIRST_PAGE_ROWS


def lines_section(invoice: Invoice) -> dict[str, Any]:
    """Every line, by centre and kind of place."""
    language = invoice.language
    words, document = texts(language), indexed(invoice)
    keys = ("date", "what", "time", "verdict", "quantity", "price", "amount")
    rated = len(invoice.vat_totals) > 1
    return {
        "kind": "lines",
        "title": words["detail"],
        "aside": formats.month(invoice.month, language),
        "heads": {key: words[key] for key in keys} | {"small": f"{words['reference']} · {words['member']}"},
        "groups": [
            _centre(list(lines), document, words, rated=rated)
            for _, lines in groupby(invoice.lines, lambda line: line.centre)
        ],
        "total": [words["total_net"], formats.number(invoice.net, language)],
    }


def _centre(lines: Sequence[Line], document: IndexedInvoice, words: Texts, *, rated: bool) -> dict[str, Any]:
    """The lines of one centre; kinds of places have headings if there are several."""
    kinds = [(kind, list(kind_lines)) for kind, kind_lines in groupby(lines, lambda line: line.place_kind)]
    headed = len({kind for kind, _ in kinds if kind}) > 1
    return {
        "name": shortened(lines[0].centre_name or words["network"], CENTRE_NAME),
        "total": formats.number(net(lines), document.invoice.language),
        "kinds": [
            {
                "name": words[kind] if kind and headed else "",
                "rows": [_line(line, document, words, rated=rated) for line in kind_lines],
            }
            for kind, kind_lines in kinds
        ],
    }


def _line(line: Line, document: IndexedInvoice, words: Texts, *, rated: bool) -> dict[str, Any]:
    """A line; below its name stand in small type the booking, the member and what explains the figures."""
    language = document.invoice.language
    name = shortened(line_texts.title(line, document.invoice), _LINE_NAME)
    time = line_texts.times(line.visits[0]) if len(line.visits) == 1 else ""
    verdict = line_texts.verdict(line, language)
    small = _small(line, document)
    name_width = width(name, BODY_SIZE)
    own_room = _NAME_ROOM if time else _WIDE_NAME_ROOM
    time_room = _TIME_ROOM if time else 0
    return {
        "name": name,
        "aligned": name_width <= own_room,
        "time": time,
        "verdict": verdict,
        "small": small,
        "width": max(own_room, name_width) + time_room + width(verdict, BODY_SIZE),
        "small_width": max((width(text, SMALL_SIZE) for text in small), default=0),
        "line": str(line.line),
        "date": _dates(line, language),
        "quantity": line_texts.quantity(line, language),
        "unit": words[f"unit_{line.unit}"],
        "price": formats.price(line.price, language),
        "vat": line.vat_category if rated else "",
        "net": formats.number(line.net, language),
    }


def _small(line: Line, document: IndexedInvoice) -> list[str]:
    """The texts below a name; those of a correction are lines of their own."""
    named = [text for text in (line_texts.reference(line), *line_texts.members(line)) if text]
    details = line_texts.details(line, document)
    if line.correction is not None:
        return [" · ".join([*named, *details[:1]]), *details[1:]]
    texts_below = [*named, *details]
    return [" · ".join(texts_below)] if texts_below else []


def _dates(line: Line, language: Language) -> str:
    """The day of a visit or visits, else the first and last day."""
    if line.visits or line.starts_on == line.ends_on:
        return formats.short_day(line.starts_on, language)
    return f"{line.starts_on:%d}–{line.ends_on:%d/%m}"


def places_section(invoice: Invoice) -> dict[str, Any] | None:
    """What each place of a centre brought in; None for documents to companies."""
    if not invoice.statement:
        return None
    words = texts(invoice.language)
    rows = invoice.statement
    heads = [words[key] for key in ("place", "visits", "hours", "of_it_credits", "net")]
    return {
        "kind": "places",
        "title": words["statement"],
        "heads": [f"{head[:1].upper()}{head[1:]}" for head in heads],
        "groups": [_places(list(kind_rows), words, invoice.language) for _, kind_rows in groupby(rows, lambda row: row.kind)],
        "total": [words["total_net"], *_figures(rows, invoice.language)],
    }


def _places(rows: Sequence[StatementRow], words: Texts, language: Language) -> dict[str, Any]:
    ordered = sorted(rows, key=lambda row: not row.resource_name)
    nameless = words["orders" if rows[0].kind == "other" else "no_place"]
    return {
        "name": words[rows[0].kind],
        "total": formats.number(sum((row.net for row in rows), Decimal(0)), language),
        "rows": [[shortened(row.resource_name or nameless, PLACE_NAME), *_figures([row], language)] for row in ordered],
    }


def _figures(rows: Sequence[StatementRow], language: Language) -> list[str]:
    """Visits, hours, the part that was prepaid, and the net amount of some places together."""
    sums = [
        sum(values, Decimal(0)) for values in zip(*((row.hours, row.prepaid_value, row.net) for row in rows), strict=True)
    ]
    return [formats.count(sum(row.visits for row in rows), language), *(formats.number(value, language) for value in sums)]
