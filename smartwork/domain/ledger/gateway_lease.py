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
class GatewayLease:
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


def judge_hello(lease: GatewayLease | None, instance: str, now: datetime) -> tuple[GatewayLease, Verdict]:
    """The lease after a hello of `instance` at `now`, and whether that gateway may forward.

    The gateway that was accepted keeps its lease while it says hello. A newcomer is accepted when the other one's connection
    has ended or it has been silent; otherwise it waits, and is refused if the other one says hello in the meantime.
    """
    if lease is None:
        return GatewayLease(instance, now), "accepted"
    if instance == lease.instance:
        return replace(lease, seen_at=now, ended=False), "accepted"
    if lease.ended or now - lease.seen_at >= LIVE:
        return GatewayLease(instance, now, refused_at=lease.refused_at), "accepted"
    return _judge_newcomer(lease, instance, now)


def _judge_newcomer(lease: GatewayLease, instance: str, now: datetime) -> tuple[GatewayLease, Verdict]:
    """As `judge_hello`, for a gateway that asks while another one seems to run."""
    if lease.challenger != instance or lease.challenged_at is None or now - lease.challenged_at > 2 * LIVE:
        return replace(lease, challenger=instance, challenged_at=now), "wait"
    if lease.seen_at > lease.challenged_at:
        return replace(lease, challenger=None, challenged_at=None, refused_at=now), "refused"
    if now - lease.challenged_at >= WAIT:
        return GatewayLease(instance, now, refused_at=lease.refused_at), "accepted"
    return lease, "wait"
