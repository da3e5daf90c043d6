"""The payment reference of an invoice: what its buyer's bank takes with a transfer, and gives to the seller."""

from stdnum import iso11649
from stdnum.be import ogm_vcs
from stdnum.iso7064 import mod_97_10

from smartwork.domain.billing.countries import SEPA


def payment_reference(year: int, ordinal: int) -> str:
    """The 12 digits: year, number in the series (six digits), and the remainder modulo 97 (97 where it is 0)."""
    base = f"{year:04d}{ordinal:06d}"
    return base + str(ogm_vcs.calc_check_digits(base))


def reference_abroad(country: str, year: int, ordinal: int, number: str) -> str:
    """The reference of invoice `number` for a buyer in another country than Belgium.

    In SEPA an RF creditor reference (ISO 11649) with the same ten digits. Elsewhere, where banks know none, `number` itself.
    """
    base = f"{year:04d}{ordinal:06d}"
    if country in SEPA:
        return f"RF{mod_97_10.calc_check_digits(f'{base}RF')}{base}"
    return number


def is_reference(reference: str, number: str) -> bool:
    """Whether `reference` is one that document `number` may have."""
    return reference == number or iso11649.is_valid(reference) or (reference.isdecimal() and ogm_vcs.is_valid(reference))


def formatted_reference(reference: str) -> str:
    """A reference as it is written on a transfer: +++123/4567/89012+++, RF18 5390 0754 7034, or as it is."""
    if reference.isdecimal():
        return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
    return " ".join(reference[i : i + 4] for i in range(0, len(reference), 4)) if reference.startswith("RF") else reference
