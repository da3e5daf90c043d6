"""Early release: when a place that is booked and not used becomes bookable again. The bill does not change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from smartwork.domain.presence.spans import Span, clip
from smartwork.domain.time import Interval

Reason = Literal["no_show", "left_early"]
EARLY = timedelta(minutes=30)
"""A check-in this long before the start belongs to the booking."""


@dataclass(frozen=True, slots=True)
class ReleasePolicy:
    """How long a centre waits before it releases a place; None: it never does. The defaults hold without a policy."""

    no_show: timedelta | None = timedelta(minutes=30)
    """After the start of a booking without any presence."""
    left: timedelta | None = timedelta(minutes=75)
    """After the last presence: longer than a lunch."""


def release(
    period: Interval, spans: Sequence[Span], check_ins: Iterable[datetime], at: datetime, policy: ReleasePolicy
) -> Reason | None:
    """The reason why the place booked for `period` may be released at the instant `at`, or None if it stays booked.

    A place is released only if it was vacant, by a sensor that is not suspect, up to `at`. Unknown time counts as presence,
    and so does a check-in (`check_ins` are those of the booking's company). `spans` must be in order.
    """
    if not period.start <= at < period.end:
        return None
    presence = [moment for moment in check_ins if period.start - EARLY <= moment <= at]
    vacant_since, came = period.start, bool(presence)
    measured_to = period.start
    for span in clip(spans, Interval(period.start, at)):
        if span.start > measured_to or span.state != "vacant" or span.suspect:
            came = True
            vacant_since = span.end if span.state != "vacant" or span.suspect else span.start
        measured_to = span.end
    if measured_to < at:
        return None
    vacant_since = max([vacant_since, *presence])
    wait = policy.left if came else policy.no_show
    if wait is None or at - vacant_since < wait:
        return None
    return "left_early" if came else "no_show"
