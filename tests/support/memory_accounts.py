"""A network in memory: bookings, presence, documents and postings, through the same rules as the database's commands.

What stands in for the database is here: the tables as lists and dictionaries, the constraint that a minute and a booking are
billed once, and the order in which the commands call the rules. Verdicts, ratings, plans, documents, credit notes, positions,
settlements, postings and the audit are the program's own.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from smartwork.domain.accounting import postings
from smartwork.domain.accounting.postings import Posting
from smartwork.domain.audit.audit import audit
from smartwork.domain.audit.audit_data import (
    AuditData,
    BankData,
    BilledMonth,
    LotMovement,
    Series,
    SettlementItem,
    StoredDocument,
    StoredPosting,
    StoredTerms,
    line_charge,
    sign,
)
from smartwork.domain.audit.book_chain import Books
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.changed_months import MonthDigests, MonthKey, month_digests
from smartwork.domain.billing.companies import Customer
from smartwork.domain.billing.composition import compose, kind_of, series_of
from smartwork.domain.billing.contracts import CentreContract, Pool
from smartwork.domain.billing.credit_notes import credit, credit_note_header
from smartwork.domain.billing.invoice import Invoice, LineReference, RevenueKind
from smartwork.domain.billing.month_plan import HeldTime, MonthData, MonthPlan, plan_month
from smartwork.domain.billing.month_reading import all_visits, digests_to_store, read_visits
from smartwork.domain.billing.occupancy import BilledOccupancy, LineKey, freed_lines, held_by_document, newly_freed
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.payments import BalanceChange, BalanceChangeKind, PayableDocument, payment, positions, refund
from smartwork.domain.billing.prepaid_hours import GivenBack, Lot, own_lots, returned_hours
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.billing.write_offs import recovered
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import Author, BookingInForce, RefusedChange, RequestedBooking, decide
from smartwork.domain.bookings.early_release import Reason, ReleasePolicy
from smartwork.domain.bookings.early_release import release as early_release
from smartwork.domain.bookings.reconciliation import BookedSlot, Judgement, RecordedCheckIn, Rules, reconcile
from smartwork.domain.bookings.visit import MeasuredVerdict, Visit
from smartwork.domain.ledger.ledger_day import BatchRun
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.presence.spans import Span, State, clip, clip_at
from smartwork.domain.settlement.settlement import (
    CentreMonth,
    Revenue,
    SettledMonth,
    SettlementTerms,
    centre_head,
    settle_centre_month,
)
from smartwork.domain.time import Interval, local_month, months_later
from tests.support.stays import SELLER, company, contract

BRUSSELS = "Europe/Brussels"
KINDS: dict[str, PlaceKind] = {"d-1": "desk", "d-2": "desk", "r-1": "room"}
TARIFFS = (
    Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"), half_day=Decimal(25), half_day_hours=Decimal(4), day=Decimal(40)),
    Tariff(None, "room", date(2026, 1, 1), Decimal("24.00")),
)
CENTRE = CentreContract(
    "namur", date(2026, 1, 1), None, "share", Decimal("0.6"), Party("Ville", "0123456749", "Place 1", "5000", "Namur"), "fr"
)
CANCELLATION: dict[int, dict[str, Decimal | int]] = {
    2: {"cancellation_hours": 240, "cancellation_share": Decimal("0.5")},
    4: {"cancellation_hours": 240, "cancellation_fee": Decimal("4.00")},
}
"""The terms of cancellation by company_id; ten days, so that a booking of the week to come is cancelled late."""
_CLIENT = Author("client", "company")
_ZERO = Decimal(0)


def customers() -> list[Customer]:
    """Four companies, one for each rule of charging; acme has bought hours ahead."""
    pool = Pool("desk", Decimal("6.00"), Decimal(1), 12)
    charges = {"acme": "as_booked", "bolt": "as_measured", "calm": "the_greater", "dune": "cheapest"}
    return [
        Customer(
            number,
            company(
                *((pool,) if slug == "acme" else ()),
                slug=slug,
                contracts=(contract(charge=charge, **CANCELLATION.get(number, {})),),
            ),
            is_demo=True,
        )
        for number, (slug, charge) in enumerate(charges.items(), start=1)
    ]


@dataclass(slots=True)
class Booked:
    """A booking: whose, where and when. `gave_way` is set when its line is credited in full.

    `is_own`: the company made it with its own token. `released_at`: its place was not used, and may be booked from then on.
    """

    booking_id: int
    company_id: int
    place: str
    period: Interval
    cancelled: bool = False
    gave_way: bool = False
    is_own: bool = False
    cancelled_late_at: datetime | None = None
    released_at: datetime | None = None


@dataclass(slots=True)
class MemoryAccounts:
    """The network and its accounts. `now` is the present; `presence` are spans by place, in order."""

    now: datetime
    presence: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    bookings: dict[int, Booked] = field(default_factory=dict)
    check_ins: list[tuple[str, RecordedCheckIn]] = field(default_factory=list)
    verdicts: dict[date, list[tuple[str, Judgement]]] = field(default_factory=dict)
    documents: list[Invoice] = field(default_factory=list)
    held: dict[tuple[str, int, int], HeldTime] = field(default_factory=dict)
    billed: dict[MonthKey, MonthDigests | None] = field(default_factory=dict)
    lots: dict[int, list[Lot]] = field(
        default_factory=lambda: defaultdict(
            list,
            {1: [Lot("O-1", "desk", date(2026, 10, 1), date(2027, 10, 1), Decimal(3), Decimal("6.00"), Decimal(3))]},
        )
    )
    sold: set[tuple[int, str]] = field(default_factory=set)
    movements: list[LotMovement] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    moves: list[BalanceChange] = field(default_factory=list)
    disputes: set[LineKey] = field(default_factory=set)
    settled_items: list[SettlementItem] = field(default_factory=list)
    settled_months: dict[date, SettledMonth] = field(default_factory=dict)
    customers: list[Customer] = field(default_factory=customers)

    # what happens in the centre

    def observe(self, place: str, period: Interval, state: State) -> None:
        """Presence in `period` is now known to be `state`; it may arrive late."""
        kept: list[Span] = []
        for span in self.presence[place]:
            if span.start < min(span.end, period.start):
                kept.append(replace(span, end=min(span.end, period.start)))
            if max(span.start, period.end) < span.end:
                kept.append(replace(span, start=max(span.start, period.end)))
        kept.append(Span(period.start, period.end, state))
        self.presence[place] = _joined(sorted(kept, key=lambda span: span.start))

    def book(self, company_id: int, place: str, period: Interval, *, is_own: bool = False) -> int | None:
        """Book a place, and return the booking_id; None if it is taken, or the company may not do it."""
        booking_id = len(self.bookings) + 1
        wanted = Booked(booking_id, company_id, place, period, is_own=is_own)
        if is_own and isinstance(decide(None, self._requested(wanted), _CLIENT, self.now), RefusedChange):
            return None
        if self._is_taken(place, period):
            return None
        self.bookings[booking_id] = wanted
        return booking_id

    def change(self, booking_id: int, **changes: object) -> bool:
        """Change a booking for the network; False if nothing changes, or it is the company's own, cancelled, or charged."""
        before = self.bookings[booking_id]
        return not (before.is_own or before.cancelled) and self._put(booking_id, replace(before, **changes))  # type: ignore[arg-type]

    def change_own(self, booking_id: int, **changes: object) -> bool:
        """Change a booking for its company; False if nothing changes, the company may not do it, or a document charges it."""
        before = self.bookings[booking_id]
        notice = self._notice(before.company_id)
        requested, stored = self._requested(replace(before, **changes)), self._requested(before)  # type: ignore[arg-type]
        in_force = BookingInForce(stored.booking, stored.company, stored.kind, notice, before.cancelled_late_at)
        decided = decide(in_force, requested, _CLIENT, self.now)
        if isinstance(decided, RefusedChange):
            return False
        booking = decided.booking
        period = Interval(booking.starts_at, booking.ends_at)
        after = replace(before, place=booking.resource, period=period, cancelled=booking.status == "cancelled")
        return self._put(booking_id, replace(after, cancelled_late_at=decided.cancelled_late_at))

    def _put(self, booking_id: int, after: Booked) -> bool:
        if after == self.bookings[booking_id]:
            return False
        if self.is_charged(booking_id):
            return False
        if not after.cancelled and self._is_taken(after.place, after.period, booking_id):
            return False
        self.bookings[booking_id] = replace(after, gave_way=False, released_at=None)
        return True

    def is_charged(self, booking_id: int) -> bool:
        """Whether a document charges a booking."""
        return any(held.occupancy.record == ("booking", f"B-{booking_id}") for held in self.held.values())

    def _notice(self, company_id: int) -> timedelta | None:
        hours = CANCELLATION.get(company_id, {}).get("cancellation_hours")
        return None if hours is None else timedelta(hours=float(hours))

    def _requested(self, booked: Booked) -> RequestedBooking:
        booking = Booking(
            f"B-{booked.booking_id}", "namur", booked.place, f"m-{booked.company_id}", booked.period.start, booked.period.end,
            "cancelled" if booked.cancelled else "booked",
        )  # fmt: skip
        return RequestedBooking(booking, f"{booked.company_id}", KINDS[booked.place])

    def release(self, booking_id: int, at: datetime) -> Reason | None:
        """Release the place of a booking that is not used at `at`; returns why, or None if it stays booked."""
        booked = self.bookings[booking_id]
        if booked.cancelled or booked.gave_way or booked.released_at is not None:
            return None
        came = [
            check_in.at
            for place, check_in in self.check_ins
            if (place, check_in.company_id) == (booked.place, booked.company_id)
        ]
        reason = early_release(booked.period, clip_at(self.presence[booked.place], at), came, at, ReleasePolicy())
        if reason is not None:
            self.bookings[booking_id] = replace(booked, released_at=at)
        return reason

    def check_in(self, company_id: int, place: str, at: datetime) -> None:
        """A member of a company checks in."""
        self.check_ins.append((place, RecordedCheckIn(len(self.check_ins) + 1, company_id, at)))

    def _is_taken(self, place: str, period: Interval, but: int = 0) -> bool:
        return any(
            other.place == place
            and other.booking_id != but
            and Interval(other.period.start, other.released_at or other.period.end).intersect(period)
            for other in self.bookings.values()
            if not other.cancelled and not other.gave_way
        )

    # reconciliation

    def reconcile(self, month: date) -> None:
        """Judge a month as of now."""
        window = local_month(month, BRUSSELS)
        self.verdicts[month] = [
            (place, judgement)
            for place in KINDS
            for judgement in reconcile(
                [
                    BookedSlot(b.booking_id, b.company_id, b.period, b.cancelled, b.cancelled_late_at, b.gave_way)
                    for b in self.bookings.values()
                    if b.place == place
                ],
                [check_in for at_place, check_in in self.check_ins if at_place == place],
                self.presence[place],
                window,
                Rules(),
                self.now,
            )
        ]

    def visits(self, month: date, company_ids: Sequence[int] | None) -> dict[int, list[Visit]]:
        """The visits of a month that may be charged, by company_id."""
        found: dict[int, list[Visit]] = defaultdict(list)
        for place, judgement in self.verdicts.get(month, []):
            company_id = judgement.company_id
            if company_id is None or judgement.verdict == "cancelled" or (company_ids and company_id not in company_ids):
                continue
            found[company_id].append(self._visit(place, judgement))
        return dict(found)

    def _visit(self, place: str, judgement: Judgement) -> Visit:
        measured = {each.name: getattr(judgement, each.name) for each in fields(MeasuredVerdict)}
        has_evidence = judgement.verdict != "cancelled_late"
        period = Interval(judgement.starts_at, judgement.evidence_until if has_evidence else judgement.starts_at)
        check_in = judgement.check_in_id
        return Visit(
            **measured, centre="namur", centre_name="Namur", timezone=BRUSSELS, resource=place, resource_name=place,
            kind=KINDS[place], member=f"m-{judgement.company_id}",
            booking=f"B-{judgement.booking_id}" if judgement.booking_id else None,
            check_in=f"K-{check_in}" if check_in else None, check_in_method="badge" if check_in else None,
            spans=clip(self.presence[place], period),
            batches=(BatchRun("edge", "a1b2c3d4e5f6", 1, 9),) if has_evidence else (),
        )  # fmt: skip

    def _digests(self) -> dict[MonthKey, MonthDigests]:
        texts: dict[MonthKey, str] = defaultdict(str)
        for month, judged in self.verdicts.items():
            for place, judgement in judged:
                if judgement.company_id is not None and judgement.verdict != "cancelled":
                    texts[judgement.company_id, month] += f"{place} {judgement}\n"
        hashed = {key: hashlib.sha256(text.encode()).hexdigest() for key, text in texts.items()}
        return month_digests(hashed, {c.company_id: c.company for c in self.customers}, TARIFFS)

    # billing

    def held_time(self, visits: Mapping[int, Iterable[Visit]]) -> list[HeldTime]:  # noqa: ARG002 - more is no harm
        """All billed occupancy, with the company of each booking now."""
        return [self._booked_now(held) for held in self.held.values()]

    def _booked_now(self, held: HeldTime) -> HeldTime:
        kind, name = held.occupancy.record
        return replace(held, booked_by=self.bookings[int(name[2:])].company_id if kind == "booking" else None)

    def bill(self, month: date, slug: str | None = None) -> MonthPlan:
        """Reconcile what the correction window has, bill a month for all companies or for one, and return the plan."""
        for earlier in (months_later(month, -n) for n in range(3, -1, -1)):
            self.reconcile(earlier)
        chosen = [customer for customer in self.customers if slug in (None, customer.company.slug)]
        ids = None if slug is None else {customer.company_id for customer in chosen}
        now = {key: text for key, text in self._digests().items() if key[1] <= month}
        read = read_visits(self, month, now, {key: text for key, text in self.billed.items() if key[1] <= month}, ids)
        by_company: dict[int, list[Invoice]] = defaultdict(list)
        for document in self.documents:
            by_company[self._company_id(document)].append(document)
        data = MonthData(
            month=month, issued_on=self.now.date(), seller=SELLER, tariffs=TARIFFS, visits=read.visits, changed=read.changed,
            documents=by_company, contested=read.contested, held=self.held_time(all_visits(read.visits, read.changed)),
            lots={c.company_id: self._lots_of(c.company_id) for c in chosen},
        )  # fmt: skip
        plan = plan_month([customer for customer in chosen if not self._is_closed(customer, month)], data)
        self._issue(plan, data)
        self.billed |= digests_to_store(read, plan, month)
        return plan

    def _lots_of(self, company_id: int) -> tuple[list[Lot], list[Lot]]:
        lots = self.lots[company_id]
        return [x for x in lots if (company_id, x.lot) in self.sold], [
            x for x in lots if (company_id, x.lot) not in self.sold
        ]

    def _is_closed(self, customer: Customer, month: date) -> bool:
        months = {d.month for d in self.documents if d.account == customer.company.slug and d.reason is None}
        return month in months or (any(m > month for m in months) and (customer.company_id, month) in self.billed)

    def _company_id(self, document: Invoice) -> int:
        return next((c.company_id for c in self.customers if c.company.slug == document.account), 0)

    def _issue(self, plan: MonthPlan, data: MonthData) -> None:
        issued = []
        for planned in plan.months:
            company_id = planned.customer.company_id
            self.lots[company_id] += planned.made.overdrafts
            for made in planned.documents:
                issued.append(made.numbered(self._next_number(series_of(made.kind, made.header.issued_on))))
                self.documents.append(issued[-1])
        self._store(issued)
        for planned in plan.months:
            company_id, slug = planned.customer.company_id, planned.customer.company.slug
            if expired := planned.made.expired:
                for lost in expired:
                    self._move(company_id, lost.lot, "expired", -lost.hours, -lost.value)
                self.postings.append(postings.expiry_posting(slug, data.month, data.issued_on, expired))
            if planned.made.given_back:
                self._give_back(company_id, planned.made.given_back, issued)

    def _give_back(self, company_id: int, given_back: Iterable[GivenBack], issued: Sequence[Invoice]) -> None:
        """Hours that were returned to an expired lot get one of their own."""
        number = next(document.number for document in issued if self._company_id(document) == company_id)
        slug = self.customers[company_id - 1].company.slug
        for given in given_back:
            self.lots[company_id].append(given.own)
            self.sold.add((company_id, given.own.lot))
            for lot, sign_of, value in ((given.lot, -1, given.value), (given.own.lot, 1, given.own.value)):
                self._move(company_id, lot, "returned", sign_of * given.own.hours, sign_of * value, (number, None))
        if any(given.value != given.own.value for given in given_back):
            self.postings.append(postings.rounding_posting(slug, issued[0].month, self.now.date(), given_back))

    def _store(self, issued: Sequence[Invoice], freed: Iterable[LineKey] = ()) -> None:
        """Store what documents hold, move and post; asserts what the database's constraints refuse."""
        gone = freed_lines(issued) | set(freed)
        self.held = {key: held for key, held in self.held.items() if held.occupancy.key not in gone}
        for document in issued:
            for occupancy in held_by_document(document):
                kind, name = occupancy.record
                booked_by = self.bookings[int(name[2:])].company_id if kind == "booking" else None
                starts_on = next(line for line in document.lines if line.line == occupancy.line).starts_on
                held = HeldTime(self._company_id(document), starts_on.replace(day=1), booked_by, occupancy)
                for other in self.held.values():
                    assert not _is_shared(occupancy, other.occupancy), f"billed twice: {occupancy} and {other.occupancy}"
                self.held[occupancy.number, occupancy.line, occupancy.proof] = held
            self._move_hours(document)
            self.postings.append(postings.document_posting(document))

    def _move_hours(self, document: Invoice) -> None:
        company_id, of = self._company_id(document), -1 if document.is_credit else 1
        entries = [
            (line.label or "", "bought", of * line.hours, of * line.net, line.line)
            for line in document.lines
            if line.kind in ("credits_bought", "overdraft")
        ]
        self.sold |= {(company_id, lot) for lot, *_ in entries}
        entries += [
            (drawn.lot, "spent", -of * drawn.hours, -of * drawn.value, line.line)
            for line in document.lines
            for drawn in line.drawdowns
        ]
        for lot, reason, hours, value, line in sorted(entries, key=lambda entry: entry[2] < 0):
            self._move(company_id, lot, reason, hours, value, (document.number, line))

    def _move(
        self, company_id: int, lot: str, reason: str, hours: Decimal, value: Decimal, of: tuple[str, int | None] | None = None
    ) -> None:
        at = next(i for i, each in enumerate(self.lots[company_id]) if each.lot == lot)
        before = self.lots[company_id][at]
        number, line = of or (None, None)
        slug = self.customers[company_id - 1].company.slug
        self.movements.append(LotMovement(slug, lot, before.hours, before.per_hour, reason, hours, value, number, line))
        left = sum((m.hours for m in self.movements if (m.company, m.lot) == (slug, lot)), _ZERO)
        self.lots[company_id][at] = replace(before, left=left)

    def _next_number(self, series: str) -> int:
        return sum(document.series == series for document in self.documents) + 1

    # after it is issued

    def credit(self, number: str, line: int, hours: Decimal | None) -> Invoice | None:
        """Dispute a line and end the dispute with a credit note; None if it was corrected or credited before."""
        document = next(each for each in self.documents if each.number == number)
        references = {(x.corrects.number, x.corrects.line) for d in self.documents for x in d.lines if x.corrects}
        if (number, line) in references or document.kind != "invoice":
            return None
        company_id = self._company_id(document)
        group = credit(document, line, hours, self._lots_of(company_id)[0])
        head = credit_note_header(document, self.now.date(), "agreed")
        note = compose(head, [group], ordinal=self._next_number(series_of("credit_note", self.now.date())))
        freed = newly_freed([d for d in self.documents if d.account == note.account], note)
        self.documents.append(note)
        for visit in (billed.visit for each in document.lines if (number, each.line) in freed for billed in each.visits):
            if visit.booking and not self.bookings[int(visit.booking[2:])].cancelled:
                self.bookings[int(visit.booking[2:])].gave_way = True
        self._store([note], freed)
        self._give_back(
            company_id,
            own_lots(
                self._lots_of(company_id)[0], returned_hours(note.lines, is_credit=True), note.issued_on, note.issued_on,
                note.number,
            ),
            [note],
        )  # fmt: skip
        self._recover(number, note.gross)
        self.moves.append(BalanceChange(number, "credited", None, note.number))
        return note

    def pay(self, number: str, amount: Decimal | None) -> None:
        """Record a payment or, of an overpaid document, a refund. Raises InputError."""
        owed = self.owed()
        [document] = [each for each in owed if each.number == number]
        standing = positions(owed, self.moves)[number]
        is_refund = standing.overpaid > 0 and amount is None
        paid = refund(document, standing, None) if is_refund else payment(document, standing, amount)
        if not is_refund:
            self._recover(number, paid)
        self.moves.append(BalanceChange(number, "refunded" if is_refund else "paid", paid))
        invoice = next(each for each in self.documents if each.number == number)
        self.postings.append(postings.payment_posting(invoice, self.now.date(), -paid if is_refund else paid))

    def _recover(self, number: str, settled: Decimal) -> None:
        if back := recovered(positions(self.owed(), self.moves)[number], settled):
            self.put_write_off(number, "write_off_reversed", back)

    def put_write_off(self, number: str, kind: BalanceChangeKind, amount: Decimal) -> None:
        """Write an amount off, or reverse that."""
        self.moves.append(BalanceChange(number, kind, amount))
        invoice = next(each for each in self.documents if each.number == number)
        lost = amount if kind == "written_off" else -amount
        self.postings.append(postings.write_off_posting(invoice, self.now.date(), lost))

    def owed(self) -> list[PayableDocument]:
        """The documents to companies, as payments use them."""
        return [
            PayableDocument(d.number, d.account, d.gross, d.kind == "credit_note", d.corrects[0].number if d.reason else None)
            for d in self.documents
            if not d.is_self_billed
        ]

    def settle(self, month: date) -> None:
        """Settle what is charged up to a month with the centre, and pay it out."""
        taken = {item.posting_id for item in self.settled_items}
        lines: dict[date, dict[RevenueKind, Decimal]] = {month: {}}
        posting_ids, charged = set(), _ZERO
        for posting_id, posting in enumerate(self.postings, start=1):
            document = next((d for d in self.documents if d.number == posting.document), None)
            if posting.kind != "document" or posting_id in taken or document is None or document.month > month:
                continue
            for line in (each for each in document.lines if each.centre is not None and each.place_kind):
                amount = sign(document) * line_charge(line)
                of_month = lines.setdefault(line.starts_on.replace(day=1), {})
                of_month[line.place_kind or "desk"] = of_month.get(line.place_kind or "desk", _ZERO) + amount
                posting_ids.add(posting_id)
                charged += amount
        own = [document for document in self.documents if document.is_self_billed]
        latest = next(
            (LineReference(d.number, d.issued_on, 1) for d in reversed(own) if d.kind == "self_billed_invoice"), None
        )
        groups: list[Group] = []
        for of, revenue in sorted(lines.items()):
            previous = self.settled_months.get(of)
            settled = settle_centre_month(
                CentreMonth(
                    CENTRE, of, 2, previous, Revenue("namur", "Namur", revenue), Revenue("namur", "Namur", {}), own, latest
                )
            )
            groups += settled.groups
            self.settled_months[of] = (
                settled.settled or previous or SettledMonth(SettlementTerms("share", _ZERO, "S", _ZERO), None)
            )
        if groups:
            head = centre_head(CENTRE, month, self.now.date(), SELLER, is_demo=True)
            series = series_of(kind_of(head, groups), self.now.date(), head.account)
            invoice = compose(head, groups, ordinal=self._next_number(series))
            self.documents.append(invoice)
            self.postings.append(postings.settlement_posting(invoice, charged))
        elif posting_ids:
            self.postings.append(postings.margin_posting("namur", month, self.now.date(), charged))
        self.settled_items += [SettlementItem(posting_id, "namur", len(self.postings)) for posting_id in sorted(posting_ids)]

    # the audit

    def mismatches(self) -> list[str]:
        """What the audit finds wrong."""
        return [mismatch for check in audit(self._audit_data()) for mismatch in check.mismatches]

    def _audit_data(self) -> AuditData:
        slugs = {customer.company_id: customer.company.slug for customer in self.customers}
        numbers = defaultdict(list)
        for document in self.documents:
            numbers[document.series].append(document.number)
        return AuditData(
            documents=[StoredDocument(d, True, d.net, d.vat, d.gross) for d in self.documents],
            postings=[
                StoredPosting(n, p.kind, p.month, p.document, dict(p.amounts)) for n, p in enumerate(self.postings, start=1)
            ],
            movements=self.movements,
            series=[Series(series, len(of), tuple(of)) for series, of in numbers.items()],
            documents_without_series=[],
            table_mismatches=[],
            billed_occupancy={key: held.occupancy.period for key, held in self.held.items()},
            billed_months=[
                BilledMonth(slugs[key], month, 3, *((d.verdicts, d.contracts, d.tariffs) if d else (None, None, None)))
                for (key, month), d in self.billed.items()
            ],
            shared_booking_ids=frozenset(),
            owed=self.owed(),
            moves=self.moves,
            orders=[],
            agreed_ibans=frozenset(),
            acceptances=[],
            settlement_items=self.settled_items,
            terms=[StoredTerms("namur", month, of.terms, of.desks) for month, of in self.settled_months.items()],
            statements=[],
            bank=BankData({}, (), ()),
            books=Books(BookHead(0, ""), (), ()),
        )


def _is_shared(one: BilledOccupancy, other: BilledOccupancy) -> bool:
    """Whether two lines hold one booking, or a part of the same time of a place."""
    if one.record == other.record and one.record[0] == "booking":
        return True
    return one.place == other.place and one.period.intersect(other.period) is not None


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbouring spans of one state joined to one."""
    joined: list[Span] = []
    for _, group in groupby(spans, key=lambda span: span.state):
        for span in group:
            if joined and joined[-1].end == span.start and joined[-1].state == span.state:
                joined[-1] = replace(joined[-1], end=span.end)
            else:
                joined.append(span)
    return joined


def at(day: int, hour: float, month: int = 10) -> datetime:
    """An instant in UTC of 2026."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour)
