"""Habits of members: which centres they visit, on which days of a month, and which desks they like."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal

from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month

Outcome = Literal["used", "left_early", "overstayed", "no_show", "cancelled"]
OUTCOMES: dict[Outcome, float] = {
    "used": 0.74,
    "no_show": 0.08,
    "left_early": 0.08,
    "overstayed": 0.05,
    "cancelled": 0.05,
}
WEEKDAY_WEIGHTS = {1: 1.05, 2: 1.35, 3: 1.2, 4: 1.35, 5: 0.7, 6: 0.3}
VISITS_PER_DAY = (0.07, 0.2, 0.32, 0.5)
VISITS_PER_DAY_WEIGHTS = (3, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class TruePresence:
    """`people` persons are at a resource over [start_ms, end_ms), in ms since 1970 UTC. What sensors report may differ."""

    start_ms: int
    end_ms: int
    people: int


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """A month of one centre: bookings and check-ins, the intended outcome of each booking, and true presence."""

    bookings: tuple[Booking, ...]
    check_ins: tuple[CheckIn, ...]
    outcomes: dict[str, Outcome]  # by the booking's external id
    presence: dict[str, tuple[TruePresence, ...]]  # by resource, in time order, not overlapping


@dataclass(frozen=True, slots=True)
class MemberHabit:
    """Two centres, preferred weekdays, visits per day, and a preferred desk as a share of the desk list (0 to 1)."""

    favourite: str
    second: str
    weekdays: frozenset[int]
    visits_per_day: float
    desk: float

    def visit_probability(self, weekday: int) -> float:
        """The probability of a visit on an ISO weekday."""
        preference = 1.8 if weekday in self.weekdays else 0.5
        return min(0.95, self.visits_per_day * preference * WEEKDAY_WEIGHTS.get(weekday, 0.0))


def member_habit(network: Network, pseudonym: str, seed: int) -> MemberHabit:
    """The habit of a member, the same in every month; larger centres are preferred more often."""
    random = Random(f"{seed}/habit/{pseudonym}")
    slugs = [centre.slug for centre in network.centres]
    weights = [sum(r.kind == "desk" for r in centre.resources) for centre in network.centres]
    favourite, second = random.choices(slugs, weights, k=2)
    return MemberHabit(
        favourite,
        second,
        frozenset(random.sample(range(1, 6), 2)),
        random.choices(VISITS_PER_DAY, VISITS_PER_DAY_WEIGHTS)[0],
        random.random(),
    )


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who comes to a centre on a day (pseudonym and preferred desk, 0 to 1), and who visits no centre."""

    coming: list[tuple[str, float]]
    free: list[str]


def visitors(network: Network, centre: str, month: date, seed: int) -> dict[date, Visitors]:
    """The visitors of `centre` on each day of the month. A member visits at most one centre a day."""
    days = [(day, day.isoweekday()) for day in days_of_month(month)]
    by_day = {day: Visitors([], []) for day, _ in days}
    for member in network.members:
        habit = member_habit(network, member.pseudonym, seed)
        random = Random(f"{seed}/{days[0][0]}/{member.pseudonym}")
        for day, weekday in days:
            comes, where = random.random(), random.random()
            if comes >= habit.visit_probability(weekday):
                by_day[day].free.append(member.pseudonym)
            elif (habit.favourite if where < 0.8 else habit.second) == centre:
                by_day[day].coming.append((member.pseudonym, habit.desk))
    return by_day
