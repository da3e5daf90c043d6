"""What the pages show, as text in the reader's language: the template lays out and decides nothing."""

from decimal import Decimal
from io import BytesIO
from itertools import groupby

import segno.helpers

from smartwork.domain.business import Party
from smartwork.domain.invoice import Invoice, Line, digest, structured
from smartwork.jobs.documents import labels
from smartwork.jobs.documents.rows import hours, net, sections
from smartwork.jobs.documents.sheets import paginate

View = dict[str, object]
_CENTRES_SHOWN = 12
"""What the first page has room for; the detail shows the others."""


def view(invoice: Invoice, canonical: str) -> View:
    """The invoice as the template wants it: JSON values, all figures formatted. `canonical` is its snapshot's text."""
    language = invoice.language
    say = labels.words(language)
    sheets = paginate(sections(invoice))
    return {
        "say": say,
        "language": language,
        "demo": say["demo"] if invoice.is_demo else None,
        "title": say["invoice"],
        "title_size": 27,
        "number": invoice.number,
        "author": invoice.seller.name,
        "digest": digest(canonical).hex(),
        "month": labels.month(invoice.month, language),
        "sender": _party(invoice.seller),
        "receiver_label": say["billed_to"],
        "receiver": _party(invoice.buyer),
        "imprint": _imprint(invoice.seller, say),
        "facts": [
            [say["number"], invoice.number],
            [say["issued_on"], labels.day(invoice.issued_on, language)],
            [
                say["period"],
                f"{labels.day(invoice.starts_on, language)} – {labels.day(invoice.ends_on, language)}",
            ],
            [say["your_reference"], invoice.buyer_reference],
        ],
        "due_on": labels.day(invoice.due_on, language),
        "mention": None,
        "summary": _summary(invoice, say),
        "summary_total": [str(len(invoice.lines)), hours(invoice.lines, language), labels.euro(invoice.net, language)],
        "vat": [
            [
                f"{say['vat']} {labels.number(total.rate, language, 0)} %",
                labels.euro(total.base, language),
                labels.euro(total.vat, language),
            ]
            for total in invoice.vat_totals
        ],
        "total_label": say["to_pay"],
        "gross": labels.euro(invoice.gross, language),
        "notes": [
            say["proof_note"],
            *([say["doubtful"]] if any(p.doubtful for line in invoice.lines for p in line.proofs) else []),
        ],
        "payment_label": say["payment"],
        "payment": _payment(invoice, say),
        "qr": _qr(invoice),
        "sheets": [sheet.json() for sheet in sheets],
        "pages": str(len(sheets) + 1),
    }


def _payment(invoice: Invoice, say: dict[str, str]) -> list[list[str]]:
    if invoice.payment is None:
        return []
    reference = invoice.payment.reference
    return [
        [say["beneficiary"], invoice.payment.holder],
        [say["account"], _fours(invoice.payment.iban)],
        [say["communication"], structured(reference) if reference else invoice.number],
        [say["to_pay"], labels.euro(invoice.gross, invoice.language)],
        [say["before"], labels.day(invoice.due_on, invoice.language)],
    ]


def _summary(invoice: Invoice, say: dict[str, str]) -> list[list[str]]:
    centres = [list(lines) for _, lines in groupby(invoice.lines, key=lambda line: line.centre)]
    shown, others = centres, []
    if len(centres) > _CENTRES_SHOWN:
        shown, others = centres[: _CENTRES_SHOWN - 1], centres[_CENTRES_SHOWN - 1 :]
    rows = [_sum(lines[0].centre_name or "", lines, invoice) for lines in shown]
    if others:
        rest = [line for lines in others for line in lines]
        rows.append(_sum(say["other_centres"].format(count=len(others)), rest, invoice))
    return rows


def _sum(name: str, lines: list[Line], invoice: Invoice) -> list[str]:
    return [name, str(len(lines)), hours(lines, invoice.language), labels.euro(net(lines), invoice.language)]


def _party(party: Party) -> View:
    number = party.enterprise_number
    return {
        "name": party.name,
        "street": party.street,
        "town": f"{party.country}-{party.postcode} {party.town}",
        "vat": f"{party.country} {number[:4]}.{number[4:7]}.{number[7:]}",
    }


def _imprint(party: Party, say: dict[str, str]) -> str:
    shown = _party(party)
    return f"{shown['name']} · {shown['street']}, {shown['town']} · {say['vat_number']} {shown['vat']}"


def _fours(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def _qr(invoice: Invoice) -> str | None:
    """The EPC code that a banking app scans (SVG), or None where nothing is to be paid."""
    if invoice.gross < Decimal("0.01") or invoice.payment is None or invoice.payment.reference is None:
        return None
    code = segno.helpers.make_epc_qr(
        name=invoice.payment.holder,
        iban=invoice.payment.iban,
        amount=invoice.gross,
        reference=invoice.payment.reference,
    )
    out = BytesIO()
    code.save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
