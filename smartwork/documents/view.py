"""What the pages show, as text in the reader's language: the template sets what is placed here and decides nothing."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from smartwork.documents import labels, line_texts
from smartwork.documents.first_page import Address, Face, Payment, Table
from smartwork.documents.page_layout import Frame, Section, paginate
from smartwork.documents.payment_qr import epc_code
from smartwork.documents.rows import FIRST_PAGE_ROWS, hours, net, sections
from smartwork.documents.styles import looks
from smartwork.domain.billing.invoice import Invoice, Line, VatTotal
from smartwork.domain.billing.parties import Language, Party
from smartwork.domain.billing.payment_reference import formatted_reference

View = dict[str, Any]


def view(invoice: Invoice, digest: str) -> View:
    """The document as the template wants it: JSON values, all texts placed. `digest` is its snapshot's, in hex."""
    say = labels.words(invoice.language)
    running = f"{say[f'short_{invoice.kind}']} {invoice.number} · {labels.month(invoice.month, invoice.language)}"
    return pages(
        face(invoice, digest), sections(invoice), running, invoice.language,
        number=invoice.number, digest=digest, file=say["evidence_file"],
    )  # fmt: skip


def pages(
    first: Face, following: Sequence[Section], running: str, language: Language, *, number: str, digest: str, file: str
) -> View:
    """What the template reads: the first page and those of the sections after it, each in its frame."""
    say = labels.words(language)
    sender = first.sender
    imprint = f"{sender.name} · {sender.street}, {sender.town} · {sender.vat}"
    frame = Frame(sender.name, running, imprint, say["page"], say["of"], first.mark)
    return {
        "language": language,
        "title": first.title,
        "number": number,
        "author": sender.name,
        "digest": digest,
        "evidence_file": file,
        "styles": looks(),
        "sheets": [sheet.json() for sheet in paginate(first.sheet(), following, frame)],
    }


def face(invoice: Invoice, digest: str) -> Face:
    """The first page of a document, in the reader's language."""
    language = invoice.language
    say = labels.words(language)
    # Whoever draws the document up stands at its head: of a self-billed one that is the buyer.
    sender, receiver = (invoice.buyer, invoice.seller) if invoice.is_self_billed else (invoice.seller, invoice.buyer)
    return Face(
        size="display" if invoice.kind == "invoice" else "display-2" if invoice.kind == "credit_note" else "display-3",
        title=say[invoice.kind],
        month=labels.month(invoice.month, language),
        mark=say["demo"] if invoice.is_demo else "",
        sender=address(sender, say),
        receiver_label=_receiver_label(invoice, say),
        receiver=address(receiver, say),
        facts=_facts(invoice, say),
        due=None if invoice.is_credit else (say["due_on"], labels.day(invoice.due_on, language)),
        mention="\n".join(_mentions(invoice, say)),
        summary=_summary(invoice, say),
        vat=Table((say["rate"], say["base"], say["vat"]), [_vat(total, invoice, say) for total in invoice.vat_totals]),
        total_label=_total_label(invoice, say),
        gross=labels.euro(invoice.gross, language),
        pools=_pools(invoice, say),
        notes=_notes(invoice, say),
        payment=_payment(invoice, say),
        fingerprint=f"{say['fingerprint']} {digest}",
    )


def _receiver_label(invoice: Invoice, say: dict[str, str]) -> str:
    if invoice.is_self_billed:
        return say["supplier"]
    return say["credited_to"] if invoice.is_credit else say["billed_to"]


def _total_label(invoice: Invoice, say: dict[str, str]) -> str:
    if invoice.is_self_billed:
        return say["to_recover"] if invoice.is_credit else say["we_pay"]
    return say["in_favour"] if invoice.is_credit else say["to_pay"]


def _facts(invoice: Invoice, say: dict[str, str]) -> list[tuple[str, str]]:
    language = invoice.language
    issued = "issued_on" if invoice.kind == "invoice" else "date_of_issue"
    centre = invoice.lines[0].centre_name if invoice.is_self_billed else None
    return [
        (say["number"], invoice.number),
        (say[issued], labels.day(invoice.issued_on, language)),
        (say["period"], f"{labels.day(invoice.starts_on, language)} – {labels.day(invoice.ends_on, language)}"),
        (say["your_reference"], invoice.buyer_reference),
        *([(say["centre"], centre)] if centre else []),
    ]


def _mentions(invoice: Invoice, say: dict[str, str]) -> list[str]:
    """What the law or the reader wants to see first: who drew it up, what it corrects and why."""
    found = [say["self_billing"]] if invoice.is_self_billed else []
    if invoice.corrects:
        documents = ", ".join(line_texts.document(one, invoice.language) for one in invoice.corrects)
        found.append(say["corrects_note"].format(documents=documents))
    if invoice.reason:
        found.append(
            f"{say['reason']} : {invoice.reason}" if invoice.language == "fr" else f"{say['reason']}: {invoice.reason}"
        )
    return found


def _notes(invoice: Invoice, say: dict[str, str]) -> list[str]:
    proofs = [proof for line in invoice.lines for proof in line.proofs]
    found = [say["proof_note"], say["verify_note"]] if proofs else [say["verify_note"]]
    if any(proof.doubtful for proof in proofs):
        found.append(say["doubtful"])
    if invoice.statement:
        shared = any(line.unit == "share" for line in invoice.lines)
        found.insert(0, say["statement_note"] if shared else say["places_note"])
    if invoice.unattributed:
        present = labels.number(invoice.unattributed.hours, invoice.language)
        found.append(say["unattributed"].format(visits=invoice.unattributed.visits, hours=present))
    return found


def _summary(invoice: Invoice, say: dict[str, str]) -> Table:
    """The first page's table: by centre or, where there is only one, as self-billed documents have it, by line."""
    language = invoice.language
    total = labels.euro(invoice.net, language)
    if invoice.is_self_billed:
        shown = invoice.lines[:FIRST_PAGE_ROWS]
        rows = [
            [
                line_texts.title(line, invoice),
                f"{line_texts.quantity(line, language)} {say[f'unit_{line.unit}']}",
                labels.price(line.price, language),
                labels.euro(line.net, language),
            ]
            for line in shown
        ]
        if len(invoice.lines) > len(shown):
            left = invoice.lines[len(shown) :]
            rows.append([f"+ {len(left)} {say['lines'].lower()}", "", "", labels.euro(net(left), language)])
        heads = [say[key] for key in ("what", "quantity", "price", "net")]
        return Table(heads, rows, say["statement"], (say["total_net"], "", "", total))
    centres: dict[str | None, list[Line]] = defaultdict(list)
    for line in invoice.lines:
        centres[line.centre].append(line)
    found = list(centres.values())
    shown_centres = found if len(found) <= FIRST_PAGE_ROWS else found[: FIRST_PAGE_ROWS - 1]
    rows = [_sum(lines[0].centre_name or say["network"], lines, invoice) for lines in shown_centres]
    if others := found[len(shown_centres) :]:
        rest = [line for lines in others for line in lines]
        rows.append(_sum(say["other_centres"].format(count=len(others)), rest, invoice))
    return Table(
        [say[key] for key in ("centre", "lines", "hours", "net")],
        rows,
        say["by_centre"],
        (say["total_net"], str(len(invoice.lines)), hours(invoice.lines, language), total),
    )


def _sum(name: str, lines: list[Line], invoice: Invoice) -> list[str]:
    return [name, str(len(lines)), hours(lines, invoice.language), labels.euro(net(lines), invoice.language)]


def _vat(total: VatTotal, invoice: Invoice, say: dict[str, str]) -> list[str]:
    if total.category == "S":
        name = f"{say['vat']} {labels.percent(total.rate, invoice.language)}"
    else:
        name = say[f"vat_{total.category}"]
    return [name, labels.euro(total.base, invoice.language), labels.euro(total.vat, invoice.language)]


def _pools(invoice: Invoice, say: dict[str, str]) -> Table | None:
    if not invoice.pools:
        return None
    columns = ("opening", "bought", "spent", "expired", "closing")
    return Table(
        [say["pools"], *(say[column] for column in columns)],
        [
            [say[pool.kind], *(labels.number(getattr(pool, column), invoice.language) for column in columns)]
            for pool in invoice.pools
        ],
    )


def _payment(invoice: Invoice, say: dict[str, str]) -> Payment:
    """What happens with the amount: how to pay it, or in words that it is given back."""
    language = invoice.language
    amount = labels.euro(invoice.gross, language)
    if invoice.is_credit or invoice.payment is None:
        words = say["recover_terms" if invoice.is_self_billed else "credit_terms"] if invoice.is_credit else terms(invoice)
        return Payment(say["payment"], [], words)
    paid = invoice.payment
    rows = [
        (say["beneficiary"], paid.holder),
        (say["account"], " ".join(paid.iban[i : i + 4] for i in range(0, len(paid.iban), 4))),
    ]
    if paid.reference is not None:
        rows.append((say["communication"], formatted_reference(paid.reference)))
    rows += [
        (say["we_pay" if invoice.is_self_billed else "to_pay"], amount),
        (say["before"], labels.day(invoice.due_on, language)),
    ]
    return Payment(say["payment"], rows, code=_qr(invoice), scan=say["scan"])


def terms(invoice: Invoice) -> str:
    """The terms of payment in one sentence."""
    say = labels.words(invoice.language)
    if invoice.is_credit:
        return say["recover_terms" if invoice.is_self_billed else "credit_terms"]
    if invoice.is_self_billed:
        return say["payout_terms"].format(due=labels.day(invoice.due_on, invoice.language))
    return say["terms"].format(days=invoice.payment_days, due=labels.day(invoice.due_on, invoice.language))


def address(party: Party, say: dict[str, str]) -> Address:
    """A party's name, address and VAT number as the pages show them."""
    number = party.enterprise_number
    return Address(
        party.name,
        party.street,
        f"{party.country}-{party.postcode} {party.town}",
        f"{say['vat_number']} {party.country} {number[:4]}.{number[4:7]}.{number[7:]}",
    )


def _qr(invoice: Invoice) -> str | None:
    """The code to scan, or None where the reader has nothing to pay."""
    paid = invoice.payment
    if paid is None or invoice.kind != "invoice":
        return None
    return epc_code(paid.holder, paid.iban, invoice.gross, paid.reference)
