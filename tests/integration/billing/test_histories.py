"""Histories through the database and the commands' code come to the same documents as the rules in memory."""

import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection, connect
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payments import positions
from smartwork.domain.time import Interval, months_later
from smartwork.errors import InputError
from smartwork.jobs.bookings.reconcile_month import reconcile_month
from tests.support.accounts import silent
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
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_clearing import clear
from tests.support.stored_accounts import StoredAccounts, later

pytestmark = pytest.mark.services

SEEDS = (
    *(13, 38, 67),  # a booking takes the time of one that was credited in full
    *(47, 134, 1044),  # a stay is open, and billed later
    *(43, 695),  # a stay stays open, because a part of the line was credited
    *(401, 2015),  # many corrections and credit notes
    *(156, 452, 1077),  # bookings that were cancelled late are charged
    *(42, 768, 1928),  # a place was released early, and booked by others
    *range(4),
)


class Histories:
    """One history, in memory and in a database."""

    def __init__(self, connection: Connection, folder: Path, code: bytes) -> None:
        self.memory = MemoryAccounts(now=PRESENTS[0])
        self.stored = StoredAccounts(connection, folder, PRESENTS[0])
        self.stored.fill()
        self.later = iter(PRESENTS[1:])
        for window in WINDOWS:
            for place in sorted(set(PLACES)):
                self.memory.observe(place, window, "vacant")
        for first, company, second, other, present in beginning(code):
            self.book(COMPANIES.index(company) + 1, "d-1", first)
            self.book(COMPANIES.index(other) + 1, "d-1", second)
            self.memory.observe("d-1", present, "occupied")
        self.observed()

    def observed(self) -> None:
        for place in sorted(set(PLACES)):
            self.stored.observe(place, self.memory.presence[place])

    def book(self, company_id: int, place: str, period: Interval, *, is_own: bool = False) -> None:
        booking_id = self.memory.book(company_id, place, period, is_own=is_own)
        if booking_id is not None:
            assert self.stored.put(self.memory.bookings[booking_id])

    def happen(self, event: Event) -> None:
        """Let an event happen in both."""
        company_id = COMPANIES.index(event.company) + 1
        match event.kind:
            case "observe":
                self.memory.observe(event.place, event.period, event.state)
                self.observed()
            case "book":
                self.book(company_id, event.place, event.period)
            case "check in":
                self.memory.check_in(company_id, event.place, event.period.start)
                self.stored.check_in(company_id, event.place, event.period.start)
            case "own book":
                self.book(company_id, event.place, event.period, is_own=True)
            case "cancel" | "move" | "reassign" | "shorten":
                self.change(event, company_id)
            case "own cancel" | "own move":
                self.change_own(event)
            case "release":
                self.release(event)
            case _:
                self.office(event)

    def office(self, event: Event) -> None:
        """What the network does, and the clock."""
        match event.kind:
            case "later":
                self.memory.now = self.stored.now = next(self.later, self.memory.now)
            case "reconcile":
                reconcile_month(self.stored.connection, event.month, self.stored.now, silent)
            case "bill":
                month = event.month
                while self.memory.now < later(PRESENTS[0].replace(year=month.year, month=month.month, day=1)):
                    month = months_later(month, -1)
                self.bill(event, month)
            case "credit":
                self.credit(event)
            case "pay":
                self.pay(event)
            case _:
                pass  # settlements come at the end, and contracts stay

    def change(self, event: Event, company_id: int) -> None:
        if not self.memory.bookings:
            return
        booking = 1 + event.pick % len(self.memory.bookings)
        before = self.memory.bookings[booking]
        half = max(STEP, (before.period.end - before.period.start) // STEP // 2 * STEP)
        changes: dict[str, dict[str, object]] = {
            "cancel": {"cancelled": True},
            "move": {"place": event.place, "period": event.period},
            "reassign": {"company_id": company_id},
            "shorten": {"period": Interval(before.period.start, before.period.start + half)},
        }
        if self.memory.change(booking, **changes[event.kind]):
            assert self.stored.put(self.memory.bookings[booking])

    def change_own(self, event: Event) -> None:
        own = [booked for booked in self.memory.bookings.values() if booked.is_own]
        if not own:
            return
        before = own[event.pick % len(own)]
        changes: dict[str, object] = {"place": event.place, "period": event.period}
        wanted = {"cancelled": True} if event.kind == "own cancel" else changes
        is_changed = self.memory.change_own(before.booking_id, **wanted)
        assert self.stored.put(replace(before, **wanted)) == is_changed

    def release(self, event: Event) -> None:
        if not self.memory.bookings:
            return
        booked = self.memory.bookings[1 + event.pick % len(self.memory.bookings)]
        at = booked.period.start + (1 + event.window) * 6 * STEP
        if at < self.memory.now and not self.memory.is_charged(booked.booking_id):
            reason = self.memory.release(booked.booking_id, at)
            assert self.stored.release(booked.booking_id, at) == reason

    def bill(self, event: Event, month: object) -> None:
        slug = event.company if event.pick % 4 == 0 else None
        results: list[object] = []
        for accounts in (self.memory, self.stored):
            try:
                found = accounts.bill(month, slug)  # type: ignore[arg-type]
            except InputError as error:
                results.append(str(error))
                continue
            results.append(found if isinstance(found, list) else sorted((s.company, s.record) for s in found.open_stays))
        assert results[0] == results[1]
        self.compare()

    def credit(self, event: Event) -> None:
        invoices = [each for each in self.memory.documents if each.kind == "invoice"]
        if not invoices:
            return
        document = invoices[event.pick % len(invoices)]
        line = 1 + event.window % len(document.lines)
        try:
            note = self.memory.credit(document.number, line, event.part)
        except InputError:
            return
        if note is not None:
            self.stored.credit(document.number, line, event.part)

    def pay(self, event: Event) -> None:
        if event.window in CLEARED:
            amount = event.part and event.part * 20
            if done := clear(self.memory, event.pick, amount, is_offset=CLEARED[event.window]):
                self.stored.clear(done)
            return
        owed = self.memory.owed()
        if not owed:
            return
        number = owed[event.pick % len(owed)].number
        amount = event.part and event.part * 100
        is_refund = amount is None and positions(owed, self.memory.moves)[number].overpaid > 0
        try:
            self.memory.pay(number, amount)
        except InputError:
            return
        self.stored.pay(number, amount, is_refund=is_refund)

    def compare(self) -> None:
        assert list(map(content, self.stored.documents())) == list(map(content, self.memory.documents))

    def end(self) -> None:
        self.memory.now = self.stored.now = FINAL
        for month in (*MONTHS, months_later(MONTHS[-1], 1)):
            assert self.stored.bill(month) == sorted((s.company, s.record) for s in self.memory.bill(month).open_stays)
            self.memory.settle(month)
            self.stored.settle(month)
        for pick in range(CLEARED_AT_END):
            if done := clear(self.memory, pick, None, is_offset=pick % 4 < 3):
                self.stored.clear(done)
        self.compare()


def content(document: Invoice) -> tuple[object, ...]:
    lines = [
        (
            line.kind,
            line.hours,
            line.quantity,
            line.net,
            [billed.visit.booking or billed.visit.check_in for billed in line.visits],
        )
        for line in document.lines
    ]
    return document.number, document.account, document.month, document.net, document.gross, lines


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_in_the_database_is_that_in_memory(database_url: str, tmp_path: Path, seed: int) -> None:
    code = random.Random(seed).randbytes(8 + 6 * 30)
    with closing(connect(database_url)) as connection:
        histories = Histories(connection, tmp_path, code)
        for event in events(code):
            histories.happen(event)
        histories.end()
        assert histories.stored.mismatches() == histories.memory.mismatches() == []
