"""Which visits a run rates: those of its month, those of changed months, and those whose lines hold time of another visit."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from smartwork.domain.billing.changed_months import (
    CORRECTION_WINDOW_MONTHS,
    UNRESOLVED,
    Digests,
    MonthDigests,
    MonthKey,
    changed_months,
)
from smartwork.domain.billing.month_plan import HeldTime, MonthPlan, contested_lines
from smartwork.domain.billing.occupancy import LineKey
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import months_later

VisitsByCompany = Mapping[int, Sequence[Visit]]
ChangedVisits = Mapping[int, Mapping[date, Sequence[Visit]]]


class VisitSource(Protocol):
    """Where visits and billed occupancy are stored."""

    def visits(self, month: date, company_ids: Sequence[int] | None) -> VisitsByCompany:
        """The visits of a month as they are now, of these companies or of all, by company_id."""

    def held_time(self, visits: Mapping[int, Iterable[Visit]]) -> Sequence[HeldTime]:
        """The billed occupancy that overlaps `visits`, or has one of their bookings."""


@dataclass(frozen=True, slots=True)
class MonthVisits:
    """The visits of a month by company_id, those of changed months, and the contested lines.

    `digests` are those to store for the months, if they are billed.
    """

    visits: VisitsByCompany
    changed: ChangedVisits
    contested: frozenset[LineKey]
    digests: Digests


def read_visits(
    source: VisitSource,
    month: date,
    now: Mapping[MonthKey, MonthDigests],
    billed: Digests,
    ids: Collection[int] | None,
    *,
    is_draft: bool = False,
) -> MonthVisits:
    """Read the visits of a run for `month`, of the companies `ids` or of all.

    `now` are today's digests of the correction window, `billed` those by which its months were billed. A line that holds time
    of another visit rests on a verdict that has changed, so its month is read, too, even if it charges the same as before.
    Raises InputError if an earlier month has to be billed first, which a draft leaves out.
    """
    visits = source.visits(month, None if ids is None else sorted(ids))
    changed: dict[int, dict[date, Sequence[Visit]]] = defaultdict(dict)
    for earlier, company_ids in changed_months(now, billed, month, is_draft=is_draft).items():
        _read(source, earlier, [key for key in company_ids if ids is None or key in ids], changed)
    lines: set[LineKey] = set()
    while True:
        every = all_visits(visits, changed)
        contested = contested_lines(every, source.held_time(every))
        lines |= {each.occupancy.key for each in contested}
        missing: dict[date, set[int]] = defaultdict(set)
        for each in contested:
            in_window = months_later(month, -CORRECTION_WINDOW_MONTHS) <= each.month < month
            if in_window and each.month not in changed.get(each.company_id, {}):
                missing[each.month].add(each.company_id)
        if not missing:
            break
        for earlier, found in missing.items():
            _read(source, earlier, sorted(found), changed)
    digests: dict[MonthKey, MonthDigests | None] = {
        (key, earlier): now.get((key, earlier)) for key, months in changed.items() for earlier in months
    }
    return MonthVisits(visits, dict(changed), frozenset(lines), digests | {k: d for k, d in now.items() if k[1] == month})


def digests_to_store(read: MonthVisits, plan: MonthPlan, month: date) -> dict[MonthKey, MonthDigests | None]:
    """What the planned months of companies are billed by; UNRESOLVED where a stay is open, so that the next run rates it."""
    slugs = {planned.customer.company_id: planned.customer.company.slug for planned in plan.months}
    digests = {(company_id, month): read.digests.get((company_id, month)) for company_id in slugs}
    digests |= {key: text for key, text in read.digests.items() if key[0] in slugs}
    unresolved = {(stay.company, stay.month) for stay in plan.open_stays}
    return {key: UNRESOLVED if (slugs[key[0]], key[1]) in unresolved else text for key, text in digests.items()}


def _read(
    source: VisitSource, month: date, company_ids: Sequence[int], changed: dict[int, dict[date, Sequence[Visit]]]
) -> None:
    """Read the visits of a month for companies into `changed`."""
    visits = source.visits(month, company_ids) if company_ids else {}
    for company_id in company_ids:
        changed[company_id][month] = visits.get(company_id, [])


def all_visits(visits: VisitsByCompany, changed: ChangedVisits) -> dict[int, list[Visit]]:
    """The visits of the month and of changed months, by company_id."""
    every = {company_id: list(of_month) for company_id, of_month in visits.items()}
    for company_id, months in changed.items():
        for of_month in months.values():
            every.setdefault(company_id, []).extend(of_month)
    return every
