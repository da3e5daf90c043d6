"""The first page of a document, as texts: whose document it is, what it comes to, how to pay it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from smartwork.documents import legal_mentions, line_texts
from smartwork.documents.character_set import Showable, showable
from smartwork.documents.payment_qr import epc_code
from smartwork.domain.billing.countries import SEPA
from smartwork.domain.billing.invoice import Invoice, Line, VatTotal
from smartwork.domain.billing.parties import Language, Party
from smartwork.domain.billing.payment_reference import formatted_reference
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

_IN_COLUMN = 36
"""Characters of a word that fit the column of a party."""
_IN_SMALL_PRINT = 70
"""Characters of a word that fit the width of the page in small print, whatever they are."""
FIRST_PAGE_ROWS = 12
"""The most rows of the summary; the pages of lines show the rest."""


@dataclass(frozen=True, slots=True)
class Address:
    """A party; `vat` is the VAT or enterprise number with its label, `legal` the legal form and register.

    `contact` is e-mail and site.
    """

    name: str
    street: str
    town: str
    vat: str
    legal: str
    contact: str


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """Rows of cells under column heads, with a title above and a total below where they are not empty."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PaymentBox:
    """How to pay, as rows of label and text, or else a sentence that says what happens with the amount.

    `code` is the QR code to pay by, as SVG.
    """

    label: str
    rows: Sequence[tuple[str, str]]
    sentence: str = ""
    code: str | None = None
    scan: str = ""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """All texts of a first page. `facts` and `due` are labels with their texts; `mark` says that the data is made up.

    `general_terms` is a link to `general_terms_url`.
    """

    title: str
    month: str
    mark: str
    sender: Address
    receiver_label: str
    receiver: Address
    facts: Sequence[tuple[str, str]]
    due: tuple[str, str] | None
    mentions: Sequence[str]
    summary: SummaryTable
    vat: SummaryTable
    total_label: str
    gross: str
    pools: SummaryTable | None
    notes: Sequence[str]
    payment: PaymentBox
    fingerprint_label: str
    general_terms: str = ""
    general_terms_url: str = ""

    def data(self) -> dict[str, Any]:
        """The page as JSON values."""
        return asdict(self)

    def figures(self) -> list[str]:
        """Every text that names a party, an amount, an account or a date."""
        page = self
        texts = [text for party in (page.sender, page.receiver) for text in asdict(party).values()]
        texts += [text for fact in (*page.facts, *([page.due] if page.due else [])) for text in fact]
        for table in (page.summary, page.vat, *([page.pools] if page.pools else [])):
            texts += [cell for row in (table.heads, *table.rows, table.total) for cell in row]
        texts += [page.total_label, page.gross, *(text for row in page.payment.rows for text in row), page.payment.sentence]
        texts.append(page.general_terms)
        return texts


def first_page(invoice: Invoice) -> FirstPage:
    """The first page of a document, in the reader's language."""
    language = invoice.language
    words = texts(language)
    # The issuer stands at the head: of a self-billed document that is the buyer.
    sender, receiver = (invoice.buyer, invoice.seller) if invoice.is_self_billed else (invoice.seller, invoice.buyer)
    return FirstPage(
        title=words[invoice.kind],
        month=formats.month(invoice.month, language),
        mark=words["demo"] if invoice.is_demo else "",
        sender=address(sender, language),
        receiver_label=_receiver_label(invoice, words),
        receiver=address(receiver, language),
        facts=_facts(invoice, words),
        due=(words["due_on"], formats.day(invoice.due_on, language)) if is_owed(invoice) else None,
        mentions=_mentions(invoice, words),
        summary=_lines_table(invoice, words) if invoice.is_self_billed else _centres_table(invoice, words),
        vat=SummaryTable(
            (words["rate"], words["base"], words["vat"]), [_vat_row(total, invoice, words) for total in invoice.vat_totals]
        ),
        total_label=_total_label(invoice, words),
        gross=formats.euro(invoice.gross, language),
        pools=_pools(invoice, words),
        notes=_notes(invoice, words),
        payment=_payment(invoice, words),
        fingerprint_label=words["fingerprint"],
        general_terms=_unbroken(legal_mentions.general_terms(invoice), _IN_SMALL_PRINT),
        general_terms_url=Showable(invoice.seller.terms_url or ""),
    )


def address(party: Party, language: Language) -> Address:
    """A party's name, address, VAT number, legal form and contact as the pages show them."""
    words = texts(language)
    return Address(
        party.name,
        party.street,
        _town(party, language),
        _numbers(party, words),
        legal_mentions.legal_form(party, language),
        _unbroken(legal_mentions.contact(party), _IN_COLUMN),
    )


def _town(party: Party, language: Language) -> str:
    """Postcode and town as the party's country writes them (Universal Postal Union), and the name of another country."""
    country = formats.country(party.country, language)
    match party.country:
        case "BE":
            return f"BE-{party.postcode} {party.town}"
        case "GB" | "IE" | "US" | "CA" | "AU":
            return f"{party.town} {party.postcode}, {country}"
        case "LU":
            return f"L-{party.postcode.removeprefix('L-')} {party.town}, {country}"
        case _:
            return f"{party.postcode} {party.town}, {country}"


def _numbers(party: Party, words: Texts) -> str:
    """The VAT number, or else the number in the register of the party's country; empty for a private person."""
    number = party.enterprise_number
    if party.country == "BE" and number is not None:
        return f"{words['vat_number']} BE {number[:4]}.{number[4:7]}.{number[7:]}"
    if party.vat_number is not None:
        return f"{words['vat_number']} {party.vat_number}"
    return f"{words['enterprise_number']} {number}" if number else ""


def _unbroken(text: str, most: int) -> str:
    """`text` without places to break a line within words of up to `most` characters: an address that is copied must work."""
    return Showable(showable(text)) if max(map(len, text.split()), default=0) <= most else text


def account_number(iban: str) -> str:
    """An IBAN in groups of four."""
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def is_owed(invoice: Invoice) -> bool:
    """Whether the buyer owes the amount of a document: not that of a credit note, and not 0.00."""
    return not invoice.is_credit and invoice.gross != 0


def terms(invoice: Invoice) -> str:
    """The terms of payment in one sentence."""
    words = texts(invoice.language)
    if not invoice.gross:
        return words["nothing_to_pay"]
    if invoice.is_credit:
        return words["recover_terms" if invoice.is_self_billed else "credit_terms"]
    if invoice.is_self_billed:
        return words["payout_terms"].format(due=formats.day(invoice.due_on, invoice.language))
    return words["terms"].format(days=invoice.payment_days, due=formats.day(invoice.due_on, invoice.language))


def net(lines: Iterable[Line]) -> Decimal:
    """The sum of the lines' net amounts."""
    return sum((line.net for line in lines), Decimal(0))


def hours(lines: Iterable[Line], language: Language) -> str:
    """The sum of the lines' hours of use; hours that were only bought do not count."""
    used = (line.hours for line in lines if line.kind not in ("credits_bought", "overdraft"))
    return formats.number(sum(used, Decimal(0)), language)


def _receiver_label(invoice: Invoice, words: Texts) -> str:
    if invoice.is_self_billed:
        return words["supplier"]
    return words["credited_to"] if invoice.is_credit else words["billed_to"]


def _total_label(invoice: Invoice, words: Texts) -> str:
    if invoice.is_self_billed:
        return words["to_recover"] if invoice.is_credit else words["we_pay"]
    return words["in_favour"] if invoice.is_credit else words["to_pay"]


def _facts(invoice: Invoice, words: Texts) -> list[tuple[str, str]]:
    language = invoice.language
    issued = "issued_on" if invoice.kind == "invoice" else "date_of_issue"
    centre = invoice.lines[0].centre_name if invoice.is_self_billed else None
    return [
        (words["number"], invoice.number),
        (words[issued], formats.day(invoice.issued_on, language)),
        (words["period"], f"{formats.day(invoice.starts_on, language)} – {formats.day(invoice.ends_on, language)}"),
        (words["your_reference"], invoice.buyer_reference),
        *([(words["centre"], centre)] if centre else []),
    ]


def _mentions(invoice: Invoice, words: Texts) -> list[str]:
    """Statements that come first: self-billing, the documents that are corrected, the reason, what the law requires."""
    mentions = [words["self_billing"]] if invoice.is_self_billed else []
    if invoice.corrects:
        documents = ", ".join(line_texts.document(earlier, invoice.language) for earlier in invoice.corrects)
        mentions.append(words["corrects_note"].format(documents=documents))
    if invoice.reason:
        mentions.append(words["reason"].format(reason=invoice.reason))
    return mentions + legal_mentions.mentions(invoice)


def _notes(invoice: Invoice, words: Texts) -> list[str]:
    visits = [billed for line in invoice.lines for billed in line.visits]
    notes = [words["evidence_note"], words["verify_note"]] if visits else [words["verify_note"]]
    if any(billed.doubtful for billed in visits):
        notes.append(words["doubtful"])
    if invoice.statement:
        shared = any(line.unit == "share" for line in invoice.lines)
        notes.insert(0, words["statement_note"] if shared else words["places_note"])
    if invoice.unattributed:
        present = formats.number(invoice.unattributed.hours, invoice.language)
        notes.append(words.plural("unattributed", invoice.unattributed.visits, hours=present))
    return notes


def _lines_table(invoice: Invoice, words: Texts) -> SummaryTable:
    """The summary of a self-billed document: its lines."""
    language = invoice.language
    shown = invoice.lines[:FIRST_PAGE_ROWS]
    rows = [
        [
            line_texts.title(line, invoice),
            f"{line_texts.quantity(line, language)} {words[f'unit_{line.unit}']}",
            formats.price(line.price, language),
            formats.euro(line.net, language),
        ]
        for line in shown
    ]
    if rest := invoice.lines[len(shown) :]:
        rows.append([words.plural("more_lines", len(rest)), "", "", formats.euro(net(rest), language)])
    heads = [words[key] for key in ("what", "quantity", "price", "net")]
    return SummaryTable(heads, rows, words["statement"], (words["total_net"], "", "", formats.euro(invoice.net, language)))


def _centres_table(invoice: Invoice, words: Texts) -> SummaryTable:
    """The summary of a company's document: a row for each centre."""
    language = invoice.language
    by_centre: dict[str | None, list[Line]] = defaultdict(list)
    for line in invoice.lines:
        by_centre[line.centre].append(line)
    centres = list(by_centre.values())
    shown = centres if len(centres) <= FIRST_PAGE_ROWS else centres[: FIRST_PAGE_ROWS - 1]
    rows = [_centre_row(lines[0].centre_name or words["network"], lines, language) for lines in shown]
    if others := centres[len(shown) :]:
        rest = [line for lines in others for line in lines]
        rows.append(_centre_row(words.plural("other_centres", len(others)), rest, language))
    heads = [words[key] for key in ("centre", "lines", "hours", "net")]
    total = [*_centre_row(words["total_net"], invoice.lines, language)[:-1], formats.euro(invoice.net, language)]
    return SummaryTable(heads, rows, words["by_centre"], total)


def _centre_row(name: str, lines: Sequence[Line], language: Language) -> list[str]:
    return [name, formats.count(len(lines), language), hours(lines, language), formats.euro(net(lines), language)]


def _vat_row(total: VatTotal, invoice: Invoice, words: Texts) -> list[str]:
    if total.category == "S":
        name = f"{words['vat']} {formats.percent(total.rate, invoice.language)}"
    else:
        name = words[f"vat_{total.category}"]
    return [name, formats.euro(total.base, invoice.language), formats.euro(total.vat, invoice.language)]


def _pools(invoice: Invoice, words: Texts) -> SummaryTable | None:
    if not invoice.pools:
        return None
    columns = ("opening", "bought", "spent", "expired", "closing")
    return SummaryTable(
        [words["pools"], *(words[column] for column in columns)],
        [
            [words[pool.kind], *(formats.number(getattr(pool, column), invoice.language) for column in columns)]
            for pool in invoice.pools
        ],
    )


def _payment(invoice: Invoice, words: Texts) -> PaymentBox:
    language = invoice.language
    if invoice.is_credit or invoice.payment is None:
        return PaymentBox(words["payment"], [], terms(invoice))
    paid = invoice.payment
    rows = [(words["beneficiary"], paid.holder), (words["account"], account_number(paid.iban))]
    if paid.reference is not None:
        rows.append((words["communication"], formatted_reference(paid.reference)))
    rows += [
        (words["we_pay" if invoice.is_self_billed else "to_pay"], formats.euro(invoice.gross, language)),
        (words["before"], formats.day(invoice.due_on, language)),
    ]
    return PaymentBox(words["payment"], rows, code=_code(invoice), scan=words["scan"])


def _code(invoice: Invoice) -> str | None:
    """The QR code of an invoice; None for documents with which the reader has nothing to pay."""
    if invoice.payment is None or invoice.kind != "invoice" or invoice.buyer.country not in SEPA:
        return None
    return epc_code(invoice.payment.holder, invoice.payment.iban, invoice.gross, invoice.payment.reference)
