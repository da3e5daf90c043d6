"""The worked figures in docs/billing.md are what the program computes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from smartwork.domain.accounting import postings
from smartwork.domain.accounting.account_numbers import ChartOfAccounts
from smartwork.domain.accounting.client_listing import client_listing
from smartwork.domain.accounting.journal_rows import RecordedPosting, journal_rows
from smartwork.domain.banking.matching import Movement, OpenItem, plan
from smartwork.domain.banking.statement import BankEntry
from smartwork.domain.billing.company_month import CompanyMonth, assemble_month
from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import CentreContract, ChargeMode, Pool, SelfBillingAgreement
from smartwork.domain.billing.corrections import IssuedGroup, corrections, groups_in_effect, reversal
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.issue_deadline import last_day_of_issue
from smartwork.domain.billing.lifecycle import status
from smartwork.domain.billing.occupancy import billed_period
from smartwork.domain.billing.orders import Subscription
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, WITHOUT_VAT, Vat, VatPeriod
from smartwork.domain.billing.passes import rate_day
from smartwork.domain.billing.payments import BalanceChange, PayableDocument, Position, positions
from smartwork.domain.billing.prepaid_hours import Lot, expire, pay_from_lots
from smartwork.domain.billing.rating import Group, bill_visit, rate, terms_of
from smartwork.domain.billing.supplies import (
    BilledSupply,
    price_of_days,
    supply_changes,
    supply_groups,
)
from smartwork.domain.billing.tariffs import Tariff, contract_at, tariff_at
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import AllowedChange, Author, BookingInForce, RequestedBooking, decide
from smartwork.domain.bookings.reconciliation import BookedSlot, Rules, reconcile
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import Span, State
from smartwork.domain.settlement.acceptance import (
    Acceptance,
    AcceptanceEvent,
    Reply,
    require_reply_possible,
    silent_on,
)
from smartwork.domain.settlement.payouts import PayoutState
from smartwork.domain.settlement.settlement import Revenue, adjust, centre_head, settle
from smartwork.domain.time import Interval
from smartwork.errors import InputError
from tests.support.memory_accounts import MemoryAccounts
from tests.support.open_items import Ledger
from tests.support.project import ROOT
from tests.support.stays import OCTOBER, SELLER, START, company, contract, invoice, stay
from tests.support.stays import TARIFF as PASSES
from tests.support.stays import line as line_of

TARIFF = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"))
TEXT = (ROOT / "docs" / "billing.md").read_text()


def table(heading: str) -> list[dict[str, str]]:
    return parsed([line for line in TEXT.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines() if line.startswith("|")])


def parsed(rows: list[str]) -> list[dict[str, str]]:
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def visit(row: dict[str, str]) -> Visit:
    booked, unknown = int(row["booked"]), int(row["unknown"])
    begin, end = (int(part) for part in row["stay"].split("–")) if row["stay"] != "–" else (0, 0)
    period = booked or end
    spans = [Span(minute(begin), minute(end), "occupied")] if end else []
    if unknown:
        spans.append(Span(minute(period - unknown), minute(period), "unknown"))
    occupied = min(end, period) - begin
    values: dict[str, Any] = {
        "verdict": row["verdict"],
        "starts_at": START,
        "ends_at": minute(period),
        "booked_s": booked * 60,
        "occupied_s": occupied * 60,
        "vacant_s": (period - occupied - unknown) * 60,
        "unknown_s": unknown * 60,
        "over_s": max(0, end - period) * 60,
        "spans": tuple(spans),
    }
    fixed: dict[str, Any] = {
        "centre": "namur",
        "centre_name": "Namur",
        "timezone": "Europe/Brussels",
        "resource": "d-1",
        "resource_name": "Desk 1",
        "kind": "desk",
        "member": "m-1",
        "booking": "B-1",
        "check_in": None,
        "check_in_method": None,
        "batches": (),
    }
    return Visit(**fixed, **values)


@pytest.mark.parametrize("row", table("Worked figures"), ids=lambda row: row["case"])
def test_worked_figure_is_what_the_program_charges(row: dict[str, str]) -> None:
    terms = contract(
        charge=row["charge"],
        grace_min=int(row["grace"]),
        no_show_share=Decimal(row["share"]),
        early_leave_refund=row["refund"] == "yes",
    )
    lines = rate(visit(row), terms_of(terms, TARIFF), STANDARD_VAT)
    if row["net"] == "–":
        assert not lines
    else:
        assert [(line.hours, line.net) for line in lines] == [(Decimal(row["hours"]), Decimal(row["net"]))]


@pytest.mark.parametrize("row", table("A minimum, and a fee for a no-show"), ids=lambda row: row["case"])
def test_minimum_and_fee_are_what_the_program_charges(row: dict[str, str]) -> None:
    terms = terms_of(
        contract(
            charge=row["charge"],
            early_leave_refund=False,
            minimum_min=int(row["minimum"]),
            no_show_fee=None if row["fee"] == "–" else Decimal(row["fee"]),
        ),
        TARIFF,
    )
    lines = rate(visit({**row, "unknown": "0"}), terms, STANDARD_VAT)
    if row["net"] == "–":
        assert not lines
    else:
        assert [(line.hours, line.net) for line in lines] == [(Decimal(row["hours"]), Decimal(row["net"]))]


@pytest.mark.parametrize("row", table("Cancellation"), ids=lambda row: row["case"])
def test_a_cancellation_is_charged_as_the_table_says(row: dict[str, str]) -> None:
    def given(key: str) -> Decimal | None:
        return None if row[key] == "–" else Decimal(row[key])

    notice = given("notice")
    agreed = contract(
        charge=row["charge"],
        cancellation_hours=None if notice is None else int(notice),
        cancellation_share=given("share"),
        cancellation_fee=given("fee"),
    )
    booking, at = Booking("B-1", "namur", "d-1", "m-1", START, minute(120), "booked"), START - hours(row["cancelled"])
    stored = BookingInForce(booking, "acme", "desk", None if notice is None else hours(notice))
    wanted = RequestedBooking(replace(booking, status="cancelled"), "acme", "desk")
    decision = decide(stored, wanted, Author("api acme", "company"), at)
    assert isinstance(decision, AllowedChange)
    slot = BookedSlot(1, 1, Interval(START, minute(120)), cancelled=True, cancelled_late_at=decision.cancelled_late_at)
    (judged,) = reconcile([slot], [], [], Interval(START, minute(120)), Rules(), minute(120))
    assert judged.verdict == row["verdict"]
    cancelled = stay(
        120, verdict=judged.verdict, booked_s=judged.booked_s, occupied_s=0, vacant_s=judged.vacant_s, spans=(), batches=(),
        cancelled_at=judged.cancelled_at,
    )  # fmt: skip
    lines = rate(cancelled, terms_of(agreed, TARIFF), STANDARD_VAT)
    if row["net"] == "–":
        assert not lines
    else:
        assert [(line.hours, line.net) for line in lines] == [(Decimal(row["hours"]), Decimal(row["net"]))]
        assert not faults(invoice([lines]))


def hours(count: str | Decimal) -> timedelta:
    return timedelta(seconds=int(Decimal(count) * 3600))


SINCE = date(2026, 1, 1)
CONTRACTS = {
    "general": contract(),
    "newer": contract(valid_from=date(2026, 7, 1)),
    "rooms": contract(kind="room"),
    "arlon": contract(centre="arlon", valid_from=date(2026, 3, 1), valid_until=date(2026, 9, 1)),
}
TARIFFS = [
    Tariff(None, "desk", SINCE, Decimal("7.50")),
    Tariff(None, "desk", date(2026, 7, 1), Decimal("8.00")),
    Tariff("arlon", "desk", date(2026, 3, 1), Decimal("6.00"), date(2026, 9, 1)),
    Tariff(None, "room", SINCE, Decimal("24.00")),
]


@pytest.mark.parametrize(
    "row", table("Which contract and tariff are valid"), ids=lambda row: " ".join(list(row.values())[:3])
)
def test_contract_and_tariff_are_those_that_hold(row: dict[str, str]) -> None:
    day = date.fromisoformat(row["day"])
    assert contract_at(CONTRACTS.values(), row["centre"], row["kind"], day) == CONTRACTS[row["contract"]]
    assert tariff_at(TARIFFS, row["centre"], row["kind"], day).per_hour == Decimal(row["price"])


@pytest.mark.parametrize("row", table("The cheapest combination of a day"), ids=lambda row: row["visits, minutes"])
def test_day_is_sold_as_the_cheapest_combination(row: dict[str, str]) -> None:
    visits = [stay(int(n), hour=9 * i, name=f"B-{i}") for i, n in enumerate(row["visits, minutes"].split())]
    terms = terms_of(contract(charge="cheapest", step_min=1), PASSES)
    lines = [line for group in rate_day(visits, terms, STANDARD_VAT) for line in group]
    said = {"pass": lambda line: f"{line.quantity} {line.unit.replace('_', '-')}", "beyond_pass": beyond}
    sold = [said[line.kind](line) for line in lines if line.kind in said] or ["hours"]
    assert " and ".join(sold) == row["sold as"]
    assert sum(line.net for line in lines) == Decimal(row["net"])


def beyond(line: Line) -> str:
    return f"{line.quantity.normalize():f} h"


def test_prepaid_hours_are_drawn_down_as_in_the_table() -> None:
    rows = tables("Prepaid hours")[0]
    lots = [
        Lot("A", "desk", date(2026, 10, 1), date(2026, 10, 20), Decimal(3), Decimal("6.00"), Decimal(3)),
        Lot("B", "desk", date(2026, 10, 10), None, Decimal(2), Decimal("6.30"), Decimal(2)),
    ]
    days = [(date.fromisoformat(row["day"]) - START.date()).days for row in rows]
    groups = [
        line_of(int(Decimal(row["hours used"]) * 60), day=day, name=f"B-{day}") for row, day in zip(rows, days, strict=True)
    ]
    spent = pay_from_lots(groups, lots, [Pool("desk", Decimal("6.30"), Decimal(1), None)], OCTOBER)
    for row, [line] in zip(rows, spent.groups, strict=True):
        drawn = {one.lot: one.hours for one in line.drawdowns}
        found = [drawn.get(lot, Decimal(0)) for lot in ("A", "B", "overdraft 2026-10 desk")]
        assert [*found, line.quantity, line.net] == [
            Decimal(row[key]) for key in ("from A", "from B", "overdraft", "in money", "net")
        ]
    [lost], _ = expire(spent.lots, date(2026, 11, 1))
    assert (lost.lot, lost.hours, lost.value) == ("A", Decimal("0.5"), Decimal("3.00"))


def tables(heading: str) -> list[list[dict[str, str]]]:
    """All tables of a section, in order."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks = [[line for line in block.splitlines() if line.startswith("|")] for block in section.split("\n\n")]
    return [parsed(block) for block in blocks if block]


@pytest.mark.parametrize("row", tables("VAT is rounded once")[0], ids=lambda row: row["lines"])
def test_vat_is_rounded_once_on_the_sum(row: dict[str, str]) -> None:
    [one] = line_of()
    made = invoice([(replace(one, price=Decimal(net), net=Decimal(net)),) for net in row["lines"].split()])
    assert [str(made.net), str(made.vat), str(made.gross)] == [row["net"], row["VAT"], row["gross"]]


@pytest.mark.parametrize("row", tables("VAT is rounded once")[1], ids=lambda row: row["lines"])
def test_vat_is_computed_by_category(row: dict[str, str]) -> None:
    [one] = line_of()
    groups = []
    for category, net in (part.split() for part in row["lines"].split(", ")):
        vat = {"S": STANDARD_VAT, "AE": REVERSE_CHARGE, "E": Vat("E", Decimal(0), None, "Exempt")}[category]
        groups.append((replace(one, vat_category=vat.category, vat_rate=vat.rate, price=Decimal(net), net=Decimal(net)),))
    made = invoice(groups)
    assert ", ".join(f"{t.category}: {t.base} + {t.vat}" for t in made.vat_totals) == row["category: base + VAT"]
    assert str(made.gross) == row["gross"]


@pytest.mark.parametrize("row", table("After it is issued"), ids=lambda row: row["what happened, in order"])
def test_state_is_what_the_table_says(row: dict[str, str]) -> None:
    happened: Any = row["what happened, in order"].split(", ")
    assert status(happened) == row["state"]


def test_a_document_of_nothing_is_paid_when_it_is_issued() -> None:
    assert status(["issued"], Position(Decimal("0.00"))) == "paid"
    assert status(["issued", "sent"], Position(Decimal("0.00"))) == "paid"
    assert status(["issued", "disputed"], Position(Decimal("0.00"))) == "disputed"


@pytest.mark.parametrize("row", tables("Prepaid hours")[1], ids=lambda row: f"{row['drawn']} to {row['now']}")
def test_hours_that_come_back_to_an_expired_lot_are_those_of_the_table(row: dict[str, str]) -> None:
    drawn, now = Decimal(row["drawn"]), Decimal(row["now"])
    lot = Lot("A", "desk", date(2025, 10, 1), date(2026, 10, 1), Decimal(3), Decimal("6.00"), Decimal(3) - drawn)
    pool = Pool("desk", Decimal(6), Decimal(0), 12)
    [used] = line_of(int(drawn * 60), day=1)
    day = date(2026, 9, 15)
    before = replace(used, starts_on=day, ends_on=day, drawdowns=(Drawdown("A", lot.bought_on, drawn, drawn * 6),))
    [lost], after = expire([lot], date(2026, 10, 1)) if lot.left else ([None], [lot])
    assert (lost.hours if lost else 0) == Decimal(row["unused"])
    again = [(replace(before, hours=now, quantity=now, drawdowns=()),)] if now else []
    earlier = invoice([(before,)])
    groups = [reversal(IssuedGroup(earlier, (before,))), *again]
    made = assemble_month(company(pool), OCTOBER, groups, after, (), date(2026, 11, 2))
    drawn_again = sum((d.hours for group in made.groups for x in group for d in x.drawdowns if d.hours > 0), Decimal(0))
    returned = -sum((d.hours for group in made.groups for x in group for d in x.drawdowns if d.hours < 0), Decimal(0))
    own = [given.own for given in made.given_back]
    assert [returned, drawn_again] == [Decimal(row["returned to A"]), Decimal(row["drawn again"])]
    assert sum((each.hours for each in own), Decimal(0)) == Decimal(row["new lot"])
    assert sum((each.value for each in own), Decimal(0)) == Decimal(row["value"])
    assert all((each.bought_on, each.expires_on) == (date(2026, 11, 2), date(2027, 11, 2)) for each in own)
    assert made.expired == ()
    [statement] = made.pools
    assert statement.closing == Decimal(row["new lot"])


@pytest.mark.parametrize("row", table("Paid in parts, or too much"), ids=lambda row: row["what happened, in order"])
def test_what_is_open_is_what_the_table_says(row: dict[str, str]) -> None:
    owed, moves = [PayableDocument("INV", "acme", Decimal(100), is_credit=False)], []
    for number, happened in enumerate(row["what happened, in order"].split(", ")):
        kind: Any = happened.split()[0]
        amount = Decimal(happened.split()[1])
        if kind == "credited":
            owed.append(PayableDocument(f"CN-{number}", "acme", amount, is_credit=True, corrects="INV"))
        moves.append(BalanceChange("INV", kind, None if kind == "credited" else amount, f"CN-{number}"))
    found = positions(owed, moves)
    at = found["INV"]
    note = sum((found[one.number].open for one in owed if one.is_credit), Decimal(0))
    said = status([move.kind for move in moves], at).replace("_", " ")
    stated = [Decimal(row[key]) for key in ("open", "overpaid", "note")]
    assert [max(at.open, Decimal(0)), at.overpaid, note, said] == [*stated, row["state"]]


@pytest.mark.parametrize("row", tables("Set-off and write-off")[0], ids=lambda row: row["what happened, in order"])
def test_set_offs_are_what_the_table_says(row: dict[str, str]) -> None:
    ledger = Ledger()
    owed = ledger.issue("acme", Decimal("72.60"), is_credit=False)
    note = ledger.issue("acme", Decimal("61.25"), is_credit=True)
    steps: dict[str, Callable[[Decimal], None]] = {
        "paid": lambda amount: ledger.pay(owed, amount),
        "offset": lambda amount: ledger.offset(note, owed, amount),
        "reversed": lambda amount: ledger.reverse_offset(note, owed, amount),
    }
    happened = [part.split() for part in row["what happened, in order"].split(", ")]
    if row["open"] == "refused":
        with pytest.raises(InputError):
            [steps[kind](Decimal(amount)) for kind, amount in happened]
        return
    for kind, amount in happened:
        steps[kind](Decimal(amount))
    said = [ledger.state(owed), ledger.state(note)]
    assert [ledger.at(owed).open, ledger.at(note).open] == [Decimal(row["open"]), Decimal(row["note"])]
    assert [state.replace("_", " ") for state in said] == [row["state of the invoice"], row["state of the note"]]


@pytest.mark.parametrize("row", tables("Set-off and write-off")[1], ids=lambda row: row["what happened, in order"])
def test_write_offs_are_what_the_table_says(row: dict[str, str]) -> None:
    ledger = Ledger()
    owed = ledger.issue("acme", Decimal(100), is_credit=False)
    steps: dict[str, Callable[[Decimal], None]] = {
        "paid": lambda amount: ledger.pay(owed, amount),
        "written": lambda amount: ledger.write_off(owed, amount),
        "reversed": lambda amount: ledger.reverse_write_off(owed, amount),
        "credited": lambda amount: ledger.credit(owed, amount),
    }
    happened = [(part.split()[0], part.split()[-1]) for part in row["what happened, in order"].split(", ")]
    if row["open"] == "refused":
        with pytest.raises(InputError):
            [steps[kind](Decimal(amount)) for kind, amount in happened]
        return
    for kind, amount in happened:
        steps[kind](Decimal(amount))
    at = ledger.at(owed)
    notes = sum((ledger.at(note).open for note in ledger.owed if note.is_credit), Decimal(0))
    figures = [max(at.open, Decimal(0)), at.overpaid, ledger.bad_debts, notes]
    assert figures == [Decimal(row[key]) for key in ("open", "overpaid", "lost", "note")]
    assert ledger.state(owed).replace("_", " ") == row["state"]


def bookings(text: str) -> list[Group]:
    pairs = [part.split() for part in text.split(", ")]
    return [line_of(int(Decimal(hours) * 60), day=int(name[2:]), name=name) for name, hours in pairs]


@pytest.mark.parametrize("row", tables("Corrections")[0], ids=lambda row: f"{row['issued']} to {row['now']}")
def test_corrections_are_what_the_table_says(row: dict[str, str]) -> None:
    issued = invoice(bookings(row["issued"]))
    more = corrections(*groups_in_effect([issued]), bookings(row["now"]))
    if row["document"] == "–":
        assert not more
        return
    named = {line.line: line.visits[0].visit.booking for line in issued.lines}
    said = [
        f"{named[line.corrects.line] if line.corrects else line.visits[0].visit.booking} {line.quantity.normalize():+f}"
        for group in more
        for line in group
    ]
    made = invoice(more, ordinal=2)
    assert ", ".join(said) == row["lines on the next document"]
    assert (made.kind.replace("_", " "), str(made.net)) == (row["document"], row["net"])


@pytest.mark.parametrize("row", tables("Corrections")[1], ids=lambda row: f"{row['at']} to {row['now']}")
def test_a_price_changed_afterwards_is_corrected_as_the_table_says(row: dict[str, str]) -> None:
    [one] = line_of(int(Decimal(row["hours"]) * 60))

    def at(price: Decimal) -> Group:
        return (replace(one, price=price, net=round_to_cent(one.quantity * price)),)

    more = corrections(*groups_in_effect([invoice([at(Decimal(row["at"]))])]), [at(Decimal(row["now"]))])
    if row["document"] == "–":
        assert not more
        return
    made = invoice(more, ordinal=2)
    assert (made.kind.replace("_", " "), str(made.net)) == (row["document"], row["net"])


@pytest.mark.parametrize("row", tables("Corrections")[2], ids=lambda row: row["what is so now"])
def test_a_correction_says_why_as_in_the_table(row: dict[str, str]) -> None:
    before, more = stay(120), stay(360, hour=3, name="B-2")
    away = (Span(before.starts_at, before.ends_at, "vacant"),)
    stayed_on = (*before.spans, Span(before.ends_at, before.ends_at + timedelta(hours=1), "occupied"))
    visits: dict[str, tuple[list[Visit], ChargeMode, str]] = {
        "late readings say three hours": (
            [replace(before, verdict="overstayed", over_s=3600, spans=stayed_on)], "as_measured", "7.50",
        ),
        "late readings say that nobody came": (
            [replace(before, verdict="no_show", occupied_s=0, vacant_s=7200, spans=away)], "as_measured", "7.50",
        ),
        "the booking is for three hours of another day": ([stay(180, day=1)], "as_measured", "7.50"),
        "the booking is gone": ([], "as_measured", "7.50"),
        "the contract charges as booked, and an hour costs 8.00": ([before], "as_booked", "8.00"),
        "the same member has six more hours that day, and a day pass is cheaper": ([before, more], "cheapest", "7.50"),
    }  # fmt: skip
    now, charge, price = visits[row["what is so now"]]
    before_charge: ChargeMode = "cheapest" if charge == "cheapest" else "as_measured"

    def charges(found: list[Visit], mode: ChargeMode, per_hour: str) -> list[Group]:
        terms = terms_of(contract(charge=mode), replace(PASSES, per_hour=Decimal(per_hour)))
        by_hour = [group for each in found if (group := rate(each, terms, STANDARD_VAT))]
        return rate_day(found, terms, STANDARD_VAT) if mode == "cheapest" else by_hour

    issued = invoice(charges([before], before_charge, "7.50"))
    [back] = corrections(*groups_in_effect([issued]), charges(now, charge, price), frozenset(), now)[:1]
    assert back[0].correction
    assert ", ".join(back[0].correction.causes) == row["why"]


@pytest.mark.parametrize("row", tables("Settlement with the centres")[0], ids=lambda row: " ".join(row.values()))
def test_settlement_is_that_of_the_table(row: dict[str, str]) -> None:
    mode: Any = row["mode"]
    terms = CentreContract("namur", SINCE, None, mode, Decimal(row["rate"]), SELLER, "fr")
    revenue = Revenue("namur", "Namur", {"desk": Decimal(row["desk revenue"]), "room": Decimal(row["room revenue"])})
    before = row["settled before"] == "yes"
    earlier = LineReference("SB-2026-00001", date(2026, 11, 2), 1) if before else None
    groups = settle(terms, revenue, int(row["desks"]), OCTOBER, earlier, settled_before=before)
    owed = sum((line.net for group in groups for line in group), Decimal(0))
    assert (owed, revenue.total - owed) == (Decimal(row["owed, net"]), Decimal(row["margin"]))


@pytest.mark.parametrize(
    "row", tables("Settlement with the centres")[1], ids=lambda row: f"{row['settled by']} to {row['changed to']}"
)
def test_a_changed_contract_of_a_centre_adjusts_its_settlement_as_in_the_table(row: dict[str, str]) -> None:
    def agreed(text: str) -> CentreContract:
        mode: Any = text.split(maxsplit=1)[0]
        return CentreContract("namur", SINCE, None, mode, Decimal(text.split()[1]), SELLER, "fr")

    before, now = agreed(row["settled by"]), agreed(row["changed to"])
    revenue, on = Revenue("namur", "Namur", {"desk": Decimal("1000.01"), "room": Decimal(200)}), date(2026, 11, 2)
    issued = compose(centre_head(before, OCTOBER, on, SELLER, is_demo=True), settle(before, revenue, 10, OCTOBER), ordinal=1)
    more = [line for group in adjust(now, revenue, 10, OCTOBER, [issued]) for line in group]
    made = compose(centre_head(now, OCTOBER, on, SELLER, is_demo=True), [(line,) for line in more], ordinal=2)
    back, again = (
        sum((one.net for one in more if (one.kind == "correction") is taken), Decimal(0)) for taken in (True, False)
    )
    assert (back, again) == (Decimal(row["taken back"]), Decimal(row["settled again"]))
    assert (made.kind.replace("_", " "), str(made.net)) == (row["document"], row["net"])


def accounts_example() -> tuple[Invoice, Invoice, CompanyMonth, Decimal]:
    """The invoice and the settlement of the example, the company's month, and the charges that are settled."""
    lot = Lot("O-1", "desk", OCTOBER, date(2026, 11, 1), Decimal(10), Decimal("6.00"), Decimal(10))
    # The hours bought pay the first line; a pool of desks does not pay a room.
    [room] = line_of(120, day=1, name="B-2")
    made = assemble_month(
        company(Pool("desk", Decimal(6), Decimal(0), 1)),
        OCTOBER,
        [line_of(75), (replace(room, place_kind="room"),)],
        (),
        [lot],
    )
    issued, on = invoice(made.groups), date(2026, 11, 2)
    terms = CentreContract("namur", SINCE, None, "share", Decimal("0.6"), SELLER, "fr")
    charged = Revenue("namur", "Namur", {"desk": Decimal("7.50"), "room": Decimal("15.00")})
    settled = compose(centre_head(terms, OCTOBER, on, SELLER, is_demo=True), settle(terms, charged, 1, OCTOBER), ordinal=1)
    return issued, settled, made, charged.total


def test_postings_are_those_of_the_table() -> None:
    issued, settled, made, charged = accounts_example()
    on = issued.issued_on
    posted = {
        "invoice": postings.document_posting(issued).amounts,
        "settlement": postings.settlement_posting(settled, charged).amounts,
        "expiry": postings.expiry_posting("acme", OCTOBER, on, made.expired).amounts,
        "payment": postings.payment_posting(issued, on, issued.gross).amounts,
        "write-off": postings.write_off_posting(replace(issued, account="bolt"), on, Decimal("12.10")).amounts,
        "payout ordered": postings.payout_posting("namur", OCTOBER, on, settled.gross).amounts,
        "payout paid": postings.payout_posting("namur", OCTOBER, on, settled.gross, "paid", "ordered").amounts,
    }
    rows = table("The accounts")
    found = {(event, account): str(amount) for event, its in posted.items() for account, amount in its.items()}
    assert found == {(row["event"], row["account"]): row["amount"] for row in rows}
    assert all(sum(its.values()) == 0 for its in posted.values())


@pytest.mark.parametrize("row", table("Agreement and acceptance"), ids=lambda row: " ".join(row.values()))
def test_acceptance_is_that_of_the_table(row: dict[str, str]) -> None:
    issued_on = date(2026, 11, 2)
    days = None if row["silent"] == "–" else int(row["silent"])
    agreement = SelfBillingAgreement("1", issued_on, "A. Dubois", None, days)
    replies: list[Reply] = [reply for reply in row["replied"].split(", ") if reply != "–"]  # type: ignore[misc]
    acceptance = Acceptance("SB-namur-2026-00001", "namur", "1", "A. Dubois", silent_on(agreement, issued_on))
    for reply in replies:
        event = AcceptanceEvent(reply, issued_on, "a reason")
        require_reply_possible(acceptance, event, issued_on)
        acceptance = replace(acceptance, events=(*acceptance.events, event))
    assert acceptance.state(date.fromisoformat(row["on day"])) == row["state"]


@pytest.mark.parametrize("row", table("Payouts"), ids=lambda row: row["what happened, in order"])
def test_payout_moves_between_the_accounts_of_the_table(row: dict[str, str]) -> None:
    first, *steps = row["what happened, in order"].split(", ")
    balances, before, amount = (
        {"payable": Decimal("-37.30"), "transit": Decimal(0), "bank": Decimal(0)},
        None,
        Decimal("37.30"),
    )
    assert first == "settled"
    for step in steps:
        state: PayoutState = step  # type: ignore[assignment]
        for account, moved in postings.payout_posting("namur", OCTOBER, OCTOBER, amount, state, before).amounts.items():
            balances[account.split(":")[0]] += moved
        before = None if state == "refused" else state
    assert balances == {account: Decimal(row[account]) for account in balances}


@pytest.mark.parametrize("row", table("When a month is billed"), ids=lambda row: row["month"])
def test_last_day_of_issue_is_that_of_the_table(row: dict[str, str]) -> None:
    assert last_day_of_issue(date.fromisoformat(f"{row['month']}-01")) == date.fromisoformat(row["last day of issue"])


HELD, LATE = tables("Each minute is billed once")


@pytest.mark.parametrize("row", HELD, ids=lambda row: row["case"])
def test_held_time_is_that_of_the_table(row: dict[str, str]) -> None:
    terms = terms_of(contract(charge=row["charge"], early_leave_refund=False), TARIFF)
    period = billed_period(bill_visit(visit({**row, "unknown": "0"}), terms), terms)
    first, last = (-(-(instant - START) // timedelta(minutes=1)) for instant in (period.start, period.end))
    assert (f"{first}–{last}" if last else "–") == row["holds"]


def at_desk(charge: ChargeMode, end_hour: int) -> MemoryAccounts:
    """A desk that acme booked from 09:00 in Brussels to `end_hour`, without prepaid hours; on 3 November."""
    accounts = MemoryAccounts(now=datetime(2026, 11, 3, 9, tzinfo=UTC))
    accounts.lots.clear()
    accounts.customers = [replace(each, company=replace(each.company, pools=())) for each in accounts.customers]
    acme = accounts.customers[0]
    accounts.customers[0] = replace(acme, company=replace(acme.company, contracts=(contract(charge=charge),)))
    accounts.book(1, "d-1", Interval(START, START + timedelta(hours=end_hour - 9)))
    return accounts


def next_nets(accounts: MemoryAccounts, month: date) -> dict[str, str]:
    """The net amounts of the documents of a month, by company; negative for a credit note."""
    accounts.now = max(accounts.now, datetime(month.year, month.month, 3, 9, tzinfo=UTC) + timedelta(days=31))
    accounts.bill(month)
    of_month = [document for document in accounts.documents if document.month == month and document.reason is None]
    return {document.account: f"{-document.net if document.is_credit else document.net}" for document in of_month}


@pytest.mark.parametrize("row", LATE, ids=lambda row: row["acme is charged"])
def test_late_data_gives_time_to_who_was_there_as_in_the_table(row: dict[str, str]) -> None:
    charge: ChargeMode = "as_booked" if row["acme is charged"] == "as_booked" else "as_measured"
    accounts = at_desk(charge, 12)
    accounts.observe("d-1", Interval(START, START + timedelta(hours=6)), "occupied")
    assert next_nets(accounts, OCTOBER) == {"acme": row["October"]}
    accounts.observe("d-1", Interval(START + timedelta(hours=3), START + timedelta(minutes=200)), "vacant")
    accounts.check_in(2, "d-1", START + timedelta(minutes=201))
    found = next_nets(accounts, date(2026, 11, 1))
    assert (found.get("acme", "–"), found.get("bolt")) == (row["acme's next document"], row["bolt's next document"])


@pytest.mark.parametrize("row", table("Billed to the wrong company"), ids=lambda row: row["after the credit note"])
def test_a_stay_credited_in_full_is_billed_to_the_right_company_as_in_the_table(row: dict[str, str]) -> None:
    accounts = at_desk("as_booked", 17)
    period = Interval(START, START + timedelta(hours=8))
    accounts.observe("d-1", period, "occupied")
    next_nets(accounts, OCTOBER)
    accounts.credit("INV-2026-00001", 1, None)
    if row["after the credit note"].startswith("another"):
        assert accounts.book(2, "d-1", period)
    elif row["after the credit note"].startswith("the booking gets"):
        assert accounts.change(1, company_id=2)
    else:
        assert accounts.change(1, cancelled=True)
        accounts.check_in(2, "d-1", START + timedelta(minutes=1))
    assert next_nets(accounts, date(2026, 11, 1)) == {"bolt": row["bolt's next document"]}


PARTS, REORDERED = tables("Items and subscriptions")


@pytest.mark.parametrize("row", PARTS, ids=lambda row: f"{row['from']} to {row['to']}")
def test_part_of_a_month_costs_what_the_table_says(row: dict[str, str]) -> None:
    first, last = date.fromisoformat(row["from"]), date.fromisoformat(row["to"])
    assert price_of_days(Decimal("180.00"), first, last) == Decimal(row["price a seat"])


@pytest.mark.parametrize("row", REORDERED, ids=lambda row: row["now"])
def test_changed_order_gives_the_lines_of_the_table(row: dict[str, str]) -> None:
    agreed = Subscription(
        "2026-044", "membership", "Member", date(2026, 10, 15), 3, Decimal("180.00"), date(2026, 11, 1), "seat"
    )
    changes: dict[str, Any] = {"cancelled_on": date(2026, 11, 5)} if row["now"] == "cancelled" else {}
    if match := re.match(r"(\d) seats at ([\d.]+) from 15 October(?: until (\d+) October)?", row["now"]):
        changes = {"quantity": int(match[1]), "price": Decimal(match[2])}
        changes |= {"valid_until": date(2026, 10, int(match[3]))} if match[3] else {}
    groups = supply_groups(company(subscriptions=(agreed,)), OCTOBER, OCTOBER, {})
    line = groups[0][0]
    billed = BilledSupply(
        "INV-2026-00001", 1, "subscription", "2026-044", line.starts_on, line.ends_on, None, line.quantity, line.unit,
        line.price, line.vat_category, line.vat_rate, is_credited=False,
    )  # fmt: skip
    customer = company(subscriptions=(replace(agreed, **changes),))
    now = supply_groups(customer, OCTOBER, date(2026, 11, 1), {})
    found = supply_changes(now, [billed])
    nets = [-line.net for _ in found.gone] + [group[0].net for group in found.added]
    assert (", ".join(f"{net:+}" for net in nets) or "–") == row["lines on the next document"]
    assert (f"{sum(nets, Decimal(0))}" if nets else "–") == row["net"]


WITHOUT = {"AE": REVERSE_CHARGE, "E": WITHOUT_VAT["E"], "O": WITHOUT_VAT["O"], "S": STANDARD_VAT}


class TaxedCompany:
    """Bolt in a centre that is empty: it pays what was measured, and is taxed as a table says."""

    def __init__(self) -> None:
        self.network = MemoryAccounts(now=datetime(2026, 11, 3, 9, tzinfo=UTC))
        self.network.lots.clear()
        self.observe(date(2026, 10, 1), 24 * 31, "vacant")

    def observe(self, day: date, hours: int, state: State) -> None:
        start = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
        self.network.observe("d-1", Interval(start, start + timedelta(hours=hours)), state)

    def book(self, day: date, hours: int) -> None:
        start = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
        self.network.book(2, "d-1", Interval(start, start + timedelta(hours=hours)))

    def tax(self, stated: str) -> None:
        first, *later = (part.split() for part in stated.split(", "))
        periods = tuple(VatPeriod(date.fromisoformat(day), WITHOUT[category]) for category, day in later)
        bolt = self.network.customers[1]
        taxed = replace(bolt.company, vat=WITHOUT[first[0]], later_vat=periods)
        self.network.customers[1] = replace(bolt, company=taxed)

    def bill(self, month: date) -> list[Invoice]:
        before = len(self.network.documents)
        self.network.now = max(self.network.now, datetime(month.year, month.month, 3, 9, tzinfo=UTC) + timedelta(days=31))
        self.network.bill(month)
        assert self.network.mismatches() == []
        return [document for document in self.network.documents[before:] if document.account == "bolt"]


def stated_totals(documents: Sequence[Invoice]) -> str:
    return "; ".join(
        ", ".join(
            f"{t.category}: {-t.base} + {-t.vat}" if document.is_credit else f"{t.category}: {t.base} + {t.vat}"
            for t in document.vat_totals
        )
        for document in documents
    )


BY_DAY = "VAT is rounded once"


@pytest.mark.parametrize("row", tables(BY_DAY)[2], ids=lambda row: row["VAT"])
def test_vat_of_a_month_is_that_of_its_days(row: dict[str, str]) -> None:
    bolt = TaxedCompany()
    bolt.tax(row["VAT"])
    for day in row["days"].split():
        bolt.book(date.fromisoformat(day), 1)
        bolt.observe(date.fromisoformat(day), 1, "occupied")
    assert stated_totals(bolt.bill(OCTOBER)) == row["documents"]


@pytest.mark.parametrize("row", tables(BY_DAY)[3], ids=lambda row: row["now"])
def test_a_correction_has_the_vat_of_its_day(row: dict[str, str]) -> None:
    bolt = TaxedCompany()
    day = date(2026, 10, 5)
    bolt.book(day, 5)
    bolt.observe(day, 2, "occupied")
    assert stated_totals(bolt.bill(OCTOBER)) == "S: 15.00 + 3.15"
    bolt.tax(row["now"])
    bolt.observe(day, 5, "occupied")
    issued = bolt.bill(date(2026, 11, 1))
    assert stated_totals(issued) == row["documents"]
    lines = [f"{line.vat_category} {line.net:+}" for document in issued for line in document.lines]
    assert ", ".join(lines) == row["lines on the next document"]


def _movements(text: str) -> list[Movement]:
    """`1+2: 140, 40`: a payment a day, with the documents that it names."""
    movements = []
    for day, part in enumerate(text.split(", ")):
        names, _, amount = part.removesuffix(" returned").rpartition(": ")
        numbers = " ".join(f"INV-2026-0000{name}" for name in names.split("+") if name)
        entry = BankEntry(
            "1",
            OCTOBER + timedelta(days=day),
            Decimal(amount),
            iban="BE43",
            text=numbers,
            is_return=part.endswith(" returned"),
        )
        movements.append(Movement(day, entry))
    return movements


@pytest.mark.parametrize("row", tables("Bank statements")[0], ids=lambda row: row["payments, one a day"])
def test_bank_statements_pay_what_the_table_says(row: dict[str, str]) -> None:
    items = [
        OpenItem(f"INV-2026-0000{n}", "bolt", "", is_credit=False, issued_on=OCTOBER, open=Decimal(amount))
        for n, amount in ((1, 100), (2, 40))
    ]
    found = plan(movements := _movements(row["payments, one a day"]), items, [])
    paid = {item.number: Decimal(0) for item in items}
    left = {movement.entry_id: movement.entry.amount for movement in movements}
    for entry_id, allocations in found.allocations.items():
        for allocation in allocations:
            left[entry_id] -= allocation.amount
            if allocation.kind == "document":
                paid[allocation.target] += allocation.amount
    undecided = [f"{left[entry_id]:.2f} {reason.replace('_', ' ')}" for entry_id, reason in found.reasons.items()]
    assert [f"{amount:.2f}" for amount in paid.values()] == [row["INV-1 paid"], row["INV-2 paid"]]
    assert undecided == ([] if row["to decide"] == "–" else [row["to decide"]])


def test_bank_movements_are_posted_as_the_table_says() -> None:
    iban, paid, fees = "BE92999900000123", Decimal(100), Decimal("-3.50")
    bolt = replace(invoice([line_of()]), account="bolt")
    posted = [
        ("movement", postings.bank_entry_posting(iban, OCTOBER, paid)),
        ("payment", postings.payment_posting(bolt, OCTOBER, paid)),
        ("matched", postings.bank_allocation_posting(OCTOBER, paid)),
        ("movement", postings.bank_entry_posting(iban, OCTOBER, fees)),
        ("ignored", postings.bank_allocation_posting(OCTOBER, fees, is_elsewhere=True)),
        ("brought forward", postings.brought_forward_posting(iban, OCTOBER, Decimal(1000))),
    ]
    rows = sorted((event, account, f"{amount:.2f}") for event, each in posted for account, amount in each.amounts.items())
    assert rows == sorted((row["event"], row["account"], row["amount"]) for row in tables("Bank statements")[1])


NUMBERS, EXPORTED, LISTED = tables("Export for accounting")


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row["used_for"])
def test_default_account_numbers_are_those_of_the_table(row: dict[str, str]) -> None:
    assert ChartOfAccounts().number(row["used_for"])[0] == row["number"]


def test_exported_rows_are_those_of_the_table() -> None:
    issued, settled, made, charged = accounts_example()
    events = {
        "invoice": RecordedPosting(1, postings.document_posting(issued), issued),
        "settlement": RecordedPosting(2, postings.settlement_posting(settled, charged), settled),
        "expiry": RecordedPosting(3, postings.expiry_posting("acme", OCTOBER, issued.issued_on, made.expired), None),
    }
    found = [
        (event, row.account, *(f"{x}" if x else "–" for x in (row.product, row.vat_code, row.debit, row.credit)))
        for event, posting in events.items()
        for row in journal_rows([posting], ChartOfAccounts(), {})
    ]
    assert sorted(found) == sorted(tuple(row.values()) for row in EXPORTED)


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row["turnover"])
def test_clients_are_listed_from_the_turnover_of_the_table_on(row: dict[str, str]) -> None:
    document = invoice([line_of(60)])
    total = replace(document.vat_totals[0], base=Decimal(row["turnover"]))
    clients = client_listing([replace(document, vat_totals=(total,))], 2026).clients
    assert bool(clients) == (row["listed"] == "yes")
