"""Devices as installed in a centre."""

from dataclasses import dataclass

from smartwork.contracts.policy import Role


@dataclass(frozen=True, slots=True)
class Device:
    """A sensor or light as installed: what it watches is a resource or a zone, by slug."""

    slug: str
    profile: str
    address: str
    interval_s: int
    zone: str | None = None
    resource: str | None = None
    role: Role = "presence"
    model: str | None = None
