"""The card of the desks that are free to take."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from dashboard.format import whole
from dashboard.markup import Card
from smartwork.domain.bookings.availability import Availability, PlaceNow
from smartwork.translations import formats

_WORDS: dict[Availability, str] = {"booked": "booked", "recently_used": "recently used"}


def free_card(desks: Mapping[Availability, int], places: Iterable[PlaceNow], vacant: int, zone: ZoneInfo) -> Card:
    """How many desks are free to take, and what the other vacant ones are; while the centre is closed, until when it is."""
    closed = [place for place in places if place.availability == "closed"]
    if closed:
        opens = closed[0].until
        local = opens and opens.astimezone(zone)
        when = f"until {formats.date_text(local.date(), 'EEE d MMM', 'en')}, {local:%H:%M}" if local else "for now"
        return Card("Free to take", "0", f"closed {when}; {vacant} vacant")
    others = [f"{desks[each]} {word}" for each, word in _WORDS.items() if desks.get(each)]
    return Card("Free to take", whole(desks.get("free", 0)), ", ".join([f"of {vacant} vacant", *others]))
