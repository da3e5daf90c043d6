"""The QR code that a banking app scans to pay: a SEPA credit transfer by EPC069-12."""

from decimal import Decimal
from io import BytesIO

import segno

_MOST = Decimal("999999999.99")
_LONGEST_NAME = 70
_MASK = 2
"""A fixed mask pattern, which every reader knows; trying all eight takes most of the time of a code."""


def epc_code(holder: str, iban: str, amount: Decimal, reference: str | None) -> str | None:
    """The code as SVG, or None if the amount (EUR) is outside what it can hold: 0.01 to 999,999,999.99."""
    if not 0 < amount <= _MOST:
        return None
    out = BytesIO()
    segno.make_qr(epc_text(holder, iban, amount, reference), error="m", boost_error=False, encoding="utf-8", mask=_MASK).save(
        out, kind="svg", border=0, xmldecl=False, omitsize=True
    )
    return out.getvalue().decode()


def epc_text(holder: str, iban: str, amount: Decimal, reference: str | None) -> str:
    """The content of the code: version 2, UTF-8, without BIC (not needed within the EEA), with the structured reference."""
    return "\n".join(("BCD", "002", "1", "SCT", "", holder[:_LONGEST_NAME], iban, f"EUR{amount:.2f}", "", reference or ""))
