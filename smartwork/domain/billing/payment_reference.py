"""The payment reference of an invoice: a Belgian structured communication (OGM-VCS)."""

from stdnum.be import ogm_vcs


def payment_reference(year: int, ordinal: int) -> str:
    """The 12 digits: year, number in the series (six digits), and the remainder modulo 97 (97 where it is 0)."""
    base = f"{year:04d}{ordinal:06d}"
    return base + str(ogm_vcs.calc_check_digits(base))


def formatted_reference(reference: str) -> str:
    """The 12 digits as they are written on a transfer: +++123/4567/89012+++."""
    return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
