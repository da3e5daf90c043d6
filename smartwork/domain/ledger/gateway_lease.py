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
    """The gateway process that may forward under a name, and others that asked to."""

    instance: str
    since: datetime
    seen_at: datetime
    ended: bool = False
    """Whether its connection has ended since it was seen. A second gateway that connects ends it, too."""
    rival: str | None = None
    """The process that had the lease before, or that was refused last."""
    rival_since: datetime | None = None
    challenger: str | None = None
    challenged_at: datetime | None = None
    refused_at: datetime | None = None
    """When another gateway was refused last."""

    def is_contested(self, now: datetime) -> bool:
        """Whether another gateway of this name has been refused lately."""
        return self.refused_at is not None and now - self.refused_at < RECENT

    def is_live(self, now: datetime) -> bool:
        """Whether the gateway has said hello lately."""
        return now - self.seen_at < LIVE


def judge_hello(lease: GatewayLease | None, instance: str, now: datetime) -> tuple[GatewayLease, Verdict]:
    """The lease after a hello of `instance` at `now`, and whether that gateway may forward.

    The gateway that has the lease keeps it while it says hello. A newcomer gets it when the other one's connection has ended
    or it has been silent; otherwise it waits, and is refused if the other one says hello in the meantime. A process whose
    lease has gone to another one and that says hello again shows that both run: the one that came first gets the lease.
    """
    if lease is None:
        return GatewayLease(instance, now, now), "accepted"
    if instance == lease.instance:
        return replace(lease, seen_at=now, ended=False), "accepted"
    if instance == lease.rival and lease.rival_since is not None:
        return _judge_rival(lease, lease.rival_since, now)
    if lease.ended or not lease.is_live(now):
        return _hand_over(lease, instance, now, now), "accepted"
    return _judge_newcomer(lease, instance, now)


def _judge_rival(lease: GatewayLease, since: datetime, now: datetime) -> tuple[GatewayLease, Verdict]:
    """As `judge_hello`, for a process that had the lease before or was refused."""
    if not lease.is_live(now):
        return _hand_over(lease, str(lease.rival), since, now), "accepted"
    if since < lease.since:
        return replace(_hand_over(lease, str(lease.rival), since, now), refused_at=now), "accepted"
    return replace(lease, refused_at=now), "refused"


def _judge_newcomer(lease: GatewayLease, instance: str, now: datetime) -> tuple[GatewayLease, Verdict]:
    """As `judge_hello`, for a gateway that asks for the first time while another one seems to run."""
    if lease.challenger != instance or lease.challenged_at is None or now - lease.challenged_at > 2 * LIVE:
        return replace(lease, challenger=instance, challenged_at=now), "wait"
    if lease.seen_at > lease.challenged_at:
        refused = replace(lease, rival=instance, rival_since=lease.challenged_at, challenger=None, challenged_at=None)
        return replace(refused, refused_at=now), "refused"
    if now - lease.challenged_at >= WAIT:
        return _hand_over(lease, instance, now, now), "accepted"
    return lease, "wait"


def _hand_over(lease: GatewayLease, instance: str, since: datetime, now: datetime) -> GatewayLease:
    return GatewayLease(instance, since, now, rival=lease.instance, rival_since=lease.since, refused_at=lease.refused_at)
