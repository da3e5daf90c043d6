"""The codes of the VATEX list that Peppol accepts as the reason for no VAT, by VAT category."""

import re

from smartwork.domain.billing.parties import VatCategory

_ARTICLES = {
    "79": "C",
    "132": "1A 1B 1C 1D 1E 1F 1G 1H 1I 1J 1K 1L 1M 1N 1O 1P 1Q",
    "143": "1A 1B 1C 1D 1E 1F 1FA 1G 1H 1I 1J 1K 1L",
    "148": "A B C D E F G",
    "151": "1A 1AA 1B 1C 1D 1E",
}
"""Articles of the VAT directive, with their paragraphs."""
_WHOLE = ("132", "143", "148", "151", "309", "D", "F", "I", "J")

CODES: dict[VatCategory, frozenset[str]] = {
    "S": frozenset(),
    "AE": frozenset({"VATEX-EU-AE"}),
    "O": frozenset({"VATEX-EU-O"}),
    "E": frozenset(
        [f"VATEX-EU-{article}" for article in _WHOLE]
        + [f"VATEX-EU-{article}-{part}" for article, parts in _ARTICLES.items() for part in parts.split()]
    ),
}
"""Codes for exports and for intra-EU supplies of goods belong to categories that no party has."""

_NAMED = re.compile(r"\bart(?:\.|icle|ikel)?\s*(\d+(?:\s?(?:bis|ter|quater))?)", re.IGNORECASE)
_TRANSPOSED_BY = {"VATEX-EU-132": "44", "VATEX-EU-143": "40", "VATEX-EU-148": "42", "VATEX-EU-151": "42"}
"""Articles of the Belgian VAT Code that transpose those of the VAT directive."""


def article(code: str | None, reason: str | None) -> str | None:
    """The article of the Belgian VAT Code: the one that the reason names, or the one that the code stands for."""
    if named := _NAMED.search(reason or ""):
        return re.sub(r"\s", "", named[1]).lower()
    return _TRANSPOSED_BY.get("-".join((code or "").split("-")[:3]))
