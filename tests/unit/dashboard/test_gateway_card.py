"""The card of a centre's gateway: green only if something arrived recently."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from dashboard.gateway_card import gateway_card
from smartwork.db.read.dashboard import EdgeRow
from smartwork.domain.network.edges import SILENT_AFTER

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def edge(state: Literal["online", "offline"], message_age: timedelta, name: str = "gateway") -> EdgeRow:
    return EdgeRow(name, state, NOW - timedelta(hours=5), NOW - message_age)


def test_a_gateway_is_online_offline_silent_or_was_never_connected() -> None:
    recent, old = timedelta(seconds=20), SILENT_AFTER + timedelta(seconds=61)
    found = [
        gateway_card(edges, NOW) for edges in ([edge("online", recent)], [edge("offline", recent)], [edge("online", old)])
    ]
    assert [(card.figure, card.note, card.mood) for card in found] == [
        ("Online", "since 5 h", "good"),
        ("Offline", "since 5 h", "bad"),
        ("Silent", "since 4 min", "bad"),
    ]
    assert gateway_card([], NOW).note == "never connected"


def test_one_silent_gateway_of_two_makes_the_card_bad() -> None:
    assert gateway_card([edge("online", timedelta(0)), edge("online", 2 * SILENT_AFTER, "edge-2")], NOW).mood == "bad"
