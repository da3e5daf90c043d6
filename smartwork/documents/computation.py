"""How the amounts of a document are computed, in words: with what a line and the annex show, a reader can do it again."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from smartwork.documents.line_texts import share_text
from smartwork.domain.billing.invoice import Invoice, Terms
from smartwork.domain.billing.parties import Language
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts


def computation_section(invoice: Invoice) -> dict[str, Any] | None:
    """The rules of rounding, and each rule with prices by which lines were charged, with those lines; None if no line
    has any.
    """
    words = texts(invoice.language)
    by_terms: dict[tuple[str | None, Terms], list[int]] = {}
    for line in invoice.lines:
        if line.terms is not None and line.kind != "correction":
            by_terms.setdefault((line.place_kind, line.terms), []).append(line.line)
    if not by_terms:
        return None
    return {
        "kind": "computation",
        "title": words["computation"],
        "general": words["rounding"],
        "annex": words["annex_on_page"],
        "rules": [
            [
                f"{words[kind]} · " if kind else "",
                words["lines_of_rule"].format(lines=_ranges(numbers)),
                _rule(terms, invoice.language),
            ]
            for (kind, terms), numbers in by_terms.items()
        ],
    }


def _rule(terms: Terms, language: Language) -> str:
    return " ".join(_sentences(terms, texts(language), language))


def _sentences(terms: Terms, words: Texts, language: Language) -> Iterator[str]:
    """The sentences of a contract's rule and a tariff's prices."""
    minutes = {"step": terms.step_min, "grace": terms.grace_min, "minimum": terms.minimum_min}
    yield words[f"charge_{terms.charge}"]
    if terms.charge != "as_booked":
        yield words["charge_rounding"].format(**minutes)
    elif terms.early_leave_refund:
        yield words["charge_refund"].format(**minutes)
    yield words["charge_walk_in"].format(**minutes)
    if terms.minimum_min:
        yield words["charge_minimum"].format(**minutes)
    if terms.charge == "cheapest":
        yield from _passes(terms, words, language)
    if terms.no_show_fee is not None:
        yield words["charge_no_show_fee"].format(fee=formats.euro(terms.no_show_fee, language))
    else:
        yield words["charge_no_show"].format(share=share_text(terms.no_show_share, language))
    if terms.cancellation_hours is not None:
        yield from _cancellation(terms, words, language)
    yield words["charge_price"].format(price=_price(terms.per_hour, language))


def _passes(terms: Terms, words: Texts, language: Language) -> Iterator[str]:
    passes = []
    if terms.half_day is not None:
        covered = formats.price(terms.half_day_hours, language)
        passes.append(words["charge_half_day"].format(price=_price(terms.half_day, language), hours=covered))
    if terms.day is not None:
        passes.append(words["charge_day"].format(price=_price(terms.day, language)))
    if passes:
        yield words["charge_passes"].format(passes=", ".join(passes))


def _cancellation(terms: Terms, words: Texts, language: Language) -> Iterator[str]:
    if terms.cancellation_fee is not None:
        amount = formats.euro(terms.cancellation_fee, language)
    else:
        amount = words["share_of_booked"].format(share=share_text(terms.cancellation_share or Decimal(0), language))
    yield words["charge_cancellation"].format(hours=terms.cancellation_hours, amount=amount)


def _price(price: Decimal, language: Language) -> str:
    return formats.price(price, language)


def _ranges(numbers: list[int]) -> str:
    """Numbers in order, those in a row as one range: 1–9, 12."""
    ends = [number for number, following in pairwise(numbers) if following != number + 1] + numbers[-1:]
    starts = numbers[:1] + [following for number, following in pairwise(numbers) if following != number + 1]
    return ", ".join(str(start) if start == end else f"{start}–{end}" for start, end in zip(starts, ends, strict=True))
