"""Members: a list of them from another system is compared with those that are registered."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.domain.bookings.importing import Fault

PSEUDONYM = re.compile(r"[!-.0-~]{1,100}")
"""ASCII without blanks and slashes."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in a file, with its line; `company` is a slug."""

    line: int
    pseudonym: str
    company: str


@dataclass(frozen=True, slots=True)
class RegisteredMember:
    """A registered member. A member that was removed has `closed_at` and books nothing from then on."""

    pseudonym: str
    company: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """The rows of a file by what happens to them; each row is in exactly one of these."""

    created: tuple[MemberRow, ...]
    unchanged: tuple[MemberRow, ...]
    refused: tuple[Fault, ...]


def plan_members(
    rows: Sequence[MemberRow], registered: Mapping[str, RegisteredMember], companies: Collection[str]
) -> MemberPlan:
    """Decide about each row. `registered` has the members that rows name, by pseudonym. The same row again is unchanged."""
    created: dict[str, MemberRow] = {}
    unchanged: list[MemberRow] = []
    refused: list[Fault] = []
    for row in rows:
        known = registered.get(row.pseudonym)
        earlier = created.get(row.pseudonym)
        if (fault := _fault(row, known, companies)) is not None:
            refused.append(fault)
        elif earlier is not None and earlier.company != row.company:
            reason = f"line {earlier.line} says that {row.pseudonym} is of {earlier.company}"
            refused.append(Fault(row.line, "company", reason))
        elif known is not None or earlier is not None:
            unchanged.append(row)
        else:
            created[row.pseudonym] = row
    return MemberPlan(tuple(created.values()), tuple(unchanged), tuple(refused))


def _fault(row: MemberRow, known: RegisteredMember | None, companies: Collection[str]) -> Fault | None:
    if not PSEUDONYM.fullmatch(row.pseudonym):
        reason = f"{row.pseudonym[:60]!r} is no pseudonym: 1 to 100 ASCII characters without blanks and slashes"
        return Fault(row.line, "pseudonym", reason)
    if row.company not in companies:
        return Fault(row.line, "company", f"there is no company {row.company[:60]!r}; use the slug of a registered company")
    if known is not None and known.company != row.company:
        return Fault(
            row.line,
            "company",
            f"{row.pseudonym} is a member of {known.company}; a person who changes companies gets a new pseudonym",
        )
    if known is not None and known.closed_at is not None:
        return Fault(
            row.line,
            "pseudonym",
            f"{row.pseudonym} was removed on {known.closed_at:%Y-%m-%d}; a person who comes back gets a new pseudonym",
        )
    return None
