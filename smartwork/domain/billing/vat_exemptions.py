"""The codes of the VATEX list that Peppol accepts as the reason for no VAT, by VAT category."""

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
