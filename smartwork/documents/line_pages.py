"""The pages of lines, as texts: every line by centre, and what each place of a centre brought in."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from smartwork.documents import line_texts
from smartwork.documents.character_set import ending, for_column, shortened
from smartwork.documents.first_page import FIRST_PAGE_ROWS, net
from smartwork.documents.text_width import BODY_SIZE, width
from smartwork.domain.billing.invoice import Invoice, Line, StatementRow
from smartwork.domain.billing.parties import Language
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

CENTRE_NAME, PLACE_NAME = 120, 80
"""The most characters of a name in a heading and in a row."""
_LINE_NAME, _REFERENCE, _REMARK = 80, 14, 240
_NAME_ROOM, _REFERENCE_ROOM, _WIDE_NAME_ROOM = 27.1, 21.9, 66.6
"""Room on one line of a column, in mm; the wide one is that of a name without reference and time."""


def lines_on_first_page(invoice: Invoice) -> bool:
    """Whether the first page shows every line already, as it does for self-billed documents with few lines."""
    return invoice.is_self_billed and len(invoice.lines) <= FIRST_PAGE_ROWS


def lines_section(invoice: Invoice) -> dict[str, Any]:
    """Every line, by centre and kind of place."""
    language = invoice.language
    words = texts(language)
    keys = ("date", "what", "reference", "time", "verdict", "quantity", "price", "amount")
    rated = len(invoice.vat_totals) > 1
    return {
        "kind": "lines",
        "title": words["detail"],
        "aside": formats.month(invoice.month, language),
        "heads": {key: words[key] for key in keys},
        "groups": [
            _centre(list(lines), invoice, words, rated=rated) for _, lines in groupby(invoice.lines, lambda line: line.centre)
        ],
        "total": [words["total_net"], formats.number(invoice.net, language)],
    }


def _centre(lines: Sequence[Line], invoice: Invoice, words: Texts, *, rated: bool) -> dict[str, Any]:
    """The lines of one centre; kinds of places have headings if there are several."""
    kinds = [(kind, list(kind_lines)) for kind, kind_lines in groupby(lines, lambda line: line.place_kind)]
    headed = len({kind for kind, _ in kinds if kind}) > 1
    return {
        "name": shortened(lines[0].centre_name or words["network"], CENTRE_NAME),
        "total": formats.number(net(lines), invoice.language),
        "kinds": [
            {
                "name": words[kind] if kind and headed else "",
                "rows": [_line(line, invoice, words, rated=rated) for line in kind_lines],
            }
            for kind, kind_lines in kinds
        ],
    }


def _line(line: Line, invoice: Invoice, words: Texts, *, rated: bool) -> dict[str, Any]:
    """A line; one that rests on one visit has the visit's reference and time."""
    language = invoice.language
    reference, remark = line_texts.reference(line, language), line_texts.remark(line, language)
    name = shortened(line_texts.title(line, invoice), _LINE_NAME)
    if len(line.visits) == 1:
        name, reference = for_column(name), for_column(ending(reference, _REFERENCE))
        fits = width(name, BODY_SIZE) <= _NAME_ROOM and width(reference, BODY_SIZE) <= _REFERENCE_ROOM
        columns = {"name": name, "reference": reference, "time": line_texts.times(line.visits[0]), "fits": fits}
    else:
        remark = " · ".join(part for part in (reference, remark) if part)
        columns = {"name": name, "fits": width(name, BODY_SIZE) <= _WIDE_NAME_ROOM}
    return {
        **columns,
        "line": str(line.line),
        "date": _dates(line, language),
        "remark": shortened(remark, _REMARK),
        "remark_width": width(remark, BODY_SIZE),
        "quantity": line_texts.quantity(line, language),
        "unit": words[f"unit_{line.unit}"],
        "price": formats.price(line.price, language),
        "vat": line.vat_category if rated else "",
        "net": formats.number(line.net, language),
    }


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
    return {
        "name": words[rows[0].kind],
        "total": formats.number(sum((row.net for row in rows), Decimal(0)), language),
        "rows": [
            [shortened(row.resource_name or words["no_place"], PLACE_NAME), *_figures([row], language)] for row in ordered
        ],
    }


def _figures(rows: Sequence[StatementRow], language: Language) -> list[str]:
    """Visits, hours, the part that was prepaid, and the net amount of some places together."""
    sums = [
        sum(values, Decimal(0)) for values in zip(*((row.hours, row.prepaid_value, row.net) for row in rows), strict=True)
    ]
    return [formats.count(sum(row.visits for row in rows), language), *(formats.number(value, language) for value in sums)]
