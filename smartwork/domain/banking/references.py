"""The documents that a payment names: by structured communication, creditor reference, or number, as people write them."""

import re
from collections.abc import Collection, Mapping

from stdnum import iso11649
from stdnum.be import ogm_vcs

_REFERENCE_DIGITS = 12
_DIGITS_APART = re.compile(r"(?<!\d)\d(?:[ \t./+*-]{0,3}\d){11,}")
"""Twelve digits or more, with whatever stands between them on a transfer: spaces, slashes, points, plus signs."""
_CREDITOR_REFERENCE = re.compile(r"RF[ ]?\d{2}(?:[ ]?[0-9A-Z]){1,21}", re.IGNORECASE)
_NUMBER = re.compile(r"\b(INV|CN)[^0-9A-Za-z]{0,3}(\d{4})[^0-9A-Za-z]{0,3}(\d{5,6})(?!\d)", re.IGNORECASE)


def structured(text: str) -> str:
    """The 12 digits of a valid structured communication, a valid creditor reference (RF…) without blanks, or ""."""
    digits = re.sub(r"[\s+*/.-]", "", text)
    if len(digits) == _REFERENCE_DIGITS and digits.isascii() and digits.isdigit():
        return digits if ogm_vcs.is_valid(digits) else ""
    compact = re.sub(r"\s", "", text).upper()
    return compact if compact.startswith("RF") and iso11649.is_valid(compact) else ""


def documents_named(reference: str, text: str, by_reference: Mapping[str, str], numbers: Collection[str]) -> tuple[str, ...]:
    """The numbers of the documents that a payment names, each once, in the order in which it names them.

    `by_reference` is the document of each payment reference (12 digits), `numbers` are those of all documents. A structured
    reference takes precedence: where it is of a document, the text is not read.
    """
    if found := by_reference.get(_digits_of(reference)):
        return (found,)
    named: dict[str, int] = {}
    for at, digits in _candidates(text):
        if (number := by_reference.get(digits)) is not None:
            named.setdefault(number, at)
    for match in _NUMBER.finditer(text):
        number = f"{match[1].upper()}-{match[2]}-{match[3]}"
        if number in numbers:
            named.setdefault(number, match.start())
    return tuple(sorted(named, key=lambda number: named[number]))


def _digits_of(reference: str) -> str:
    """The structured communication that a reference is or, as a creditor reference, contains."""
    return reference[4:] if reference.startswith("RF") else reference


def _candidates(text: str) -> list[tuple[int, str]]:
    """Valid structured communications in a text, with their places."""
    found = []
    for match in _DIGITS_APART.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        for start in range(len(digits) - _REFERENCE_DIGITS + 1):
            candidate = digits[start : start + _REFERENCE_DIGITS]
            if ogm_vcs.is_valid(candidate):
                found.append((match.start() + start, candidate))
    for match in _CREDITOR_REFERENCE.finditer(text):
        # A word that follows may look like a part of the reference: the longest valid one counts.
        compact = re.sub(r"\s", "", match[0]).upper()
        for end in range(len(compact), 5, -1):
            if iso11649.is_valid(compact[:end]):
                found.append((match.start(), compact[4:end]))
                break
    return found
