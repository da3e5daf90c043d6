"""Registered devices."""

from dataclasses import dataclass

from smartwork.contracts.generic_rules import GenericRules
from smartwork.contracts.policy import Role


@dataclass(frozen=True, slots=True)
class Device:
    """A registered sensor, light or meter, assigned to a resource or a zone by slug; `profile` is its family.

    A device of the family generic has `rules`: how its messages are read.
    """

    slug: str
    profile: str
    address: str
    interval_s: int
    zone: str | None = None
    resource: str | None = None
    role: Role = "presence"
    model: str | None = None
    rules: GenericRules | None = None
