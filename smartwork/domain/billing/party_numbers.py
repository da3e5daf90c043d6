"""Numbers of parties by country: enterprise number, VAT number, electronic address of Peppol; and what is wrong with them.

Check digits are those of python-stdnum. Schemes of electronic addresses are those that Peppol accepts (EAS).
"""

from collections.abc import Callable

from stdnum import get_cc_module
from stdnum.be import vat as belgian
from stdnum.dk import cvr
from stdnum.ean import is_valid as is_gln
from stdnum.eu import vat as european
from stdnum.fr import siren, siret
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from smartwork.domain.billing.countries import EU

_EAS = """
0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0193 0195 0196 0198 0199 0200
0201 0202 0204 0208 0209 0210 0211 0212 0213 0215 0216 0218 0221 0230 9901 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924
9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949
9950 9951 9952 9953 9957 9959
"""
BELGIAN_SCHEME = "0208"
"""The enterprise number, by which Belgian companies are registered in Peppol."""

SCHEMES = frozenset(_EAS.split())
"""Peppol BIS Billing 3.0.21, rule PEPPOL-EN16931-CL008."""

_VAT_SCHEMES = {
    "9910": "HU", "9914": "AT", "9920": "ES", "9925": "BE", "9926": "BG", "9928": "CY", "9929": "CZ", "9930": "DE",
    "9931": "EE", "9933": "GR", "9934": "HR", "9935": "IE", "9937": "LT", "9938": "LU", "9939": "LV", "9943": "MT",
    "9944": "NL", "9945": "PL", "9946": "PT", "9947": "RO", "9949": "SI", "9950": "SK", "9957": "FR",
}  # fmt: skip
"""Schemes whose identifiers are VAT numbers of a member state."""

_IDENTIFIERS: dict[str, Callable[[str], bool]] = {
    "0002": siren.is_valid,
    "0007": swedish.is_valid,
    "0009": siret.is_valid,
    "0088": is_gln,
    "0106": lambda number: number.isdecimal() and len(number) == 8,
    "0184": cvr.is_valid,
    "0190": lambda number: number.isdecimal() and len(number) == 20,
    "0192": norwegian.is_valid,
    BELGIAN_SCHEME: lambda number: number.isdecimal() and belgian.is_valid(number),
}
"""Schemes whose identifiers have a form that is checked."""

_REGISTERS = {
    "BE": {10: BELGIAN_SCHEME},
    "DK": {8: "0184"},
    "FR": {14: "0009", 9: "0002"},
    "NL": {8: "0106", 20: "0190"},
    "NO": {9: "0192"},
    "SE": {10: "0007"},
}
"""Schemes of enterprise numbers (ISO 6523) by country and number of digits."""


def register_of(country: str, enterprise_number: str) -> str | None:
    """The ISO 6523 scheme of an enterprise number, or None where it has none."""
    return _REGISTERS.get(country, {}).get(len(enterprise_number)) if enterprise_number.isdecimal() else None


def enterprise_number_fault(country: str, number: str) -> str | None:
    """What is wrong with an enterprise number, or None. Of other countries only numbers of a known register are checked."""
    if country == "BE":
        valid = number.isdecimal() and len(number) == 10 and belgian.is_valid(number)
        return None if valid else f"enterprise_number {number!r} is not a valid Belgian one (ten digits, mod 97)"
    scheme = register_of(country, number)
    if scheme in _IDENTIFIERS and not _IDENTIFIERS[scheme](number):
        return f"enterprise_number {number!r} is not valid in {country}: its check digits do not match"
    return None


def vat_number_fault(country: str, number: str) -> str | None:
    """What is wrong with a VAT number, or None."""
    if country in EU:
        prefix = _prefix(country)
        if number.startswith(prefix) and european.is_valid(number):
            return None
        return (
            f"vat_number {number!r} is not a valid one of {country}: it begins with {prefix}, and its check digits must match"
        )
    module = get_cc_module(country.lower(), "vat")
    if module is not None and not module.is_valid(number):
        return f"vat_number {number!r} is not a valid one of {country}"
    return None


def endpoint_fault(scheme: str, identifier: str) -> str | None:
    """What is wrong with an electronic address, or None."""
    if scheme not in SCHEMES:
        return f"endpoint has the scheme {scheme!r}, which Peppol does not know; for example 0208, 9925, 9938, 0009, 0106"
    if not identifier.isascii() or not identifier.isprintable() or " " in identifier or not identifier:
        return f"endpoint {scheme}:{identifier} is no identifier"
    valid = True
    if (country := _VAT_SCHEMES.get(scheme)) is not None:
        valid = vat_number_fault(country, identifier.upper()) is None
    elif scheme in _IDENTIFIERS:
        valid = _IDENTIFIERS[scheme](identifier)
    return None if valid else f"endpoint {scheme}:{identifier} is not a valid number of this scheme"


def _prefix(country: str) -> str:
    return "EL" if country == "GR" else country
