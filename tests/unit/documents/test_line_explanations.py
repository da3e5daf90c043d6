"""A line says on paper and in the XML whose stay it is, what paid it, and what a correction changes."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from lxml import etree

from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.xml_outline import NS
from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import Pool
from smartwork.domain.billing.corrections import corrections, groups_in_effect
from smartwork.domain.billing.credit_notes import credit, credit_note_header
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import STANDARD_VAT, Language
from smartwork.domain.billing.passes import rate_day
from smartwork.domain.billing.prepaid_hours import Lot, pay_from_lots, sale_line
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.bookings.visit import Visit
from tests.support.documents import every_kind, month_given_back, page_texts, section
from tests.support.stays import OCTOBER, TARIFF, contract, invoice, stay

LOT = Lot("PO-2026-090", "desk", date(2026, 9, 1), None, Decimal(3), Decimal("6.80"), Decimal(3))
POOL = Pool("desk", Decimal("6.80"), Decimal(10), None)
LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")


def charged(*visits: Visit, charge: str = "as_booked") -> list[Group]:
    terms = terms_of(contract(charge=charge), TARIFF)
    if charge == "cheapest":
        return rate_day(visits, terms, STANDARD_VAT)
    return [group for visit in visits if (group := rate(visit, terms, STANDARD_VAT))]


def below(document: Invoice, line: int, language: Language = "en") -> str:
    """The small texts of a line on the page."""
    shown = section(document_pages(replace(document, language=language), "0" * 64), "lines")
    [row] = [row for g in shown["groups"] for k in g["kinds"] for row in k["rows"] if row["line"] == str(line)]
    return re.sub(r"[^\S\n]", " ", "\n".join(row["small"]))


def xml_of(document: Invoice, path: str, language: Language = "en") -> list[str]:
    translated = replace(document, language=language)
    root = etree.fromstring(ubl(translated, translated.canonical()))
    return [re.sub(r"\s", " ", node.text or "") for node in root.iterfind(path, NS)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_names_the_booking_and_the_pseudonym_of_its_member(language: Language) -> None:
    document = invoice(charged(stay(60, member="loutre-12", name="demo-namur-20261005-001")))
    assert below(document, 1, language) == "demo-namur-20261005-001 · loutre-12"
    assert xml_of(document, "cac:InvoiceLine/cac:Item/cbc:Description") == ["demo-namur-20261005-001 · loutre-12"]


def test_a_line_of_nobody_known_has_no_member() -> None:
    assert below(invoice(charged(stay(60, member=None))), 1) == "B-1"


def test_long_references_are_whole_on_paper_and_in_the_xml() -> None:
    booking, order, buyer = "b" * 60 + "END", "PO-" + "7" * 60 + "-END", "Votre réf. " + "x" * 90 + "-END"
    lot = replace(LOT, lot=order)
    document = replace(invoice([*charged(stay(60, name=booking)), sale_line(lot, STANDARD_VAT)]), buyer_reference=buyer)
    text = document.canonical()
    shown = "".join(page_texts(pdf(document, text, ubl(document, text)))).replace("\u200b", "")
    for reference in (booking, order, "".join(buyer.split())):
        assert reference in shown
    assert xml_of(document, "cbc:BuyerReference") == [buyer]
    assert [booking in text for text in xml_of(document, "cac:InvoiceLine/cac:Item/cbc:Description")] == [True, False]
    assert order in xml_of(document, "cac:InvoiceLine/cac:Item/cbc:Description")[1]


@pytest.mark.parametrize(
    ("language", "full", "part"),
    [
        ("en", "all 2.00 h were paid in advance, nothing is left to pay: 2.00 h of order PO-2026-090 of 1 Sep 2026",
         "of 4.00 h, 1.00 h were paid in advance (1.00 h of order PO-2026-090 of 1 Sep 2026), 3.00 h are left to pay"),
        ("fr", "les 2,00 h ont été payées d’avance, il ne reste rien à payer : 2,00 h de la commande PO-2026-090 du 01/09/2026",  # noqa: E501
         "sur 4,00 h, 1,00 h payées d’avance (1,00 h de la commande PO-2026-090 du 01/09/2026), reste 3,00 h à payer"),
        ("nl", "de 2,00 u zijn vooraf betaald, er blijft niets te betalen: 2,00 u van bestelling PO-2026-090 van 01/09/2026",
         "van 4,00 u is 1,00 u vooraf betaald (1,00 u van bestelling PO-2026-090 van 01/09/2026), blijft 3,00 u te betalen"),
    ],
)  # fmt: skip
def test_a_line_says_which_prepaid_hours_paid_it_and_what_is_left(language: Language, full: str, part: str) -> None:
    groups = charged(stay(120), stay(240, day=1, name="B-2"))
    paid = pay_from_lots(groups, [LOT], [replace(POOL, overdraft_hours=Decimal(0))], OCTOBER).groups
    document = invoice(paid)
    assert [line.quantity for line in document.lines] == [0, 3]
    assert (full in below(document, 1, language), part in below(document, 2, language)) == (True, True)
    notes = xml_of(document, "cac:InvoiceLine/cbc:Note", language)
    assert full in notes[0]
    assert part in notes[1]


def test_hours_beyond_the_balance_name_the_line_that_sells_them() -> None:
    paid = pay_from_lots(charged(stay(240)), [LOT], [POOL], OCTOBER)
    document = invoice([*paid.groups, *(sale_line(lot, STANDARD_VAT, overdraft=True) for lot in paid.overdrafts)])
    assert "3.00 h of order PO-2026-090 of 1 Sep 2026; 1.00 h beyond the balance (line 2)" in below(document, 1)


def test_a_pass_names_every_visit_that_it_covers_and_the_hours_beyond_it() -> None:
    document = invoice(charged(stay(180), stay(120, hour=4, name="B-2"), charge="cheapest"))
    assert [line.kind for line in document.lines] == ["pass", "beyond_pass"]
    assert "covers 4.00 h of the 5.00 h of the day: B-1 09:00–12:00 3.00 h; B-2 13:00–15:00 2.00 h" in below(document, 1)
    assert "5.00 h of the day − 4.00 h that line 1 covers = 1.00 h" in below(document, 2)


LATER = "readings or check-ins that arrived after the invoice"


def corrected(before: Visit, now: Visit | None) -> Invoice:
    issued = invoice(charged(before, charge="as_measured"))
    visits = [now] if now else []
    more = corrections(*groups_in_effect([issued]), charged(*visits, charge="as_measured"), frozenset(), visits)
    return invoice(more, ordinal=2)


def test_a_correction_says_what_was_charged_what_is_charged_now_and_why() -> None:
    before = stay(120, member="loutre-12")
    longer = replace(
        before, verdict="overstayed", over_s=3600,
        spans=(*before.spans, replace(before.spans[0], start=before.ends_at, end=before.ends_at + timedelta(hours=1))),
    )  # fmt: skip
    document = corrected(before, longer)
    back = next(line.line for line in document.lines if line.kind == "correction")
    again = next(line.line for line in document.lines if line.kind == "occupancy")
    text = below(document, back)
    assert text.startswith("loutre-12 · INV-2026-00001 of 2 Nov 2026")
    assert "Before: Desk 1 5 Oct 2026 09:00–11:00, B-1, used, 2.00 h at 7.50" in text
    assert f"Now: line {again}, Desk 1 09:00–11:00, overstayed, 3.00 h, 7.50 / h" in text
    assert f"Why: {LATER}" in text
    assert text.replace("\n", " · ").partition(" · ")[2] in xml_of(document, "cac:InvoiceLine/cbc:Note")[back - 1]


def test_a_correction_of_what_is_charged_no_more_says_so() -> None:
    text = below(corrected(stay(120), None), 1)
    assert "Now: nothing on this document" in text
    assert "Why: booking changed" in text


def test_a_correction_that_gives_prepaid_hours_back_names_their_order() -> None:
    [paid] = pay_from_lots(charged(stay(120)), [LOT], [POOL], OCTOBER).groups
    issued = invoice([paid])
    more = corrections(*groups_in_effect([issued]), charged(stay(60)), frozenset(), [stay(60)])
    lots = [replace(LOT, left=Decimal(1))]
    document = invoice(pay_from_lots(more, lots, [POOL], OCTOBER).groups, ordinal=2)
    back = next(line.line for line in document.lines if line.kind == "correction")
    assert "2.00 h given back to the prepaid hours: 2.00 h of order PO-2026-090 of 1 Sep 2026" in below(document, back)


def test_a_credited_line_names_the_line_that_it_credits_and_its_prepaid_hours() -> None:
    [paid] = pay_from_lots(charged(stay(120)), [LOT], [POOL], OCTOBER).groups
    issued = invoice([paid])
    group = credit(issued, 1, None, [replace(LOT, left=Decimal(1))])
    document = compose(credit_note_header(issued, issued.issued_on, "x"), [group], ordinal=1)
    text = below(document, 1)
    assert "INV-2026-00001, line 1" in text
    assert "2.00 h given back to the prepaid hours: 2.00 h of order PO-2026-090" in text


ENGLISH = re.compile(
    r"\b(occupancy|walk-in|no-show|overstayed|left early|prepaid|charged|measured|booked|line|of order|settlement|"
    r"Reverse charge|Exempt|visits?|hours|credit(ed)?|paid|cancelled)\b"
)


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_an_xml_has_no_english_text_where_its_document_is_of_another_language(language: Language) -> None:
    texts = ("Note", "PaymentTerms/Note", "Item/Name", "Item/Description", "TaxExemptionReason", "DocumentDescription")
    for document in every_kind(language):
        root = etree.fromstring(ubl(document, document.canonical()))
        for node in root.iter(*(f"{{*}}{path.rpartition('/')[2]}" for path in texts)):
            if etree.QName(node.getparent()).localname not in ("PartyName", "PayeeFinancialAccount"):
                assert not ENGLISH.search((node.text or "").replace("Smart Work", "")), node.text


def test_a_credit_note_of_a_month_explains_its_lines_as_an_invoice_does() -> None:
    text = "\n".join(below(month_given_back("en"), line.line) for line in month_given_back("en").lines)
    assert (
        "of 4.00 h, 1.00 h were paid in advance (1.00 h of order PO-2026-090 of 1 Sep 2026), 3.00 h are left to pay" in text
    )
