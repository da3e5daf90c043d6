"""Documents of every kind, composed as billing composes them, with all verdicts and all kinds of lines."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any

from pypdf import PdfReader

from firmware_sim.demo_companies import SELLER as DEMO_SELLER
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.composition import DocumentHeader, compose, invoice_header
from smartwork.domain.billing.contracts import CentreContract, ChargeMode, Contract
from smartwork.domain.billing.corrections import IssuedGroup, reversal
from smartwork.domain.billing.invoice import (
    Drawdown,
    Invoice,
    Line,
    LineKind,
    LineReference,
    PoolStatement,
    StatementRow,
    Terms,
    Unit,
)
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, Language, Party, Vat
from smartwork.domain.billing.passes import rate_day
from smartwork.domain.billing.rating import Group, rate, terms_of
from smartwork.domain.billing.supplies import supply_groups
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import NetworkChange, Verdict, Visit
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.money import round_to_cent
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.presence.spans import Span
from smartwork.domain.settlement.settlement import Revenue, adjust, centre_head, settle
from smartwork.domain.settlement.statements import CentreAccount, DayVerdicts, Statement, UnattributedStay, statement
from smartwork.domain.time import local_days

MONTH, ISSUED = date(2026, 10, 1), date(2026, 11, 2)
START = datetime(2026, 10, 1, 7, tzinfo=UTC)
EXEMPT = Vat("E", Decimal(0), None, "Exempt, art. 44 of the Belgian VAT code")
VERDICTS: tuple[Verdict, ...] = ("used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable")
CENTRES = (
    ("gembloux", "Gembloux"),
    ("liege", "Liège Guillemins"),
    ("mons", "Mons"),
    ("namur", "Namur Gare"),
    ("tournai", "Tournai"),
)
NETWORK_CHANGE = NetworkChange(datetime(2026, 10, 14, 9, 5, tzinfo=UTC), "api front-desk", "Fermé à 10 h : chauffage")
OPERATOR = Party("Ville d’Essai", "0123456749", "Rue Haute 1", "5030", "Gembloux", iban="BE68539007547034")


def terms(charge: ChargeMode = "as_booked", kind: PlaceKind = "desk") -> Terms:
    """Grace 10 and steps of 15 minutes, a third for a no-show, the rest of what is left early given back."""
    contract = Contract(date(2026, 1, 1), None, charge, 10, 15, Decimal("0.333"), early_leave_refund=True, payment_days=30)
    prices = {"desk": Decimal("7.50"), "room": Decimal("24.00")}
    passes = (Decimal("19.00"), Decimal(5), Decimal("32.00")) if charge == "cheapest" else (None, Decimal(5), None)
    return terms_of(contract, Tariff(None, kind, date(2026, 1, 1), prices[kind], None, *passes))


def visit(number: int, verdict: Verdict, random: Random) -> Visit:
    """A verdict with the spans that lead to it, somewhere in the month; the stays of the last day cross midnight."""
    slug, name = CENTRES[number % len(CENTRES)]
    late = number % 31 == 30
    start = datetime(2026, 10, 1 + number % 31, 21 if late else 6 + number % 7, random.choice((0, 30)), tzinfo=UTC)
    end = start + timedelta(hours=random.choice((2, 3, 4)))
    spans = _spans(verdict, start, end, random)

    def seconds(state: str) -> int:
        cut = [min(s.end, end) - s.start for s in spans if s.state == state and s.start < end]
        return round(sum(cut, timedelta()).total_seconds())

    over = round((spans[-1].end - end).total_seconds()) if verdict == "overstayed" else 0
    walk_in = verdict == "walk_in"
    return Visit(
        verdict=verdict,
        centre=slug,
        centre_name=name,
        timezone="Europe/Brussels",
        resource=f"desk-{number % 40}",
        resource_name=f"Bureau {1 + number % 40}",
        kind="room" if number % 9 == 8 else "desk",
        member=f"m-{number % 12:03d}",
        booking=None if walk_in else f"B-2026-{number:06d}",
        check_in=f"C-{number:05d}" if walk_in else None,
        check_in_method="badge" if walk_in else None,
        starts_at=start,
        ends_at=end,
        booked_s=0 if walk_in else round((end - start).total_seconds()),
        occupied_s=seconds("occupied"),
        vacant_s=seconds("vacant"),
        unknown_s=seconds("unknown"),
        over_s=over,
        spans=spans,
        batches=tuple(
            BatchRun(f"edge-{slug}", "a1b2c3d4e5f6", 1000 * number + 300 * k + 1, 1000 * number + 300 * k + 90)
            for k in range(random.choice((1, 1, 2, 4)))
        ),
        ledger=ledger(slug, start, end + timedelta(seconds=over)),
    )


def ledger(centre: str, start: datetime, end: datetime) -> tuple[LedgerDay, ...]:
    """The book of a centre on the days of a stay: mostly whole, and now and then something waits or is missing."""
    found = []
    for day in local_days(start, end, "Europe/Brussels"):
        numbered = 9000 + 100 * len(centre) + day.day
        in_outbox, missing = (12, 5) if (day.day + len(centre)) % 9 == 0 else (0, 0)
        rejected = day.day % 3
        found.append(LedgerDay(day, numbered, numbered - rejected - in_outbox - missing, rejected, in_outbox, missing))
    return tuple(found)


def _spans(verdict: Verdict, start: datetime, end: datetime, random: Random) -> tuple[Span, ...]:
    if verdict == "no_show":
        return (Span(start, end, "vacant"),)
    if verdict == "unverifiable":
        return (Span(start, end - timedelta(minutes=20), "unknown"), Span(end - timedelta(minutes=20), end, "occupied"))
    at = start if verdict == "walk_in" else start + timedelta(seconds=random.randrange(1, 600))
    stop = {"left_early": end - timedelta(seconds=3001), "overstayed": end + timedelta(minutes=37)}.get(verdict, end)
    spans = [Span(start, at, "vacant")] if at > start else []
    present = True
    while at < stop:
        # An overstay is presence at the booking's end that goes on; so the last stretch is one of presence.
        until = at + timedelta(seconds=random.randrange(1200, 5400) if present else random.randrange(660, 1150))
        until = (
            stop
            if present and (until >= stop or (verdict == "overstayed" and until > end - timedelta(minutes=20)))
            else until
        )
        until = min(until, stop)
        if verdict == "overstayed" and present and until == stop:
            spans += [Span(at, end, "occupied"), Span(end, stop, "occupied")]
        else:
            spans.append(Span(at, until, "occupied" if present else random.choice(("vacant", "vacant", "unknown"))))
        at, present = until, not present
    if stop < end:
        spans.append(Span(stop, end, "vacant"))
    return tuple(spans)


def company(language: Language = "fr", vat: Vat = STANDARD_VAT, slug: str = "acme") -> Company:
    """A customer whose name needs escaping."""
    contract = Contract(
        date(2026, 1, 1), None, "as_booked", 10, 15, Decimal("0.333"), early_leave_refund=True, payment_days=30
    )
    party = Party("Acme & Søn <SA>", "0403170701", "Rue de Fer 1", "5000", "Namur")
    return Company(slug, party, language, "PO-1", (contract,), vat)


def groups(lines: int, vat: Vat, seed: int = 1) -> list[Group]:
    """`lines` lines of hours, each with its visit, under three kinds of contract."""
    random = Random(seed)
    found: list[Group] = []
    number = 0
    while len(found) < lines:
        next_visit = visit(number, VERDICTS[number % len(VERDICTS)], random)
        modes: tuple[ChargeMode, ...] = ("as_booked", "as_measured", "the_greater")
        group = rate(next_visit, terms(modes[number % 3], next_visit.kind), vat)
        found += [group] if group else []
        number += 1
    return found


def invoice(language: Language = "fr", lines: int = 24, ordinal: int = 7, vat: Vat = STANDARD_VAT, seed: int = 1) -> Invoice:
    """A month of plain hours."""
    head = invoice_header(company(language, vat, f"acme-{ordinal}"), MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    return compose(head, groups(lines, vat, seed), ordinal=ordinal)


def mixed_invoice(language: Language = "fr", vat: Vat = STANDARD_VAT) -> Invoice:
    """Every kind of line that a company may see, and hours bought ahead."""
    random = Random(2)
    plain = groups(6, vat)
    spent = replace_draws(plain[0][0], Decimal("1.0000"))
    whole = replace_draws(plain[1][0], plain[1][0].hours)
    head = invoice_header(company(language, vat), MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    earlier = LineReference("INV-2026-00002", date(2026, 10, 2), 3)
    correction = _line("correction", "hour", Decimal("-2.0000"), Decimal("7.50"), vat, corrects=earlier)
    bought = _line("credits_bought", "hour", Decimal(20), Decimal("6.80"), vat, label="PO-2026-118", place_kind="desk")
    beyond = _line("overdraft", "hour", Decimal("1.5"), Decimal("6.80"), vat, place_kind="desk")
    fee = terms()
    absent = rate(visit(9, "no_show", random), replace(fee, no_show_fee=Decimal("5.00")), vat)
    lines = [(spent,), (whole,), *plain[2:], absent, _passes(vat, random), (bought,), (beyond,), (correction,)]
    lines += [cancelled_late(10, vat, share=Decimal("0.5")), cancelled_late(11, vat, fee=Decimal("4.00"))]
    lines += [rate(replace(visit(12, "used", random), change=NETWORK_CHANGE), fee, vat)]
    pool = PoolStatement("desk", Decimal("3.5"), Decimal(20), Decimal("4.25"), Decimal(1), Decimal("18.25"))
    return compose(head, lines, ordinal=8, pools=(pool,))


def prepaid_invoice(language: Language = "fr") -> Invoice:
    """A month whose hours are all prepaid: 0.00."""
    head = invoice_header(company(language), MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    lines = [(replace_draws(line, line.hours),) for [line] in groups(6, STANDARD_VAT)]
    return compose(head, lines, ordinal=13)


def cancelled_late(number: int, vat: Vat, share: Decimal | None = None, fee: Decimal | None = None) -> Group:
    """The line of a booking that was cancelled an hour before its start, though a day's notice was agreed."""
    booked = visit(number, "no_show", Random(number))
    late = replace(
        booked, verdict="cancelled_late", occupied_s=0, vacant_s=booked.booked_s, unknown_s=0, spans=(), batches=(),
        cancelled_at=booked.starts_at - timedelta(hours=1), ledger=ledger(booked.centre, booked.starts_at, booked.starts_at),
    )  # fmt: skip
    agreed = replace(terms(), cancellation_hours=24, cancellation_share=share, cancellation_fee=fee)
    return rate(late, agreed, vat)


def replace_draws(line: Line, hours: Decimal) -> Line:
    """`line` with `hours` of it paid from hours bought ahead."""
    left = line.hours - hours
    draw = Drawdown("PO-2026-090", date(2026, 9, 1), hours, round_to_cent(hours * line.price))
    return replace(line, quantity=left, net=round_to_cent(left * line.price), drawdowns=(draw,))


def credit_note(language: Language = "fr", vat: Vat = STANDARD_VAT) -> Invoice:
    """The outcome of a dispute over two lines of an invoice."""
    disputed = invoice(language, 12, vat=vat)
    taken = [
        replace(line, line=1, corrects=LineReference(disputed.number, disputed.issued_on, line.line), quantity=-line.quantity,
                net=-line.net, hours=-line.hours)
        for line in disputed.lines[2:4]
    ]  # fmt: skip
    head = invoice_header(company(language, vat), MONTH, date(2026, 11, 12), DEMO_SELLER, is_demo=True)
    return compose(replace(head, reason="Capteur déplacé le 5 octobre"), [(line,) for line in taken], ordinal=1)


def self_billed(language: Language = "fr", places: int = 30) -> Invoice:
    """What the network owes a centre: its share, an amount a month and one a seat, and what each place brought in."""
    rows = tuple(
        StatementRow(f"desk-{n}", f"Bureau {n}" if n % 9 else f"Salle {n}", "desk" if n % 9 else "room", n, Decimal(3 * n),
                     Decimal("22.50") * n, Decimal("7.50"))
        for n in sorted(range(1, places + 1), key=lambda n: n % 9 == 0)
    )  # fmt: skip
    total = sum((row.net for row in rows), Decimal(0))
    share = _line("settlement", "share", Decimal("0.65"), total, STANDARD_VAT, centre=CENTRES[0])
    month = _line("settlement", "month", Decimal(1), Decimal("250.00"), STANDARD_VAT, centre=CENTRES[0])
    seats = _line("settlement", "seat", Decimal(places), Decimal("12.50"), STANDARD_VAT, centre=CENTRES[0])
    return compose(_self_billed_head(language), [(share,), (month,), (seats,)], ordinal=3, statement=rows)


def centre_statement(language: Language = "fr") -> tuple[Statement, Invoice]:
    """The statement of a centre that comes with its self-billed document: a share, an earlier balance, a payment of both."""
    document = self_billed(language)
    kinds: tuple[Verdict, ...] = (*VERDICTS, "cancelled")
    judged = [
        DayVerdicts(date(2026, 10, day), kind, signed, 1 + (day + n) % 5, 0 if kind in ("walk_in", "cancelled") else 14400,
               0 if kind in ("no_show", "cancelled") else 9000, 600)
        for day in range(1, 32)
        if date(2026, 10, day).isoweekday() < 6
        for n, kind in enumerate(kinds)
        for signed in ((True, False) if kind == "walk_in" else (True,))
    ]  # fmt: skip
    stays = [
        UnattributedStay("Europe/Brussels", f"desk-{n}", f"Bureau {n}", at, at + timedelta(hours=1), 3000)
        for n in range(1, 15)
        for at in (START + timedelta(days=n),)
    ]  # fmt: skip
    total = sum((row.net for row in document.statement), Decimal(0))
    lines = [(date(2026, 10, 1 + n), Decimal("100.00")) for n in range(20)]
    charged = [*lines, (date(2026, 9, 3), Decimal("-12.50"))]
    charged.append((date(2026, 10, 30), total - sum((net for _, net in charged), Decimal(0))))
    paid = document.gross + Decimal("20.00")
    account = CentreAccount(Decimal("20.00"), document.gross, paid, ISSUED, "gembloux 2026-10")
    return statement(document, judged, stays, charged, account), document


def self_billed_credit(language: Language = "fr") -> Invoice:
    """A centre gives back a part of its share."""
    taken = _line("settlement", "share", Decimal("-0.65"), Decimal("30.00"), STANDARD_VAT, centre=CENTRES[0])
    taken = replace(taken, corrects=LineReference("SB-2026-00003", ISSUED, 1))
    return compose(_self_billed_head(language), [(taken,)], ordinal=1)


def settled_anew(language: Language = "fr") -> Invoice:
    """November of a centre whose contract was changed for October: other shares, and VAT that it is exempt from now."""
    agreed = CentreContract("gembloux", MONTH, None, "share", Decimal("0.65"), OPERATOR, language)
    now = replace(agreed, rate=Decimal("0.7"), vat=EXEMPT)
    october = Revenue(*CENTRES[0], {"desk": Decimal("1000.01"), "room": Decimal("200.00")})
    november, on = date(2026, 11, 1), date(2026, 12, 1)
    issued = compose(
        centre_head(agreed, MONTH, ISSUED, DEMO_SELLER, is_demo=True), settle(agreed, october, 10, MONTH), ordinal=3
    )
    lines = settle(now, Revenue(*CENTRES[0], {"desk": Decimal("900.00")}), 10, november)
    rows = [StatementRow("desk-1", "Bureau 1", "desk", 31, Decimal(120), Decimal("900.00"), Decimal(0))]
    head = centre_head(now, november, on, DEMO_SELLER, is_demo=True)
    return compose(head, [*lines, *adjust(now, october, 10, MONTH, [issued])], ordinal=4, statement=rows)


def month_given_back(language: Language = "fr") -> Invoice:
    """A month whose corrections give back more than its visits come to: it becomes a credit note."""
    head = invoice_header(company(language), MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    earlier = LineReference("INV-2026-00002", date(2026, 10, 2), 3)
    taken = _line("correction", "hour", Decimal(-90), Decimal("7.50"), STANDARD_VAT, corrects=earlier)
    spent = replace_draws(groups(1, STANDARD_VAT)[0][0], Decimal("1.0000"))
    return compose(head, [(taken,), (spent,), *groups(4, STANDARD_VAT)[1:], _passes(STANDARD_VAT, Random(2))], ordinal=2)


def ordered_invoice(language: Language = "fr", vat: Vat = STANDARD_VAT) -> Invoice:
    """A membership that began within the month, a locker and prints in a centre, and an earlier item taken back."""
    on, mid_october = date(2026, 10, 12), date(2026, 10, 15)
    prints = Item("2026-231", "print", "Impressions A3 & couleur", on, Decimal(40), Decimal("0.35"), centre="mons")
    seats = Subscription("2026-044", "membership", "Membre « flexible »", mid_october, 3, Decimal("180.00"), unit="seat")
    locker = Subscription("2026-050", "locker", "Casier 7", date(2026, 9, 1), 1, Decimal("12.50"), centre="mons")
    customer = replace(company(language, vat), items=(prints,), subscriptions=(seats, locker))
    orders = supply_groups(customer, MONTH, MONTH, dict(CENTRES))
    september = Item("2026-190", "coffee", "Café, 10 tasses", date(2026, 9, 4), Decimal(1), Decimal("18.00"))
    [(billed,)] = supply_groups(replace(customer, items=(september,), subscriptions=()), date(2026, 9, 1), MONTH, {})
    head = invoice_header(customer, MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    earlier = compose(replace(head, month=date(2026, 9, 1), issued_on=date(2026, 10, 2)), [(billed,)], ordinal=2)
    taken_back = reversal(IssuedGroup(earlier, (billed,)))
    return compose(head, [*orders, taken_back, *groups(2, vat)], ordinal=9)


def texts_in(values: Any) -> Iterator[str]:
    """All texts in JSON values, such as the pages of a document, in order."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict | list | tuple):
        for value in values.values() if isinstance(values, dict) else values:
            yield from texts_in(value)


def section(pages: dict[str, Any], kind: str) -> dict[str, Any]:
    """The section of one kind in the pages of a document."""
    [found] = [part for part in pages["sections"] if part["kind"] == kind]
    return dict(found)


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page of a PDF, blanks left out."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def every_kind(language: Language) -> list[Invoice]:
    """A small month: all four kinds of documents and all three categories of VAT."""
    return [
        invoice(language),
        invoice(language, 12, 11, REVERSE_CHARGE),
        invoice(language, 12, 12, EXEMPT),
        mixed_invoice(language),
        credit_note(language),
        month_given_back(language),
        self_billed(language),
        self_billed_credit(language),
        settled_anew(language),
        ordered_invoice(language),
        prepaid_invoice(language),
    ]


def _passes(vat: Vat, random: Random) -> Group:
    """A day of three visits under the cheapest rule: a half-day pass, and the hours beyond it."""
    visits = []
    for number, (hour, length) in enumerate(((6, 3), (10, 2), (13, 1)), start=500):
        start = datetime(2026, 10, 14, hour, tzinfo=UTC)
        next_visit = replace(visit(5, "used", random), booking=f"B-2026-{number:06d}", starts_at=start)
        end, length_s = start + timedelta(hours=length), length * 3600
        spans = (Span(start, end, "occupied"),)
        visits.append(
            replace(
                next_visit,
                kind="desk",
                ends_at=end,
                booked_s=length_s,
                occupied_s=length_s,
                vacant_s=0,
                unknown_s=0,
                spans=spans,
                ledger=ledger(next_visit.centre, start, end),
            )
        )
    [group] = rate_day(visits, terms("cheapest"), vat)
    return group


def _line(
    kind: LineKind,
    unit: Unit,
    quantity: Decimal,
    price: Decimal,
    vat: Vat,
    *,
    label: str | None = None,
    place_kind: PlaceKind | None = None,
    corrects: LineReference | None = None,
    centre: tuple[str, str] | tuple[None, None] = (None, None),
) -> Line:
    net = round_to_cent(quantity * price)
    line = Line(1, kind, quantity, unit, price, net, vat.category, vat.rate, MONTH, date(2026, 10, 31), *centre)
    return replace(line, label=label, place_kind=place_kind, corrects=corrects)


def _self_billed_head(language: Language) -> DocumentHeader:
    return DocumentHeader(
        "self_billed_invoice", MONTH, ISSUED, 30, language, "SB-gembloux", "gembloux", OPERATOR, DEMO_SELLER, (STANDARD_VAT,),
        is_demo=True,
    )  # fmt: skip
