"""The names that other booking systems use, from the registry and the aliases."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.db.network.centres import centre_names
from smartwork.domain.bookings.names import Names, all_spellings, member_spellings, possible_pseudonyms


def load_names(connection: Connection, members: Iterable[str], source: str = "") -> Names:
    """All centres and places that can be booked, and the members that `members` name by pseudonym or alias.

    `members` are texts of the file: "m-12", "An Peeters <an@example.be>", "mailto:an@example.be". `source` is the booking
    system that wrote the file; its aliases go before the aliases of all systems.
    """
    texts = set(members)
    possible = {each for text in texts for each in possible_pseudonyms(text)}
    with wrap_database_errors():
        centres = centre_names(connection)
        places = {(str(centre), str(slug)): str(name) for centre, slug, name in rows(connection, "place_names")}
        found = connection.execute(sql("member_names"), (sorted(possible),)).fetchall()
        pseudonyms = frozenset(str(pseudonym) for (pseudonym,) in found)
        aliases = rows(connection, "aliases_of_places", source=source)
        by_spelling = _members_by_spelling(connection, source, hashed(connection, all_spellings(texts)))
        all_found = all(
            pseudonyms.intersection(possible_pseudonyms(text)) or by_spelling.keys() & set(member_spellings(text))
            for text in texts
        )
        similar = frozenset() if all_found else frozenset(str(one) for (one,) in rows(connection, "open_pseudonyms"))
    return Names(
        centres=centres,
        places=places,
        pseudonyms=pseudonyms,
        aliases_of_centres={str(key): str(centre) for kind, key, centre, _ in aliases if kind == "centre"},
        aliases_of_places={str(key): (str(centre), str(place)) for kind, key, centre, place in aliases if kind == "place"},
        aliases_of_members=by_spelling,
        similar_pseudonyms=similar,
    )


def hashed(connection: Connection, spellings: Iterable[str]) -> dict[str, str]:
    """The keyed hash of each spelling of a person, under which an alias of a member is stored."""
    ((key,),) = rows(connection, "alias_key")
    return {each: hmac.new(bytes(key), each.encode(), hashlib.sha256).hexdigest() for each in spellings}


def _members_by_spelling(connection: Connection, source: str, keys: Mapping[str, str]) -> dict[str, str]:
    """The pseudonym of each spelling that is an alias."""
    found = dict(rows(connection, "aliases_of_members", source=source, keys=sorted(keys.values())))
    return {spelling: str(found[key]) for spelling, key in keys.items() if key in found}
