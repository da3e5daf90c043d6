"""Members of companies: listed, registered, and closed when they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, dict_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.members import MemberRow, RegisteredMember


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A member, and how many of its bookings have not begun."""

    member_id: int
    pseudonym: str
    company: str
    closed_at: datetime | None
    bookings: int


@dataclass(frozen=True, slots=True)
class BookingToCome:
    """A booking that has not begun; `client_company_id` is the company whose client created it, None for the network."""

    booking: Booking
    timezone: str
    client_company_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFilter:
    """Selects members; None selects all. `company_id` is the only company that the client may see, `company` a slug."""

    company_id: int | None = None
    company: str | None = None
    pseudonym: str | None = None
    with_closed: bool = True


def find_members(
    connection: Connection, chosen: MemberFilter, at: datetime, *, after: int = 0, most: int | None = None
) -> list[MemberRecord]:
    """At most `most` members, in order of member_id, from the first one after `after`; None for all."""
    arguments = {
        "company_id": chosen.company_id,
        "company": chosen.company,
        "pseudonym": chosen.pseudonym,
        "with_closed": chosen.with_closed,
        "at": at,
        "after": after,
        "most": most,
    }
    with connection.cursor(row_factory=class_row(MemberRecord)) as cursor:
        return cursor.execute(sql("members"), arguments).fetchall()


def registered(connection: Connection, pseudonyms: Iterable[str]) -> dict[str, RegisteredMember]:
    """Those of the members that are registered, by pseudonym."""
    with connection.cursor(row_factory=class_row(RegisteredMember)) as cursor:
        found = cursor.execute(sql("members_by_pseudonym"), (sorted(set(pseudonyms)),)).fetchall()
    return {member.pseudonym: member for member in found}


def companies(connection: Connection) -> list[str]:
    """The slugs of all companies."""
    return [str(slug) for (slug,) in connection.execute(sql("company_slugs"))]


def insert(connection: Connection, rows: Sequence[MemberRow]) -> int:
    """Register members of companies that exist. Returns how many are new; a member that exists is left unchanged."""
    arguments = {"pseudonyms": [row.pseudonym for row in rows], "companies": [row.company for row in rows]}
    return len(connection.execute(sql("insert_members"), arguments).fetchall())


def closed_since(connection: Connection, pseudonyms: Iterable[str]) -> dict[str, datetime]:
    """Since when those of the members are closed that are closed, by pseudonym."""
    return dict(connection.execute(sql("closed_members"), (sorted(set(pseudonyms)),)).fetchall())


def lock(connection: Connection, pseudonym: str) -> tuple[int, datetime | None] | None:
    """Lock a member until the caller's transaction ends; its number and since when it is closed. None if there is none."""
    return connection.execute(sql("lock_member"), {"pseudonym": pseudonym}).fetchone()


def bookings_to_come(connection: Connection, pseudonym: str, at: datetime) -> list[BookingToCome]:
    """The bookings of a member that begin after `at`, in order."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(sql("bookings_to_come"), {"pseudonym": pseudonym, "at": at}).fetchall()
    return [
        BookingToCome(timezone=row.pop("timezone"), client_company_id=row.pop("client_company_id"), booking=Booking(**row))
        for row in found
    ]


def close(connection: Connection, pseudonym: str, at: datetime) -> None:
    """Close a member from `at` on; one that is closed already stays as it is."""
    connection.execute(sql("close_member"), {"pseudonym": pseudonym, "at": at})
