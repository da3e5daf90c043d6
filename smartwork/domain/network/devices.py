"""Registered devices."""

from dataclasses import dataclass

from smartwork.contracts.policy import Role


@dataclass(frozen=True, slots=True)
class Device:
    """A registered sensor, light or meter, assigned to a resource or a zone by slug; `profile` is its family."""

    slug: str
    profile: str
    address: str
    interval_s: int
    zone: str | None = None
    resource: str | None = None
    role: Role = "presence"
    model: str | None = None
