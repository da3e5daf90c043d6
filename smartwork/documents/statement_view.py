"""What the pages of a centre's statement show, for the template that lays out every document."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from smartwork.documents import labels, line_texts
from smartwork.documents.first_page import Face, Payment, Table
from smartwork.documents.measure import fit
from smartwork.documents.page_layout import WIDTH, Align, Group, Section
from smartwork.documents.page_table import Cell, Cells, Heads, Note, Sum
from smartwork.documents.rows import net, place_section
from smartwork.documents.view import View, address, pages
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from smartwork.domain.settlement.statements import Statement, UnattributedStay

_DAY_ENDS = (45.0, 65.0, 86.0, 105.0, 125.0, 146.0, WIDTH)
_STAY_ENDS = (150.0, WIDTH)
_ACCOUNT_LINES = 7
"""Of the self-billed document, which lists them all."""
_ZERO = Decimal(0)


def statement_view(one: Statement, invoice: Invoice, digest: str) -> View:
    """The statement beside `invoice` as the template wants it; `digest` is its snapshot's, in hex."""
    language = invoice.language
    say = labels.words(language)
    running = f"{say['statement_title']} · {labels.month(invoice.month, language)}"
    return pages(
        statement_face(one, invoice, digest), _sections(one, invoice, say), running, language,
        number=one.number, digest=digest, file=say["statement_file"],
    )  # fmt: skip


def statement_face(one: Statement, invoice: Invoice, digest: str) -> Face:
    """The first page of a statement."""
    language = invoice.language
    say = labels.words(language)
    account = one.account
    paid = labels.day(account.paid_on, language) if account.paid_on else None
    return Face(
        size="display-2",
        title=say["statement_title"],
        month=labels.month(invoice.month, language),
        mark=say["demo"] if invoice.is_demo else "",
        sender=address(invoice.buyer, say),
        receiver_label=say["supplier"],
        receiver=address(invoice.seller, say),
        facts=[
            (say["statement_of"], one.number),
            (say["date_of_issue"], labels.day(invoice.issued_on, language)),
            (say["period"], f"{labels.day(invoice.starts_on, language)} – {labels.day(invoice.ends_on, language)}"),
            (say["centre"], invoice.lines[0].centre_name or invoice.account),
        ],
        due=None,
        mention="",
        summary=_summary(one, say, language),
        vat=Table((say["account_of_month"], "", say["amount"]), _account(one, invoice, say)),
        total_label=say["paid_on"].format(day=paid) if paid else say["closing_balance"],
        gross=labels.euro(account.paid if paid else account.closing, language),
        pools=None,
        notes=[say["statement_scope"], *([say["unsigned_note"]] if one.unattributed else [])],
        payment=_payment(one, invoice, say, paid),
        fingerprint=f"{say['fingerprint']} {digest}",
    )


def _summary(one: Statement, say: dict[str, str], language: Language) -> Table:
    rows = [
        [
            say[f"verdict_{part.verdict}"] if part.is_attributed else say["verdict_unsigned"],
            labels.count(part.count, language),
            _hours(part.booked_s, language),
            _hours(part.measured_s, language),
        ]
        for part in one.verdicts
    ]
    total = [
        say["total"],
        labels.count(sum(part.count for part in one.verdicts), language),
        _hours(sum(part.booked_s for part in one.verdicts), language),
        _hours(sum(part.measured_s for part in one.verdicts), language),
    ]
    heads = [say[key] for key in ("verdict", "count", "booked_h", "measured_h")]
    return Table(heads, rows, say["month_verdicts"], total)


def _account(one: Statement, invoice: Invoice, say: dict[str, str]) -> list[list[str]]:
    """From what companies were charged to what stays owed: each step with its amount."""
    language = invoice.language
    sign = -1 if invoice.is_credit else 1

    def amount(value: Decimal) -> str:
        return labels.euro(value, language)

    shown = invoice.lines if len(invoice.lines) <= _ACCOUNT_LINES else invoice.lines[: _ACCOUNT_LINES - 1]
    found = [[say["charged_for_centre"], "", amount(one.charged)]]
    found += [
        [
            line_texts.title(line, invoice),
            f"{line_texts.quantity(replace(line, quantity=sign * line.quantity), language)} {say[f'unit_{line.unit}']}",
            amount(sign * line.net),
        ]
        for line in shown
    ]
    if left := invoice.lines[len(shown) :]:
        found.append([f"+ {len(left)} {say['lines'].lower()}, {invoice.number}", "", amount(sign * net(left))])
    found += [
        [f"{say['vat']} {labels.percent(total.rate, language)}", amount(sign * total.base), amount(sign * total.vat)]
        for total in invoice.vat_totals
    ]
    found.append([f"{say['total']} {invoice.number}", "", amount(sign * invoice.gross)])
    account = one.account
    if account.opening:
        found.append([say["opening_balance"], "", amount(account.opening)])
    if account.paid_on and account.closing:
        found.append([say["closing_balance"], "", amount(account.closing)])
    return found


def _payment(one: Statement, invoice: Invoice, say: dict[str, str], paid: str | None) -> Payment:
    account = one.account
    if paid is None or invoice.seller.iban is None:
        return Payment(say["paid_out"], [], say["nothing_paid"])
    iban = invoice.seller.iban
    rows = [
        (say["beneficiary"], invoice.seller.name),
        (say["account"], " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))),
        (say["communication"], account.reference or ""),
        (say["amount"], labels.euro(account.paid, invoice.language)),
        (say["date"], paid),
    ]
    return Payment(say["paid_out"], rows)


def _sections(one: Statement, invoice: Invoice, say: dict[str, str]) -> list[Section]:
    language = invoice.language
    return [_days(one, say, language), place_section(invoice), _unsigned(one.unattributed, say, language)]


def _days(one: Statement, say: dict[str, str], language: Language) -> Section:
    keys = ("bookings", "no_shows", "walk_ins", "unsigned", "booked_h", "measured_h", "brought_in")
    heads = Heads(
        say["by_day"],
        ((0, say["date"], "left"), *((end, say[key], "right") for key, end in zip(keys, _DAY_ENDS, strict=True))),
    )

    def cells(name: str, texts: Iterable[str]) -> Cells:
        right: list[Cell] = [("body", end, text, "right") for text, end in zip(texts, _DAY_ENDS, strict=True)]
        return Cells((("body", 0, name, "left"), *right))

    rows = [
        cells(
            labels.short_day(row.day, language),
            (
                *(_count(count, language) for count in (row.bookings, row.no_shows, row.walk_ins, row.unattributed)),
                _hours(row.booked_s, language), _hours(row.measured_s, language), labels.number(row.net, language),
            ),
        )
        for row in one.days
    ]  # fmt: skip
    if one.earlier_months:
        name = say["earlier_months"]
        rows.append(Cells((("body", 0, name, "left"), ("body", WIDTH, labels.number(one.earlier_months, language), "right"))))
    if not rows:
        return Section(heads, [])
    total: list[tuple[float, str, Align]] = [(0, say["total"], "left")]
    counts = ("bookings", "no_shows", "walk_ins", "unattributed")
    sums = (
        *(labels.count(sum(getattr(row, key) for row in one.days), language) for key in counts),
        _hours(sum(row.booked_s for row in one.days), language),
        _hours(sum(row.measured_s for row in one.days), language),
        labels.number(one.charged, language),
    )
    total += [(end, text, "right") for text, end in zip(sums, _DAY_ENDS, strict=True)]
    return Section(heads, [Group(rows[0], rows[0], rows[1:])], [Sum(tuple(total))])


def _unsigned(stays: Iterable[UnattributedStay], say: dict[str, str], language: Language) -> Section:
    heads = Heads(
        say["unsigned_title"],
        (
            (0, say["date"], "left"), (30, say["place"], "left"), (_STAY_ENDS[0], say["time"], "right"),
            (_STAY_ENDS[1], say["presence_min"], "right"),
        ),
    )  # fmt: skip
    rows = [_stay(stay, language) for stay in stays]
    return Section(heads, [Group(rows[0], rows[0], rows[1:])], [Note(say["unsigned_note"])]) if rows else Section(heads, [])


def _stay(stay: UnattributedStay, language: Language) -> Cells:
    zone = ZoneInfo(stay.timezone)
    start, end = stay.starts_at.astimezone(zone), stay.ends_at.astimezone(zone)
    return Cells(
        (
            ("body", 0, labels.short_day(start.date(), language), "left"),
            ("body", 30, fit(stay.resource_name, "body", 80), "left"),
            ("body", _STAY_ENDS[0], f"{start:%H:%M}–{end:%H:%M}", "right"),
            ("body", _STAY_ENDS[1], str(labels.minutes(stay.occupied_s)), "right"),
        )
    )


def _count(value: int, language: Language) -> str:
    return labels.count(value, language) if value else "–"


def _hours(seconds: int, language: Language) -> str:
    return labels.number(Decimal(seconds) / 3600, language)
