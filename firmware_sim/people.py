"""What people do in a month: who comes on which day, books which desk, and is really there when."""

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
PULL_OF_WEEKDAY = {1: 1.05, 2: 1.35, 3: 1.2, 4: 1.35, 5: 0.7, 6: 0.3}
VISITS_A_DAY = (0.07, 0.2, 0.32, 0.5)
SHARE_WITH_THAT_MANY = (3, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Presence:
    """`people` persons are at a resource, truly, over [start_ms, end_ms) of UTC."""

    start_ms: int
    end_ms: int
    people: int


@dataclass(frozen=True, slots=True)
class CentreLife:
    """A month in one centre: what the booking system knows, what was meant, and who was really there."""

    bookings: tuple[Booking, ...]
    check_ins: tuple[CheckIn, ...]
    outcomes: dict[str, Outcome]  # by the booking's external id
    presence: dict[str, tuple[Presence, ...]]  # by resource, in time order, not overlapping


@dataclass(frozen=True, slots=True)
class Habit:
    """How a member lives: two centres, favourite weekdays, how often, and a liking for a desk (0 to 1)."""

    favourite: str
    second: str
    weekdays: frozenset[int]
    visits_a_day: float
    desk: float

    def pull(self, weekday: int) -> float:
        """The probability of a visit on an ISO weekday."""
        liking = 1.8 if weekday in self.weekdays else 0.5
        return min(0.95, self.visits_a_day * liking * PULL_OF_WEEKDAY.get(weekday, 0.0))


def habit_of(network: Network, pseudonym: str, seed: int) -> Habit:
    """The habit of a member, the same in every month; larger centres have more friends."""
    random = Random(f"{seed}/habit/{pseudonym}")
    slugs = [centre.slug for centre in network.centres]
    weights = [sum(r.kind == "desk" for r in centre.resources) for centre in network.centres]
    favourite, second = random.choices(slugs, weights, k=2)
    return Habit(
        favourite,
        second,
        frozenset(random.sample(range(1, 6), 2)),
        random.choices(VISITS_A_DAY, SHARE_WITH_THAT_MANY)[0],
        random.random(),
    )


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who means to come to a centre on a day (pseudonym and liking for a desk), and who has no plan anywhere."""

    coming: list[tuple[str, float]]
    free: list[str]


def visitors(network: Network, centre: str, month: date, seed: int) -> dict[date, Visitors]:
    """The visitors of `centre` on each day of the month; every centre comes to the same view of each member."""
    days = [(day, day.isoweekday()) for day in days_of_month(month)]
    found = {day: Visitors([], []) for day, _ in days}
    for member in network.members:
        habit = habit_of(network, member.pseudonym, seed)
        random = Random(f"{seed}/{days[0][0]}/{member.pseudonym}")
        for day, weekday in days:
            comes, where = random.random(), random.random()
            if comes >= habit.pull(weekday):
                found[day].free.append(member.pseudonym)
            elif (habit.favourite if where < 0.8 else habit.second) == centre:
                found[day].coming.append((member.pseudonym, habit.desk))
    return found
