"""Which of several gateways with one name may forward readings: one at a time, and a second one is refused."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

LIVE = timedelta(seconds=35)
"""A gateway that has said hello within this time is running. Gateways say hello every ten seconds."""
WAIT = timedelta(seconds=15)
"""How long a newcomer waits for the running gateway to say hello again. That is longer than the interval of hellos."""
RECENT = timedelta(minutes=3)
"""A gateway that was refused asks again more often than this."""

Verdict = Literal["accepted", "wait", "refused"]


@dataclass(frozen=True, slots=True)
class GatewayClaim:
    """The gateway process that may forward under a name, and another one that asked to."""

    instance: str
    seen_at: datetime
    ended: bool = False
    """Whether its connection has ended since it was seen."""
    challenger: str | None = None
    challenged_at: datetime | None = None
    refused_at: datetime | None = None
    """When another gateway was refused last."""

    def is_contested(self, now: datetime) -> bool:
        """Whether another gateway of this name has been refused lately."""
        return self.refused_at is not None and now - self.refused_at < RECENT


def judge_hello(claim: GatewayClaim | None, instance: str, now: datetime) -> tuple[GatewayClaim, Verdict]:
    """The claim after a hello of `instance` at `now`, and whether that gateway may forward.

    The gateway that was accepted keeps its claim while it says hello. A newcomer is accepted when the other one's connection
    has ended or it has been silent; otherwise it waits, and is refused if the other one says hello in the meantime.
    """
    if claim is None:
        return GatewayClaim(instance, now), "accepted"
    if instance == claim.instance:
        return replace(claim, seen_at=now, ended=False), "accepted"
    if claim.ended or now - claim.seen_at >= LIVE:
        return GatewayClaim(instance, now, refused_at=claim.refused_at), "accepted"
    return _judge_newcomer(claim, instance, now)


def _judge_newcomer(claim: GatewayClaim, instance: str, now: datetime) -> tuple[GatewayClaim, Verdict]:
    """As `judge_hello`, for a gateway that asks while another one seems to run."""
    if claim.challenger != instance or claim.challenged_at is None or now - claim.challenged_at > 2 * LIVE:
        return replace(claim, challenger=instance, challenged_at=now), "wait"
    if claim.seen_at > claim.challenged_at:
        return replace(claim, challenger=None, challenged_at=None, refused_at=now), "refused"
    if now - claim.challenged_at >= WAIT:
        return GatewayClaim(instance, now, refused_at=claim.refused_at), "accepted"
    return claim, "wait"
