"""A sheet of QR codes to print and put on desks and at rooms: one code for each place, as PDF."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
import typst

from smartwork.documents.pdf import TEMPLATES, NotDrawable, compiler
from smartwork.domain.billing.parties import Language
from smartwork.translations.catalogue import texts


@dataclass(frozen=True, slots=True)
class QrCard:
    """The name of a place, and the address to which its code leads."""

    name: str
    address: str


def qr_sheet(centre_name: str, cards: Sequence[QrCard], language: Language) -> bytes:
    """The PDF with six cards on each A4 page. Raises NotDrawable."""
    words = texts(language)
    sheet = {
        "centre": centre_name,
        "language": language,
        "text": words["qr_card"],
        "cards": [{"name": card.name, "address": card.address, "code": _code(card.address)} for card in cards],
    }
    try:
        made = compiler().compile(
            str(TEMPLATES / "qr-sheet.typ"),
            root=str(TEMPLATES),
            format="pdf",
            sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise NotDrawable(f"The sheet of {centre_name} cannot be drawn: {error}. Please report it.") from error
    if not isinstance(made, bytes):
        raise TypeError("The typesetter returned no single PDF.")
    return made


def _code(address: str) -> str:
    """The code as SVG, with the error correction that a print on a desk needs: a quarter of it may be scratched."""
    out = BytesIO()
    segno.make_qr(address, error="q").save(out, kind="svg", border=0, xmldecl=False, omitsize=True)
    return out.getvalue().decode()
