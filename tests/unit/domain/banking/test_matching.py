"""What an entry pays follows from fixed rules, and what they cannot decide waits with a reason."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.banking.matching import Allocation, Movement, OpenItem, OrderedPayout, Plan, plan
from smartwork.domain.banking.reasons import REASONS
from smartwork.domain.banking.statement import BankEntry
from smartwork.domain.billing.payment_reference import payment_reference

DAY = date(2026, 11, 10)
BOLT, ACME = "BE68539007547034", "BE43068999999501"
ONE, TWO, THREE = (payment_reference(2026, n) for n in (1, 2, 3))
ITEMS = (
    OpenItem("INV-2026-00001", "acme", ONE, False, date(2026, 11, 2), Decimal(60)),
    OpenItem("INV-2026-00002", "bolt", TWO, False, date(2026, 11, 2), Decimal(100)),
    OpenItem("INV-2026-00003", "bolt", THREE, False, date(2026, 11, 2), Decimal(40)),
)
PAYOUTS = (
    OrderedPayout("namur 2026-10", "payout-2026-10-1.xml", date(2026, 11, 3), Decimal(70), "BE01"),
    OrderedPayout("mons 2026-10", "payout-2026-10-1.xml", date(2026, 11, 3), Decimal(30), "BE02"),
)


def paid(amount: str, reference: str = "", text: str = "", iban: str = BOLT, day: int = 0, **more: object) -> BankEntry:
    made = BankEntry("1", DAY + timedelta(days=day), Decimal(amount), iban=iban, reference=reference, text=text)
    return replace(made, **more)  # type: ignore[arg-type]


def planned(*entries: BankEntry | Movement, items: Sequence[OpenItem] = ITEMS) -> Plan:
    movements = [each if isinstance(each, Movement) else Movement(n, each) for n, each in enumerate(entries)]
    return plan(movements, items, PAYOUTS)


def documents(made: Plan, entry: int = 0) -> dict[str, int]:
    return {each.target: int(each.amount) for each in made.allocations.get(entry, ())}


def test_the_structured_communication_pays_its_document() -> None:
    made = planned(paid("100", TWO))
    assert (documents(made), made.reasons) == ({"INV-2026-00002": 100}, {})


def test_a_part_pays_a_part() -> None:
    made = planned(paid("30", TWO), paid("20", TWO, day=1))
    assert (documents(made), documents(made, 1), made.reasons) == (
        {"INV-2026-00002": 30},
        {"INV-2026-00002": 20},
        {},
    )


def test_too_much_pays_what_is_open_and_the_rest_waits() -> None:
    made = planned(paid("130", TWO))
    assert (documents(made), made.reasons) == ({"INV-2026-00002": 100}, {0: "too_much"})


def test_a_payment_that_comes_twice_waits() -> None:
    made = planned(paid("100", TWO), paid("100", TWO, day=1))
    assert (documents(made, 1), made.reasons) == ({}, {1: "nothing_open"})


def test_a_reference_in_the_free_text_counts() -> None:
    made = planned(paid("40", text=f"loyer {' '.join(THREE)}"))
    assert (documents(made), made.reasons) == ({"INV-2026-00003": 40}, {})


def test_one_payment_of_several_documents_pays_them_if_the_sum_fits() -> None:
    text = f"{TWO} et INV-2026-00003"
    assert documents(planned(paid("140", text=text))) == {"INV-2026-00002": 100, "INV-2026-00003": 40}
    assert planned(paid("139", text=text)).reasons == {0: "several"}


def test_without_a_reference_the_one_open_amount_of_a_known_payer_is_paid() -> None:
    assert planned(paid("40")).reasons == {0: "no_document"}
    made = planned(paid("100", TWO), paid("40", day=1))
    assert (documents(made, 1), made.reasons) == ({"INV-2026-00003": 40}, {})


def test_an_amount_that_fits_two_documents_waits() -> None:
    items = (*ITEMS, replace(ITEMS[2], number="INV-2026-00004", reference=""))
    assert planned(paid("100", TWO), paid("40", day=1), items=items).reasons == {1: "no_document"}


def test_an_amount_pays_no_document_that_was_issued_later() -> None:
    items = (*ITEMS[:2], replace(ITEMS[2], issued_on=date(2026, 12, 2)))
    assert planned(paid("100", TWO), paid("40", day=1), items=items).reasons == {1: "no_document"}


def test_a_document_of_another_company_waits() -> None:
    made = planned(paid("100", TWO), paid("60", ONE, day=1))
    assert made.reasons == {1: "other_company"}


def test_another_currency_a_strange_reference_and_a_credit_note_wait() -> None:
    credit = (*ITEMS, OpenItem("CN-2026-00001", "bolt", "", True, DAY, Decimal(9)))
    made = planned(
        paid("100", TWO, ordered_currency="USD"), paid("5", payment_reference(2025, 7)), paid("9", text="CN-2026-00001"),
        items=credit,
    )  # fmt: skip
    assert made.reasons == {0: "other_currency", 1: "other_reference", 2: "credit_note"}


def test_a_payment_that_was_recorded_by_hand_is_recognised_once() -> None:
    items = (ITEMS[0], replace(ITEMS[1], open=Decimal(0), recorded=(Decimal(100),)), ITEMS[2])
    made = planned(paid("100", TWO), paid("100", TWO, day=1), items=items)
    assert made.allocations == {0: (Allocation("recorded", "INV-2026-00002", Decimal(100)),)}
    assert made.reasons == {1: "nothing_open"}


def test_a_payment_that_came_back_is_undone() -> None:
    made = planned(paid("100", TWO), paid("-100", TWO, day=2, is_return=True), paid("100", TWO, day=3))
    assert made.allocations == {
        0: (Allocation("entry", "1", Decimal(100)),),
        1: (Allocation("entry", "0", Decimal(-100)),),
        2: (Allocation("document", "INV-2026-00002", Decimal(100)),),
    }
    assert made.reasons == {}
    assert planned(paid("-100", TWO, is_return=True)).reasons == {0: "no_original"}


def test_a_payment_that_came_twice_counts_once_the_first_came_back() -> None:
    made = planned(paid("100", TWO), paid("100", TWO, day=1, iban=""), paid("-100", TWO, day=2, is_return=True))
    assert (documents(made, 1), made.reasons) == ({"INV-2026-00002": 100}, {})


def test_a_payout_is_found_by_its_end_to_end_id() -> None:
    made = planned(paid("-70", iban="BE01", end_to_end_id="namur 2026-10"))
    assert (documents(made), made.reasons) == ({"namur 2026-10": -70}, {})


def test_a_payout_of_another_amount_or_account_or_again_waits() -> None:
    entry = paid("-70", iban="BE01", end_to_end_id="namur 2026-10")
    for other in (replace(entry, amount=Decimal(-69)), replace(entry, iban="BE09")):
        assert planned(other).reasons == {0: "payout_differs"}
    assert planned(entry, replace(entry, booked_on=DAY + timedelta(days=1))).reasons == {1: "payout_differs"}


def test_a_payment_file_that_was_booked_as_one_amount_pays_all_its_payouts() -> None:
    made = planned(paid("-100", iban="", is_batch=True))
    assert (documents(made), made.reasons) == ({"namur 2026-10": -70, "mons 2026-10": -30}, {})
    assert planned(paid("-99", iban="", is_batch=True)).reasons == {0: "no_payout"}


def test_a_payout_that_came_back_is_refused() -> None:
    made = planned(
        paid("-70", iban="BE01", end_to_end_id="namur 2026-10"),
        paid("70", iban="BE01", end_to_end_id="namur 2026-10", day=1, is_return=True),
    )
    assert made.allocations[1] == (Allocation("refused", "namur 2026-10", Decimal(70)),)
    assert made.reasons == {}
    without_id = planned(
        paid("-70", iban="BE01", end_to_end_id="namur 2026-10"), paid("70", iban="BE01", day=1, is_return=True)
    )
    assert without_id.allocations == made.allocations


def test_what_a_person_decided_stays() -> None:
    by_hand = Movement(0, paid("100", text="?"), (Allocation("document", "INV-2026-00003", Decimal(40)),), is_by_hand=True)
    items = (*ITEMS[:2], replace(ITEMS[2], open=Decimal(0)))
    made = planned(by_hand, Movement(1, paid("40", THREE)), items=items)
    assert (made.allocations, made.reasons) == ({}, {0: "by_hand", 1: "nothing_open"})


_ENTRIES = st.lists(
    st.builds(
        paid,
        st.sampled_from(["100", "60", "40", "30", "-70", "-100", "-30", "70"]),
        st.sampled_from(["", "", ONE, TWO, THREE]),
        st.sampled_from(["", f"{TWO} {THREE}", "INV-2026-00001"]),
        st.sampled_from([BOLT, ACME, "BE01", ""]),
        st.integers(0, 5),
        is_return=st.booleans(),
        is_batch=st.booleans(),
        end_to_end_id=st.sampled_from(["", "namur 2026-10", "E-1"]),
    ),
    max_size=12,
)


@given(_ENTRIES, st.randoms(use_true_random=False))
def test_nothing_is_paid_twice_and_nothing_gets_lost(entries: list[BankEntry], shuffle: random.Random) -> None:
    movements = [Movement(n, entry) for n, entry in enumerate(entries)]
    made = plan(movements, ITEMS, PAYOUTS)
    on_documents: dict[str, Decimal] = defaultdict(Decimal)
    for movement in movements:
        allocated = made.allocations.get(movement.entry_id, ())
        rest = movement.entry.amount - sum(each.amount for each in allocated)
        assert (rest != 0) == (movement.entry_id in made.reasons)
        assert abs(rest) <= abs(movement.entry.amount)
        for each in allocated:
            on_documents[each.target] += each.amount if each.kind == "document" else 0
    assert all(0 <= on_documents[item.number] <= item.open for item in ITEMS)
    pairs = {(n, int(a.target)) for n, each in made.allocations.items() for a in each if a.kind == "entry"}
    assert all((other, one) in pairs for one, other in pairs)
    shuffle.shuffle(movements)
    again = plan(movements, ITEMS, PAYOUTS)
    assert sums(again) == sums(made)


def sums(made: Plan) -> dict[tuple[str, str], Decimal]:
    """What is allocated to each document and payout; equal entries may change places."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in (allocation for allocations in made.allocations.values() for allocation in allocations):
        found[each.kind, "" if each.kind == "entry" else each.target] += each.amount
    return dict(found)


def test_every_reason_says_what_to_do() -> None:
    assert all(what and todo for what, todo in REASONS.values())
