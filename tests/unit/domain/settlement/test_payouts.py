"""A payout is ordered, then paid or refused by the bank."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.settlement.payouts import PayoutEvent, payout_reference, payout_state, require_possible
from smartwork.errors import InputError

ORDERED = date(2026, 11, 2)
PAID = PayoutEvent("paid", date(2026, 11, 3), "statement 7")
REFUSED = PayoutEvent("refused", date(2026, 11, 4), "statement 8", "AC04 account closed")


def test_a_payout_is_ordered_until_the_bank_says_what_it_did() -> None:
    assert [payout_state(events) for events in ([], [PAID], [PAID, REFUSED])] == ["ordered", "paid", "refused"]


@pytest.mark.parametrize("events", [[], [PAID]])
def test_a_payout_may_be_refused_before_and_after_it_was_paid(events: list[PayoutEvent]) -> None:
    require_possible("namur-2026-10", ORDERED, events, REFUSED)


@pytest.mark.parametrize(
    ("events", "event", "message"),
    [
        ([PAID], PAID, "is paid already: since 2026-11-03, recorded by smartwork from statement 7"),
        ([REFUSED], REFUSED, "is refused already: since 2026-11-04"),
        ([], PayoutEvent("refused", ORDERED, "mail", " "), "without a reason"),
        ([], PayoutEvent("paid", date(2026, 11, 1), "mail"), "was ordered on 2026-11-02, so it cannot be paid on"),
        ([REFUSED], PAID, "was refused on 2026-11-04, so it cannot be paid on 2026-11-03"),
    ],
)
def test_what_cannot_follow_is_refused_with_a_reason(events: list[PayoutEvent], event: PayoutEvent, message: str) -> None:
    with pytest.raises(InputError, match=message):
        require_possible("namur-2026-10", ORDERED, events, event)


def test_reference_names_centre_month_and_order() -> None:
    assert payout_reference("namur", date(2026, 10, 1), 1) == "namur-2026-10"
    assert payout_reference("namur", date(2026, 10, 1), 2) == "namur-2026-10-2"


LONG = st.text("ab-", min_size=20, max_size=60)


@given(LONG, LONG, st.integers(1, 99))
def test_reference_fits_a_bank_and_is_of_one_centre(one: str, other: str, ordinal: int) -> None:
    references = [payout_reference(slug, date(2026, 10, 1), ordinal) for slug in (one, other)]
    assert all(len(reference) <= 35 for reference in references)
    assert (references[0] == references[1]) == (one == other)
