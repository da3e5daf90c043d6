"""Whatever happens in any order, books balance, and each centre is paid exactly what it is owed, at most once."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.accounting import accounts, postings
from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import CentreContract, SelfBillingAgreement
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.acceptance import Acceptance, AcceptanceEvent, require_reply_possible
from smartwork.domain.settlement.due_payouts import due_payouts
from smartwork.domain.settlement.payouts import Answer, PayoutEvent, PayoutState, payout_state, require_possible
from smartwork.domain.settlement.settlement import Revenue, cancellation, cancellation_head, centre_head, settle
from smartwork.errors import InputError
from tests.support.stays import SELLER

TODAY, OCTOBER = date(2026, 11, 2), date(2026, 10, 1)
PAYEE = Party("Ville", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
CONTRACT = CentreContract(
    "namur", OCTOBER, None, "share", Decimal("0.6"), PAYEE, "fr", self_billing=SelfBillingAgreement("1", OCTOBER, "A. Dubois")
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["settle", "credit", "accept", "refuse", "take back", "order", "order", "paid", "paid", "refused"]),
        st.integers(0, 5),
    ),
    max_size=40,
)


class Books:
    """The documents, payouts and accounts of a centre, by the program's rules."""

    def __init__(self) -> None:
        self.documents: dict[str, Invoice] = {}
        self.acceptances: dict[str, Acceptance] = {}
        self.payouts: list[tuple[tuple[str, ...], Decimal, list[PayoutEvent]]] = []
        self.balances: dict[str, Decimal] = defaultdict(Decimal)

    def post(self, posting: postings.Posting) -> None:
        assert sum(posting.amounts.values()) == 0
        for account, amount in posting.amounts.items():
            self.balances[account] += amount

    def settle(self, charged: Decimal) -> None:
        groups = settle(CONTRACT, Revenue("namur", "Namur", {"desk": charged}), 1, OCTOBER)
        ordinal = len(self.documents) + 1
        made = compose(centre_head(CONTRACT, OCTOBER, TODAY, SELLER, is_demo=True), groups, ordinal=ordinal)
        self.documents[made.number] = made
        self.acceptances[made.number] = Acceptance(made.number, "namur", "1", "A. Dubois")
        self.post(postings.settlement_posting(made, charged))

    def reply(self, number: str, event: AcceptanceEvent) -> None:
        require_reply_possible(self.acceptances[number], event, TODAY)
        acceptance = self.acceptances[number]
        self.acceptances[number] = replace(acceptance, events=(*acceptance.events, event))

    def take_back(self, number: str) -> None:
        if self.acceptances[number].state(TODAY) != "refused":
            return
        document, ordinal = self.documents[number], len(self.documents) + 1
        made = compose(cancellation_head(document, TODAY), cancellation(document), ordinal=ordinal)
        self.documents[made.number] = made
        self.acceptances[number] = replace(self.acceptances[number], cancelled_by=made.number)
        self.acceptances[made.number] = Acceptance(made.number, "namur", cancels=number)
        self.post(postings.settlement_posting(made, Decimal(0)))

    def paid_by(self) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for numbers, _, events in self.payouts:
            for number in numbers if payout_state(events) != "refused" else ():
                counts[number] += 1
        return counts

    def order(self) -> None:
        paid = self.paid_by()
        unpaid = [
            document
            for number, document in self.documents.items()
            if not paid.get(number) and self.acceptances[number].state(TODAY) == "accepted"
        ]
        for file in due_payouts(unpaid, [CONTRACT]):
            for due in file:
                self.payouts.append((due.documents, due.amount, []))
                self.post(postings.payout_posting("namur", OCTOBER, TODAY, due.amount))

    def mark(self, index: int, event: PayoutEvent) -> None:
        numbers, amount, events = self.payouts[index]
        require_possible("namur", TODAY, events, event)
        before: PayoutState = payout_state(events)
        if before == "refused" and any(self.paid_by().get(number) for number in numbers):
            return
        events.append(event)
        self.post(postings.payout_posting("namur", OCTOBER, TODAY, amount, event.state, before))

    def happen(self, kind: str, pick: int) -> None:
        numbers = list(self.documents)
        if kind in ("settle", "credit"):
            self.settle(Decimal(10 * (pick + 1)) * (1 if kind == "settle" else -1))
        elif kind == "order":
            self.order()
        elif kind in ("paid", "refused") and self.payouts:
            state: Answer = "paid" if kind == "paid" else "refused"
            self.mark(pick % len(self.payouts), PayoutEvent(state, TODAY, "statement", None if kind == "paid" else "closed"))
        elif kind in ("accept", "refuse") and numbers:
            reply = AcceptanceEvent("accepted" if kind == "accept" else "refused", TODAY, "a reason")
            self.reply(numbers[pick % len(numbers)], reply)
        elif kind == "take back" and numbers:
            self.take_back(numbers[pick % len(numbers)])


@given(EVENTS)
def test_any_order_of_events_pays_each_accepted_document_at_most_once(events: list[tuple[str, int]]) -> None:
    books = Books()
    for kind, pick in events:
        try:
            books.happen(kind, pick)
        except InputError:
            continue
    assert all(count <= 1 for count in books.paid_by().values())
    assert all(books.acceptances[number].state(TODAY) == "accepted" for numbers, _, _ in books.payouts for number in numbers)
    # At the end everybody accepts, and the bank pays what is ordered: nothing that is owed is left.
    for number, acceptance in list(books.acceptances.items()):
        if acceptance.state(TODAY) in ("waiting", "refused"):
            books.reply(number, AcceptanceEvent("accepted", TODAY))
    books.order()
    for index, (_, _, done) in enumerate(books.payouts):
        if payout_state(done) == "ordered":
            books.mark(index, PayoutEvent("paid", TODAY, "statement"))
    owed = sum((-d.gross if d.is_credit else d.gross for d in books.documents.values()), Decimal(0))
    paid = -books.balances[accounts.BANK]
    assert books.balances[accounts.TRANSIT] == 0
    assert -books.balances[accounts.payable("namur")] == owed - paid <= 0
    assert all(count <= 1 for count in books.paid_by().values())
