"""Any order of what happens in three months ends with each minute billed at most once and nothing chargeable lost.

The histories run in memory, through the rules that the commands use (`tests/support/memory_accounts.py`). What they do not
cover is the SQL and the queue of stale verdicts: `tests/integration/billing/test_histories.py` runs a few in the database.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartwork.domain.audit.audit_data import line_charge, sign
from smartwork.domain.billing.corrections import groups_in_effect, groups_of, names_of, uncredited
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.month_charges import month_charges
from smartwork.domain.billing.month_plan import MonthPlan
from smartwork.domain.time import Interval, months_later
from smartwork.errors import InputError
from tests.support.histories import (
    CLEARED,
    CLEARED_AT_END,
    COMPANIES,
    FINAL,
    MONTHS,
    PLACES,
    PRESENTS,
    STEP,
    WINDOWS,
    Event,
    beginning,
    events,
)
from tests.support.memory_accounts import CANCELLATION, TARIFFS, MemoryAccounts
from tests.support.memory_clearing import clear

HISTORIES = 2_000


class History:
    """A network in memory, and what must hold of it after each event and at the end."""

    def __init__(self, code: bytes) -> None:
        self.accounts = MemoryAccounts(now=PRESENTS[0])
        [lot] = self.accounts.lots[1]
        self.accounts.lots[1] = [replace(lot, expires_on=date(2026, 12, 1))]
        self.contracts = self.accounts.customers[2]
        self.later = iter(PRESENTS[1:])
        self.last: MonthPlan | None = None
        for window in WINDOWS:
            for place in PLACES:
                self.accounts.observe(place, window, "vacant")
        for first, company, second, other, present in beginning(code):
            self.accounts.book(COMPANIES.index(company) + 1, "d-1", first)
            self.accounts.book(COMPANIES.index(other) + 1, "d-1", second)
            self.accounts.observe("d-1", present, "occupied")

    def happen(self, event: Event) -> None:
        """Let an event happen, if it may."""
        accounts = self.accounts
        company_id = COMPANIES.index(event.company) + 1
        match event.kind:
            case "observe":
                if event.period.start < accounts.now:
                    accounts.observe(event.place, event.period, event.state)
            case "book":
                accounts.book(company_id, event.place, event.period)
            case "check in":
                accounts.check_in(company_id, event.place, event.period.start)
            case "cancel" | "move" | "reassign" | "shorten":
                self.change(event, company_id)
            case "own book":
                accounts.book(company_id, event.place, event.period, is_own=True)
            case "own cancel" | "own move":
                self.change_own(event)
            case "release":
                self.release(event)
            case _:
                self.office(event)

    def office(self, event: Event) -> None:
        """What the operator does, and the clock."""
        accounts = self.accounts
        match event.kind:
            case "later":
                accounts.now = next(self.later, accounts.now)
            case "reconcile":
                accounts.reconcile(event.month)
            case "bill":
                self.bill(event.month, event.company if event.pick % 4 == 0 else None)
            case "settle":
                if any(month == event.month for _, month in accounts.billed):
                    accounts.settle(event.month)
            case "contract":
                self.toggle_contract()
            case _:
                self.account(event)

    def change(self, event: Event, company_id: int) -> None:
        """Change a booking, if no document charges it."""
        if not self.accounts.bookings:
            return
        booking = 1 + event.pick % len(self.accounts.bookings)
        before = self.accounts.bookings[booking].period
        match event.kind:
            case "cancel":
                self.accounts.change(booking, cancelled=True)
            case "move":
                self.accounts.change(booking, place=event.place, period=event.period)
            case "reassign":
                self.accounts.change(booking, company_id=company_id)
            case _:
                self.accounts.change(
                    booking,
                    period=Interval(before.start, before.start + max(STEP, (before.end - before.start) // STEP // 2 * STEP)),
                )

    def change_own(self, event: Event) -> None:
        """A company cancels or moves a booking of its own: never one that has begun, and late not free of charge."""
        own = [booked for booked in self.accounts.bookings.values() if booked.is_own]
        if not own:
            return
        before = own[event.pick % len(own)]
        if event.kind == "own cancel":
            is_changed = self.accounts.change_own(before.booking_id, cancelled=True)
        else:
            is_changed = self.accounts.change_own(before.booking_id, place=event.place, period=event.period)
        if is_changed:
            after = self.accounts.bookings[before.booking_id]
            assert before.period.start > self.accounts.now or (before.cancelled and before.cancelled_late_at is None)
            left = before.period.start - self.accounts.now
            is_late = before.company_id in CANCELLATION and left < timedelta(hours=240)
            assert (after.cancelled_late_at is not None) == (after.cancelled and is_late)

    def release(self, event: Event) -> None:
        """The place of a booking that is not used is released, if no document charges the booking."""
        bookings = self.accounts.bookings
        if not bookings:
            return
        booking = bookings[1 + event.pick % len(bookings)]
        at = booking.period.start + (1 + event.window) * 6 * STEP
        if at < self.accounts.now and not self.accounts.is_charged(booking.booking_id):
            self.accounts.release(booking.booking_id, at)

    def account(self, event: Event) -> None:
        """Credit a line, or pay, set off or write off part or all of a document."""
        documents = [each for each in self.accounts.documents if not each.is_self_billed]
        if not documents:
            return
        document = documents[event.pick % len(documents)]
        try:
            if event.kind == "pay" and event.window in CLEARED:
                clear(self.accounts, event.pick, event.part and event.part * 20, is_offset=CLEARED[event.window])
            elif event.kind == "pay":
                self.accounts.pay(document.number, event.part and event.part * 100)
            else:
                self.accounts.credit(document.number, 1 + event.window % len(document.lines), event.part)
        except InputError:
            return

    def toggle_contract(self) -> None:
        """The company calm loses its contract, or gets it back."""
        now = self.accounts.customers[2]
        without = replace(now, company=replace(now.company, contracts=()))
        self.accounts.customers[2] = without if now.company.contracts else self.contracts

    def bill(self, month: date, slug: str | None = None) -> None:
        """Bill a month if it is over. Nobody waits but who has no contract, and an earlier month is billed first."""
        while self.accounts.now < datetime(month.year, month.month, 1, 9, tzinfo=UTC) + timedelta(days=31):
            month = months_later(month, -1)
        try:
            plan = self.accounts.bill(month, slug)
        except InputError:  # an earlier month is to be billed first
            return
        allowed = set() if self.accounts.customers[2].company.contracts else {"calm"}
        assert {waiting.company for waiting in plan.waiting} <= allowed
        self.last = plan

    def end(self) -> None:
        """Bill and settle everything, and close some of what is open."""
        self.accounts.now = FINAL
        self.accounts.customers[2] = self.contracts
        for month in (*MONTHS, date(2027, 1, 1)):
            self.accounts.bill(month)
            self.accounts.settle(month)
        self.accounts.now += timedelta(days=31)
        self.last = self.accounts.bill(date(2027, 2, 1))
        self.accounts.settle(date(2027, 2, 1))
        for pick in range(CLEARED_AT_END):
            clear(self.accounts, pick, None, is_offset=pick % 4 < 3)


def require_each_minute_billed_once(accounts: MemoryAccounts) -> None:
    """Every five minutes of measured presence that count on a line in effect count on that line alone."""
    documents = [document for document in accounts.documents if not document.is_self_billed]
    corrected = {(x.corrects.number, x.corrects.line) for d in documents if d.reason is None for x in d.lines if x.corrects}
    in_full = [
        (x.corrects.number, x.corrects.line)
        for d in documents
        if d.reason is not None
        for x in d.lines
        if x.corrects and is_credited_in_full(x, documents)
    ]
    of_pass = Counter((d.number, x.of_line) for d in documents for x in d.lines if x.of_line is not None)
    beyond = Counter((number, line_of(documents, number, line).of_line) for number, line in in_full)
    gone = corrected | {key for key in in_full if of_pass[key] == beyond[key]}
    charged: dict[tuple[str, datetime], str] = {}
    for document in documents:
        for line in document.lines if document.reason is None else ():
            if (document.number, line.line) in gone:
                continue
            for cell in charged_cells(line):
                assert cell not in charged, f"{cell} is on {document.number}, line {line.line}, and on {charged[cell]}"
                charged[cell] = f"{document.number}, line {line.line}"


def is_credited_in_full(credit: Line, documents: list[Invoice]) -> bool:
    assert credit.corrects
    reference = credit.corrects
    credited = line_of(documents, reference.number, reference.line)
    return (credit.hours, credit.quantity) == (credited.hours, credited.quantity)


def line_of(documents: list[Invoice], number: str, line: int) -> Line:
    return next(document for document in documents if document.number == number).lines[line - 1]


def charged_cells(line: Line) -> set[tuple[str, datetime]]:
    """The steps of presence for which a line charges, by its evidence alone."""
    cells: set[tuple[str, datetime]] = set()
    for billed in line.visits:
        visit = billed.visit
        if visit.verdict in ("no_show", "cancelled_late") or line.terms is None:
            continue
        is_over_charged = billed.basis == "measured" and visit.over_s > line.terms.grace_min * 60
        until = visit.ends_at + timedelta(seconds=visit.over_s if is_over_charged else 0)
        for span in visit.spans:
            at = span.start
            while span.state == "occupied" and at < min(span.end, until):
                cells.add((visit.resource, at))
                at += STEP
    return cells


def require_nothing_lost(accounts: MemoryAccounts, plan: MonthPlan) -> None:
    """What the last verdicts charge is on documents, but for open stays, whose time a line has that was credited in part."""
    for customer in accounts.customers:
        slug = customer.company.slug
        documents = [document for document in accounts.documents if document.account == slug]
        issued, _ = groups_in_effect(documents)
        left_open = {stay.record for stay in plan.open_stays if stay.company == slug}
        now = [
            group
            for month in accounts.verdicts
            for group in month_charges(
                customer.company,
                uncredited(accounts.visits(month, None).get(customer.company_id, []), documents),
                TARIFFS,
            )
        ]
        charged = Counter((names_of(group.lines), uses(group.lines)) for group in issued)
        due = Counter((names_of(group), uses(group)) for group in now)
        missing = {key for key in due - charged if not {name for _, name in key[0]} & left_open}
        assert not missing, f"{slug}: {missing} are on no document"
        assert not charged - due or left_open, f"{slug}: {charged - due} are charged and not due"


def uses(group: tuple[Line, ...]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((line.kind, abs(line.hours)) for line in group)


def require_documents_add_up(accounts: MemoryAccounts) -> None:
    """All documents of a company together charge the lines in effect, and what credit notes left of the others."""
    for customer in accounts.customers:
        documents = [document for document in accounts.documents if document.account == customer.company.slug]
        every = sum((sign(d) * line_charge(line) for d in documents for line in d.lines if line.centre), Decimal(0))
        taken = {(x.corrects.number, x.corrects.line) for d in documents if d.reason is None for x in d.lines if x.corrects}
        standing = sum(
            (
                sign(document) * line_charge(line)
                for document in documents
                for group in (groups_of(document) if document.reason is None else [])
                if (document.number, group[0].line) not in taken
                for line in group
            ),
            Decimal(0),
        )
        credited = sum((line_charge(line) for d in documents if d.reason is not None for line in d.lines), Decimal(0))
        assert every == standing - credited, customer.company.slug


def require_final_lines_under_open_stays(accounts: MemoryAccounts, plan: MonthPlan) -> None:
    """A stay stays open only while a line has its time that is final, because a part of it was credited."""
    final = {
        f"line {line.corrects.line} of {line.corrects.number} "
        for document in accounts.documents
        if document.reason is not None
        for line in document.lines
        if line.corrects
    }
    by_number: dict[str, Invoice] = {document.number: document for document in accounts.documents}
    final |= {
        f"line {head.line} of {number} "
        for number, document in by_number.items()
        for group in groups_of(document)
        for head in group[:1]
        if any(f"line {line.line} of {number} " in final for line in group)
    }
    for stay in plan.open_stays:
        assert any(text in stay.reason for text in final), stay


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=60, max_size=360))
def test_any_order_bills_each_minute_once_and_loses_nothing(code: bytes) -> None:
    history = History(code)
    for event in events(code):
        history.happen(event)
    history.end()
    assert history.last is not None
    assert history.accounts.mismatches() == []
    require_each_minute_billed_once(history.accounts)
    require_nothing_lost(history.accounts, history.last)
    require_documents_add_up(history.accounts)
    require_final_lines_under_open_stays(history.accounts, history.last)
