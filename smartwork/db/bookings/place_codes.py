"""The codes in the QR codes of places, and how members identify on the page behind them, by secrets stored as digests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from smartwork.db.access.tokens import digest
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql

_CODE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class PlaceCode:
    """A desk or room with the code of its page, or None if it has none yet."""

    resource: str
    name: str
    centre_name: str
    code: str | None


def places_with_codes(connection: Connection, centre: str) -> list[PlaceCode]:
    """The places of a centre by slug."""
    with connection.cursor(row_factory=class_row(PlaceCode)) as cursor:
        return cursor.execute(sql("place_codes_of_centre"), {"centre": centre}).fetchall()


def put_codes(connection: Connection, centre: str, codes: Mapping[str, str], at: datetime, *, renew: bool) -> None:
    """Store the code of each place, by its slug. A place that has a code keeps it; with `renew` the old one is void."""
    arguments = {"centre": centre, "resources": list(codes), "codes": list(codes.values()), "at": at}
    connection.execute(sql("renew_place_codes" if renew else "add_place_codes"), arguments)


def place_of(connection: Connection, code: str) -> tuple[str, str] | None:
    """The centre and the place of a code, as slugs, or None; the code may be any text."""
    if not _CODE.fullmatch(code):
        return None
    return connection.execute(sql("place_of_code"), (code,)).fetchone()


def add_link(connection: Connection, pseudonym: str, secret: str, at: datetime, expires_at: datetime) -> bool:
    """Store a personal link of a member that can be used once until `expires_at`; False if there is no such open member."""
    arguments = {"pseudonym": pseudonym, "digest": digest(secret), "at": at, "expires_at": expires_at}
    return connection.execute(sql("add_sign_in_link"), arguments).fetchone() is not None


def use_link(connection: Connection, link: str, browser: str, at: datetime, expires_at: datetime) -> bool:
    """Use a link up and let the secret `browser` identify its member until `expires_at`; False if the link is not valid."""
    arguments = {"link": digest(link), "browser": digest(browser), "at": at, "expires_at": expires_at}
    return connection.execute(sql("use_sign_in_link"), arguments).fetchone() is not None


def member_of(connection: Connection, secret: str, kind: Literal["link", "browser"], at: datetime) -> str | None:
    """The pseudonym of the member that the secret identifies, or None."""
    row = connection.execute(sql("member_of_sign_in"), {"digest": digest(secret), "kind": kind, "at": at}).fetchone()
    return str(row[0]) if row else None


def forget(connection: Connection, secret: str, at: datetime) -> None:
    """Delete a secret, and all that have expired."""
    connection.execute(sql("delete_sign_in"), {"digest": digest(secret), "at": at})
