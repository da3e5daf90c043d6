"""The card that shows whether a centre's gateway is connected."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.format import ago
from dashboard.markup import Card
from smartwork.db.read.dashboard import EdgeRow
from smartwork.domain.network.edges import is_silent


def gateway_card(edges: Sequence[EdgeRow], now: datetime) -> Card:
    """Whether all gateways of a centre are online; where not, since when one is offline or silent."""
    if not edges:
        return Card("Gateway", "–", "never connected", "bad")
    if offline := [edge for edge in edges if edge.state == "offline"]:
        return Card("Gateway", "Offline", _since(min(edge.since for edge in offline), now), "bad")
    if silent := [edge for edge in edges if is_silent(edge.last_message_at, now)]:
        return Card("Gateway", "Silent", _since(min(edge.last_message_at for edge in silent), now), "bad")
    return Card("Gateway", "Online", _since(min(edge.since for edge in edges), now), "good")


def _since(at: datetime, now: datetime) -> str:
    return f"since {ago(now - at).removesuffix(' ago')}"
