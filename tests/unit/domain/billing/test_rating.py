"""What holds for every verdict, contract and price; single figures stand in docs/billing.md."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.invoice import Line
from smartwork.domain.billing.parties import STANDARD_VAT
from smartwork.domain.billing.rating import rate, terms_of
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import Span, State

START = datetime(2026, 10, 5, 7, tzinfo=UTC)
BOOKED = ["used", "left_early", "overstayed", "no_show", "unverifiable", "cancelled"]
PRICES = st.decimals(0, 200, places=4)


def contract(**changes: Any) -> Contract:
    return replace(
        Contract(date(2026, 1, 1), None, "as_booked", 10, 15, Decimal("0.5"), early_leave_refund=True, payment_days=30),
        **changes,
    )


CONTRACTS = st.builds(
    contract,
    charge=st.sampled_from(["as_booked", "as_measured", "the_greater"]),
    grace_min=st.integers(0, 60),
    step_min=st.sampled_from([1, 5, 15, 60]),
    no_show_share=st.decimals(0, 1, places=3),
    early_leave_refund=st.booleans(),
)


def visit(verdict: Any, states: list[tuple[State, bool]], over_min: int = 0, *, minutes: int = 20) -> Visit:
    """A booking (or stay) of one piece of `minutes` for each state, and presence past its end."""
    length = timedelta(minutes=minutes)
    end = START + len(states) * length
    spans = [Span(START + i * length, START + (i + 1) * length, s, bad) for i, (s, bad) in enumerate(states)]
    if over_min:
        spans.append(Span(end, end + timedelta(minutes=over_min), "occupied"))
    took = {state: 60 * minutes * sum(s == state for s, _ in states) for state in ("occupied", "vacant", "unknown")}
    booked = 0 if verdict == "walk_in" else 60 * minutes * len(states)
    return Visit(
        verdict=verdict, starts_at=START, ends_at=end, booked_s=booked, occupied_s=took["occupied"], vacant_s=took["vacant"],
        unknown_s=took["unknown"], over_s=over_min * 60, centre="namur", centre_name="Namur", timezone="Europe/Brussels",
        resource="d-1", resource_name="Desk 1", kind="desk", member="m-1", booking="B-1", check_in=None,
        check_in_method=None, spans=tuple(spans),
    )  # fmt: skip


PIECES = st.lists(
    st.tuples(st.sampled_from(["occupied", "vacant", "unknown"]), st.just(value=False)), min_size=1, max_size=12
)
STAYS = st.builds(visit, st.sampled_from([*BOOKED, "walk_in"]), PIECES, st.integers(0, 90))


def charged(rated_visit: Visit, terms: Contract, price: Decimal = Decimal(8)) -> Line | None:
    lines = rate(rated_visit, terms_of(terms, Tariff(None, "desk", date(2026, 1, 1), price)), STANDARD_VAT)
    assert len(lines) <= 1
    return lines[0] if lines else None


def net(rated_visit: Visit, terms: Contract, price: Decimal = Decimal(8)) -> Decimal:
    charge = charged(rated_visit, terms, price)
    return charge.net if charge else Decimal(0)


@given(STAYS, CONTRACTS, PRICES)
def test_charge_is_hours_times_price_to_the_cent_and_never_negative(
    rated_visit: Visit, terms: Contract, price: Decimal
) -> None:
    charge = charged(rated_visit, terms, price)
    if charge is not None:
        assert charge.hours > 0
        assert charge.net == round_to_cent(charge.hours * charge.price) >= 0
        assert charge.visits[0].doubtful == (rated_visit.unknown_s > 0)


@given(st.builds(visit, st.sampled_from(BOOKED), PIECES, st.integers(0, 90)), CONTRACTS)
def test_as_booked_never_charges_above_what_was_booked(rated_visit: Visit, terms: Contract) -> None:
    charge = charged(rated_visit, replace(terms, charge="as_booked"))
    assert charge is None or charge.hours <= (Decimal(rated_visit.booked_s) / 3600).quantize(Decimal("0.0001"))


@given(STAYS, CONTRACTS, st.data())
def test_more_presence_never_costs_less(rated_visit: Visit, terms: Contract, data: st.DataObject) -> None:
    states = [(s.state, s.suspect) for s in rated_visit.spans if s.start < rated_visit.ends_at]
    index = data.draw(st.integers(0, len(states) - 1))
    fuller = visit(
        rated_visit.verdict, [*states[:index], ("occupied", False), *states[index + 1 :]], rated_visit.over_s // 60
    )
    longer = visit(rated_visit.verdict, states, rated_visit.over_s // 60 + 7)
    assert net(rated_visit, terms) <= min(net(fuller, terms), net(longer, terms))


@given(STAYS, CONTRACTS, st.data())
def test_time_that_turns_unknown_never_raises_the_charge(rated_visit: Visit, terms: Contract, data: st.DataObject) -> None:
    states = [(s.state, s.suspect) for s in rated_visit.spans if s.start < rated_visit.ends_at]
    index = data.draw(st.integers(0, len(states) - 1))
    doubted = visit(
        rated_visit.verdict, [*states[:index], ("unknown", False), *states[index + 1 :]], rated_visit.over_s // 60
    )
    assert net(doubted, terms) <= net(rated_visit, terms)


@given(PIECES, CONTRACTS)
def test_suspect_presence_counts_as_little_as_an_empty_desk(states: list[tuple[State, bool]], terms: Contract) -> None:
    stuck = visit("walk_in", [(state, True) for state, _ in states])
    assert charged(stuck, terms) is None


@given(STAYS, CONTRACTS)
def test_the_greater_is_the_greater_of_both(rated_visit: Visit, terms: Contract) -> None:
    kept = replace(terms, early_leave_refund=False)
    both = [net(rated_visit, replace(kept, charge=mode)) for mode in ("as_booked", "as_measured")]
    assert net(rated_visit, replace(kept, charge="the_greater")) == max(both)
