"""Names of centres, places and members as other booking systems write them. docs/bookings.md describes the rules."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from smartwork.errors import SmartworkError

Kind = Literal["centre", "place", "member"]
LONGEST_NAME = 200

_BETWEEN = re.compile(r"\s*[,;/|:]\s*|\s+[-–—]\s+")
"""What stands between the name of a centre and the name of a place in one text."""
_WITH_ADDRESS = re.compile(r'^\s*"?(?P<name>[^"<>]*?)"?\s*<\s*(?P<address>[^<>\s]+@[^<>\s]+)\s*>\s*$')
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_MAX_SUGGESTIONS = 25
"""Close matches are looked up for that many texts of one import; comparing with every name takes time."""


class UnknownNameError(SmartworkError):
    """A text that names nothing here, or more than one thing. `kind` says what it should name; the message says why."""

    def __init__(self, kind: Kind, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


def visible(text: str) -> str:
    """`text` without invisible characters; each run of white space is one plain space."""
    return " ".join("".join(each for each in text if each.isascii() or unicodedata.category(each) != "Cf").split())


def fold(text: str) -> str:
    """`text` as names are compared: Unicode NFC, without case and invisible characters, each run of white space one space."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible(text)).casefold())


def possible_pseudonyms(text: str) -> tuple[str, ...]:
    """What of `text` may be a pseudonym: all of it, and the part of a mail address before the @."""
    address = member_spellings(text)[1] if _WITH_ADDRESS.match(text) else _without_scheme(text).strip()
    return tuple(dict.fromkeys((text.strip(), address.partition("@")[0])))


def member_spellings(text: str) -> tuple[str, ...]:
    """The folded texts under which the member may be known, the most telling first: all of it, mail address, name."""
    text = _without_scheme(text)
    spellings = [fold(text)]
    if match := _WITH_ADDRESS.match(text):
        spellings += [fold(match["address"]), fold(match["name"])]
    return tuple(dict.fromkeys(each for each in spellings if each))


def alias_spelling(name: str) -> str:
    """The spelling under which an alias of a member is stored: the mail address, if `name` has one, else all of it."""
    spellings = member_spellings(name)
    return spellings[1] if len(spellings) > 1 and "@" in spellings[1] else spellings[0]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a centre (`target` is its slug), a place (`centre/place`) or a member (a pseudonym).

    `source` is the booking system that uses it; empty: any.
    """

    source: str
    kind: Kind
    name: str
    target: str

    @property
    def fault(self) -> str | None:
        """Why it cannot be an alias, or None."""
        if not fold(self.name) or len(self.name) > LONGEST_NAME or not visible(self.name).isprintable():
            return f"a name has 1 to {LONGEST_NAME} characters that can be printed"
        if self.source and not _SOURCE.fullmatch(self.source):
            return f"{self.source[:60]!r} cannot be a source; use lower-case letters, digits and hyphens"
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a file may use: slugs, names, pseudonyms, and aliases of the source system and of all systems.

    `places` and `centres` map slugs to names. Keys of aliases are folded. `pseudonyms` and `aliases_of_members` have what the
    file names only; `similar_pseudonyms` are those that a message may suggest.
    """

    centres: Mapping[str, str]
    places: Mapping[tuple[str, str], str]
    pseudonyms: frozenset[str]
    aliases_of_centres: Mapping[str, str] = field(default_factory=dict)
    aliases_of_places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    aliases_of_members: Mapping[str, str] = field(default_factory=dict)
    similar_pseudonyms: frozenset[str] = frozenset()
    _by_name: dict[str, list[tuple[str, str]]] = field(init=False, repr=False, compare=False)
    _looked_up: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the places by their folded slugs and names."""
        by_name: dict[str, list[tuple[str, str]]] = {}
        for place, name in self.places.items():
            for key in {fold(place[1]), fold(name)}:
                by_name.setdefault(key, []).append(place)
        object.__setattr__(self, "_by_name", by_name)

    def centre(self, text: str) -> str:
        """The slug of the centre that `text` names by slug, alias or name. Raises UnknownNameError."""
        named = self._centres(text)
        if len(named) == 1:
            return named[0]
        if named:
            raise UnknownNameError(
                "centre", f"{text[:60]!r} names several centres: {', '.join(named)}. Write the slug of one"
            )
        close = self._close(text, {fold(each): slug for slug, name in self.centres.items() for each in (slug, name)})
        raise UnknownNameError(
            "centre",
            f"{text[:60]!r} names no centre of this network{_did_you_mean(close)} Add an alias: "
            f"smartwork aliases set {_quoted(text)} {close[0] if close else 'CENTRE'}",
        )

    def place(self, text: str, centre: str | None = None) -> tuple[str, str]:
        """Centre and slug of the place that `text` names: `centre/place`, an alias, or a slug or name in `centre`.

        `centre` is the text that names the centre, if the file has one. Without it, `text` must be an alias or name the
        centre too, as "Coworking Gembloux, Bureau 3" does. Raises UnknownNameError.
        """
        known = self.centre(centre) if centre else None
        found = self._place(text, centre, known)
        if len(found) == 1:
            if known is not None and found[0][0] != known:
                raise UnknownNameError(
                    "place", f"{text[:60]!r} is {'/'.join(found[0])}, but the row names the centre {known}"
                )
            return found[0]
        if found:
            several = ", ".join("/".join(place) for place in found[:5])
            raise UnknownNameError("place", f"{text[:60]!r} names several places: {several}. Write one of these instead")
        if known is None and (elsewhere := self._by_name.get(fold(text))):
            several = " or ".join("/".join(place) for place in elsewhere[:3])
            raise UnknownNameError(
                "place", f"{text[:60]!r} does not say in which centre. Name the centre, or write {several}"
            )
        candidates = {
            each: "/".join(place) for each, places in self._by_name.items() for place in places if known in (None, place[0])
        }
        candidates |= {each: "/".join(place) for each, place in self.aliases_of_places.items() if known in (None, place[0])}
        close = self._close(text, candidates)
        where = f"place of {known}" if known else "place of this network"
        target = close[0] if close else f"{known or 'CENTRE'}/PLACE"
        full = text if known is None or centre is None or fold(text) not in self._by_name else f"{centre}, {text}"
        raise UnknownNameError(
            "place",
            f"{text[:60]!r} names no {where}{_did_you_mean(close)} Add an alias: "
            f"smartwork aliases set {_quoted(full)} {target}",
        )

    def member(self, text: str, *, mail_users: bool = False) -> str:
        """The pseudonym of the member that `text` names: a pseudonym, or an alias of the whole text, the mail address or
        the name in it. With `mail_users` the part of an address before the @ may be a pseudonym. Raises UnknownNameError.
        """
        whole, user = (possible := possible_pseudonyms(text))[0], possible[-1]
        if whole in self.pseudonyms:
            return whole
        for spelling in member_spellings(text):
            if spelling in self.aliases_of_members:
                return self.aliases_of_members[spelling]
        if mail_users and user in self.pseudonyms:
            return user
        close = self._close(text, {fold(each): each for each in self.pseudonyms | self.similar_pseudonyms})
        raise UnknownNameError(
            "member",
            f"{text[:60]!r} names no member{_did_you_mean(close)} Register the member, or add an alias: "
            f"smartwork aliases set {_quoted(text)} {close[0] if close else 'PSEUDONYM'}",
        )

    def _centres(self, text: str) -> tuple[str, ...]:
        """All centres that the text may name by the first rule that finds one."""
        if text in self.centres:
            return (text,)
        key = fold(text)
        if key in self.aliases_of_centres:
            return (self.aliases_of_centres[key],)
        return tuple(slug for slug, name in self.centres.items() if key in (fold(slug), fold(name)))

    def _place(self, text: str, centre: str | None, known: str | None) -> tuple[tuple[str, str], ...]:
        """All places that the text may name by the first rule that finds one."""
        if known is not None and (known, text) in self.places:
            return ((known, text),)
        keys = [fold(text)] if centre is None else [fold(f"{centre}, {text}"), fold(f"{centre}/{text}"), fold(text)]
        for key in keys:
            if key in self.aliases_of_places:
                return (self.aliases_of_places[key],)
        if known is not None and (here := self._named(text, known)):
            return here
        return tuple(dict.fromkeys(place for slug, rest in self._split(text) for place in self._named(rest, slug)))

    def _named(self, text: str, centre: str) -> tuple[tuple[str, str], ...]:
        return tuple(place for place in self._by_name.get(fold(text), ()) if place[0] == centre)

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        """The ways to read `text` as a centre and the rest, in either order."""
        for match in _BETWEEN.finditer(text):
            before, after = text[: match.start()].strip(), text[match.end() :].strip()
            for named, rest in ((before, after), (after, before)):
                if named and rest:
                    yield from ((slug, rest) for slug in self._centres(named))

    def _close(self, text: str, candidates: Mapping[str, str]) -> tuple[str, ...]:
        """What similar names stand for, the most similar first."""
        key = fold(text)
        if key not in self._looked_up:
            if len(self._looked_up) >= _MAX_SUGGESTIONS:
                return ()
            matches = get_close_matches(key, candidates, n=5, cutoff=0.6)
            self._looked_up[key] = tuple(dict.fromkeys(candidates[match] for match in matches))[:3]
        return self._looked_up[key]


def all_spellings(members: Iterable[str]) -> frozenset[str]:
    """The spellings of all these members."""
    return frozenset(spelling for member in members for spelling in member_spellings(member))


def _without_scheme(text: str) -> str:
    return re.sub(r"^\s*mailto:", "", text, flags=re.IGNORECASE)


def _did_you_mean(close: tuple[str, ...]) -> str:
    return f"; did you mean {' or '.join(close)}?" if close else "."


def _quoted(text: str) -> str:
    """`text` as one argument of a command."""
    clean = " ".join(text.split())[:LONGEST_NAME]
    return '"' + re.sub(r'(["\\$`])', r"\\\1", clean) + '"'
