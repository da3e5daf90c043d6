"""The Belgian structured communication: the payment reference of an invoice, made and written."""

from stdnum.be import ogm_vcs


def payment_reference(year: int, ordinal: int) -> str:
    """Belgian structured communication, 12 digits: year, number in the series, and the check digits (mod 97)."""
    base = f"{year:04d}{ordinal:06d}"
    return base + str(ogm_vcs.calc_check_digits(base))


def formatted_reference(reference: str) -> str:
    """A 12-digit payment reference as people write it: +++123/4567/89012+++."""
    return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
