"""Early release: when a desk that is booked and not used becomes free for others. It says nothing about the bill."""

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
    """How long a centre waits for whoever booked; None: for ever. What stands here holds for a centre that says nothing."""

    no_show: timedelta | None = timedelta(minutes=30)
    """After the start, where nobody came."""
    left: timedelta | None = timedelta(minutes=75)
    """After the last sign of presence: longer than a lunch."""


def release(
    period: Interval, spans: Sequence[Span], check_ins: Iterable[datetime], at: datetime, policy: ReleasePolicy
) -> Reason | None:
    """Why the resource booked for `period` may be released at the instant `at`, or None where it stays booked.

    Only time that a sound sensor saw vacant, up to `at` itself, speaks for a release: time that is unknown counts as
    presence, and so does a check-in (`check_ins` are those of the booking's company). `spans` are in order.
    """
    if not period.start <= at < period.end:
        return None
    signs = [moment for moment in check_ins if period.start - EARLY <= moment <= at]
    quiet, came = period.start, bool(signs)
    seen_to = period.start
    for span in clip(spans, Interval(period.start, at)):
        if span.start > seen_to or span.state != "vacant" or span.suspect:
            came = True
            quiet = span.end if span.state != "vacant" or span.suspect else span.start
        seen_to = span.end
    if seen_to < at:
        return None
    quiet = max([quiet, *signs])
    patience = policy.left if came else policy.no_show
    if patience is None or at - quiet < patience:
        return None
    return "left_early" if came else "no_show"
