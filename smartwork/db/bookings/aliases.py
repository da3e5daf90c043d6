"""Aliases: other names of centres, places and members. The name of a member is stored as a keyed hash only."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from smartwork.db.bookings.names import hashed
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, rows_as
from smartwork.domain.bookings.names import Alias, Kind, alias_spelling, fold
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class StoredAlias:
    """An alias as it is stored. `name` is None for a member; `source` is empty if any system may use it."""

    source: str
    kind: Kind
    name: str | None
    target: str


def list_aliases(connection: Connection, source: str | None = None) -> list[StoredAlias]:
    """All aliases, or those of one source system."""
    with wrap_database_errors():
        return rows_as(StoredAlias, connection, "list_aliases", source=source)


def kinds_of_target(connection: Connection, target: str) -> tuple[Kind, ...]:
    """What `target` is here: the slug of a centre, `centre/place`, the pseudonym of a member. Empty: nothing."""
    centre, _, place = target.partition("/")
    with wrap_database_errors():
        ((is_centre, is_place, is_member),) = rows(connection, "kinds_of_target", target=target, centre=centre, place=place)
    found: tuple[tuple[Kind, bool], ...] = (("centre", is_centre), ("place", is_place), ("member", is_member))
    return tuple(kind for kind, is_one in found if is_one)


def put_aliases(connection: Connection, aliases: Sequence[Alias]) -> int:
    """Store these aliases, all or none; returns how many are new. Raises InputError for a name that has another target."""
    new = 0
    with wrap_database_errors(), connection.transaction():
        for alias in aliases:
            key = _key(connection, alias.kind, alias.name)
            try:
                with connection.transaction():
                    rows_put = rows(
                        connection, "put_alias", source=alias.source, kind=alias.kind, key=key, target=alias.target,
                        name=None if alias.kind == "member" else alias.name,
                    )  # fmt: skip
            except psycopg.errors.CheckViolation:
                raise InputError(f"{alias.target!r} is no {alias.kind} of this network.") from None
            if rows_put:
                new += 1
                continue
            ((target,),) = rows(connection, "target_of_alias", source=alias.source, kind=alias.kind, key=key)
            if target != alias.target:
                raise InputError(
                    f"{alias.name!r} is an alias of {target} already. Remove it first: smartwork aliases remove "
                    f'"{alias.name}"{f" --source {alias.source}" if alias.source else ""}'
                )
    return new


def remove_alias(connection: Connection, name: str, source: str) -> list[StoredAlias]:
    """Remove this name of `source`, whatever it stands for; returns what was removed."""
    with wrap_database_errors():
        keys = [fold(name), *hashed(connection, [alias_spelling(name)]).values()]
        return rows_as(StoredAlias, connection, "remove_alias", source=source, keys=keys)


def remove_aliases_of(connection: Connection, target: str) -> int:
    """Remove all aliases of this centre, place or member, of any source; returns how many there were."""
    with wrap_database_errors():
        return len(rows(connection, "remove_aliases_of", target=target))


def _key(connection: Connection, kind: Kind, name: str) -> str:
    if kind != "member":
        return fold(name)
    spelling = alias_spelling(name)
    return hashed(connection, [spelling])[spelling]
