"""What the pages of a centre's statement show, for the templates that lay out every document."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from smartwork.documents import line_texts
from smartwork.documents.character_set import shortened
from smartwork.documents.first_page import FirstPage, PaymentBox, SummaryTable, account_number, address, net
from smartwork.documents.line_pages import PLACE_NAME, places_section
from smartwork.documents.pages import Pages, framed
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from smartwork.domain.settlement.statements import AccountPayout, Statement, UnattributedStay
from smartwork.translations import formats
from smartwork.translations.catalogue import Texts, texts

_ACCOUNT_LINES = 7
"""The most lines of the self-billed document that the account lists; the document lists them all."""
_PAYOUT = 60
"""The most characters of a payout's line in the account; the reason of a refusal is shortened."""
_COUNTS = ("bookings", "no_shows", "walk_ins", "unattributed")


def statement_pages(statement: Statement, invoice: Invoice, digest: str) -> Pages:
    """The pages of the statement that goes with `invoice`; `digest` is that of the statement's data, in hex."""
    language = invoice.language
    words = texts(language)
    sections = [_days(statement, words, language), places_section(invoice), _unattributed(statement, words, language)]
    running = f"{words['statement_title']} · {formats.month(invoice.month, language)}"
    return framed(
        statement_first_page(statement, invoice), sections, running, language,
        number=statement.number, digest=digest, file=words["statement_file"],
    )  # fmt: skip


def statement_first_page(statement: Statement, invoice: Invoice) -> FirstPage:
    """The first page of a statement."""
    language = invoice.language
    words = texts(language)
    account = statement.account
    paid_on = formats.day(account.paid_on, language) if account.paid_on else None
    return FirstPage(
        title=words["statement_title"],
        month=formats.month(invoice.month, language),
        mark=words["demo"] if invoice.is_demo else "",
        sender=address(invoice.buyer, invoice.language),
        receiver_label=words["supplier"],
        receiver=address(invoice.seller, invoice.language),
        facts=[
            (words["statement_of"], statement.number),
            (words["date_of_issue"], formats.day(invoice.issued_on, language)),
            (words["period"], f"{formats.day(invoice.starts_on, language)} – {formats.day(invoice.ends_on, language)}"),
            (words["centre"], invoice.lines[0].centre_name or invoice.account),
        ],
        due=None,
        mentions=[],
        summary=_summary(statement, words, language),
        vat=SummaryTable((words["account_of_month"], "", words["amount"]), _account(statement, invoice, words)),
        total_label=words["ordered_on"].format(day=paid_on) if paid_on else words["closing_balance"],
        gross=formats.euro(account.paid if paid_on else account.closing, language),
        pools=None,
        notes=[words["statement_scope"], *([words["unattributed_note"]] if statement.unattributed else [])],
        payment=_payment(statement, invoice, words, paid_on),
        fingerprint_label=words["fingerprint"],
    )


def _summary(statement: Statement, words: Texts, language: Language) -> SummaryTable:
    rows = [
        [
            words[f"verdict_{part.verdict}" if part.is_attributed else "verdict_unattributed"],
            formats.count(part.count, language),
            _hours(part.booked_s, language),
            _hours(part.measured_s, language),
        ]
        for part in statement.verdicts
    ]
    total = [
        words["total"],
        formats.count(sum(part.count for part in statement.verdicts), language),
        _hours(sum(part.booked_s for part in statement.verdicts), language),
        _hours(sum(part.measured_s for part in statement.verdicts), language),
    ]
    heads = [words[key] for key in ("verdict", "count", "booked_h", "measured_h")]
    return SummaryTable(heads, rows, words["month_verdicts"], total)


def _account(statement: Statement, invoice: Invoice, words: Texts) -> list[list[str]]:
    """From what companies were charged to what stays owed: each step with its amount."""
    language = invoice.language
    sign = -1 if invoice.is_credit else 1

    def amount(value: Decimal) -> str:
        return formats.euro(value, language)

    shown = invoice.lines if len(invoice.lines) <= _ACCOUNT_LINES else invoice.lines[: _ACCOUNT_LINES - 1]
    rows = [[words["charged_for_centre"], "", amount(statement.charged)]]
    rows += [
        [
            line_texts.title(line, invoice),
            f"{line_texts.quantity(replace(line, quantity=sign * line.quantity), language)} {words[f'unit_{line.unit}']}",
            amount(sign * line.net),
        ]
        for line in shown
    ]
    if rest := invoice.lines[len(shown) :]:
        rows.append([f"{words.plural('more_lines', len(rest))}, {invoice.number}", "", amount(sign * net(rest))])
    rows += [
        [f"{words['vat']} {formats.percent(total.rate, language)}", amount(sign * total.base), amount(sign * total.vat)]
        for total in invoice.vat_totals
    ]
    rows.append([f"{words['total']} {invoice.number}", "", amount(sign * invoice.gross)])
    account = statement.account
    if account.opening:
        rows.append([words["opening_balance"], "", amount(account.opening)])
    rows += [[_payout(payout, words, language), "", amount(payout.change)] for payout in account.payouts]
    if account.paid_on and account.closing:
        rows.append([words["closing_balance"], "", amount(account.closing)])
    return rows


def _payout(payout: AccountPayout, words: Texts, language: Language) -> str:
    """A payout and its state: ordered, paid by the bank, or refused by it with its reason."""
    text = words[f"payout_{payout.state}"].format(reference=payout.reference, day=formats.day(payout.on, language))
    return shortened(f"{text}: {payout.reason}", _PAYOUT) if payout.reason else text


def _payment(statement: Statement, invoice: Invoice, words: Texts, paid_on: str | None) -> PaymentBox:
    account, iban = statement.account, invoice.seller.iban
    if paid_on is None or iban is None:
        return PaymentBox(words["paid_out"], [], words["paid_once_accepted" if account.closing > 0 else "nothing_paid"])
    rows = [
        (words["beneficiary"], invoice.seller.name),
        (words["account"], account_number(iban)),
        (words["communication"], account.reference or ""),
        (words["amount"], formats.euro(account.paid, invoice.language)),
        (words["date"], paid_on),
    ]
    return PaymentBox(words["paid_out"], rows)


def _days(statement: Statement, words: Texts, language: Language) -> dict[str, Any] | None:
    """Every day on which something happened, and corrections of earlier months; None if there is nothing to show."""
    rows = [
        [
            formats.short_day(row.day, language),
            *(_count(getattr(row, key), language) for key in _COUNTS),
            _hours(row.booked_s, language),
            _hours(row.measured_s, language),
            formats.number(row.net, language),
        ]
        for row in statement.days
    ]
    if statement.earlier_months:
        rows.append([words["earlier_months"], *[""] * 6, formats.number(statement.earlier_months, language)])
    if not rows:
        return None
    keys = ("date", "bookings", "no_shows", "walk_ins", "unattributed_stays", "booked_h", "measured_h", "brought_in")
    return {
        "kind": "days",
        "title": words["by_day"],
        "heads": [words[key] for key in keys],
        "rows": rows,
        "total": [
            words["total"],
            *(formats.count(sum(getattr(row, key) for row in statement.days), language) for key in _COUNTS),
            _hours(sum(row.booked_s for row in statement.days), language),
            _hours(sum(row.measured_s for row in statement.days), language),
            formats.number(statement.charged, language),
        ],
    }


def _unattributed(statement: Statement, words: Texts, language: Language) -> dict[str, Any] | None:
    """Every stay that nobody was billed for; None if there is none."""
    if not statement.unattributed:
        return None
    return {
        "kind": "stays",
        "title": words["unattributed_title"],
        "heads": [words[key] for key in ("date", "place", "time", "presence_min")],
        "rows": [_stay(stay, language) for stay in statement.unattributed],
        "note": words["unattributed_note"],
    }


def _stay(stay: UnattributedStay, language: Language) -> list[str]:
    zone = ZoneInfo(stay.timezone)
    start, end = stay.starts_at.astimezone(zone), stay.ends_at.astimezone(zone)
    return [
        formats.short_day(start.date(), language),
        shortened(stay.resource_name, PLACE_NAME),
        f"{start:%H:%M}–{end:%H:%M}",
        str(formats.minutes(stay.occupied_s)),
    ]


def _count(value: int, language: Language) -> str:
    return formats.count(value, language) if value else "–"


def _hours(seconds: int, language: Language) -> str:
    return formats.number(Decimal(seconds) / 3600, language)
