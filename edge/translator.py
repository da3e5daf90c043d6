"""From what devices say to canonical readings: which device a topic belongs to, and what only repeats."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.adapters.event_time import MAX_AGE
from edge.adapters.families import ADAPTERS
from edge.adapters.message import DeviceMessage
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

REPEAT = timedelta(seconds=1)
"""The same words on the same topic within this time are one message that was delivered twice."""
_REMEMBERED = 5_000


class UnknownDevice(ValueError):  # noqa: N818 - says what it is
    """A message on a topic that no registered device speaks on."""


class Translator:
    """Knows each device's topics from the policy and turns messages into canonical readings; does no I/O.

    A device's own time that lies more than `max_age` before the arrival of its message is not believed.
    """

    def __init__(
        self, devices: Sequence[DeviceEntry], timezone: str = "Europe/Brussels", max_age: timedelta = MAX_AGE
    ) -> None:
        self._max_age = max_age
        self._zone = ZoneInfo(timezone)
        self._entries = {(entry.profile, entry.address): entry for entry in devices}
        self._families = [profile for profile in Profile if any(entry.profile is profile for entry in devices)]
        self._known: dict[str, DeviceEntry | None] = {}
        self._last_words: dict[str, tuple[bytes, datetime]] = {}
        self._last_at: dict[tuple[str, int], tuple[int, float]] = {}

    @property
    def topics(self) -> list[str]:
        """What to listen to on the centre's broker: topic filters."""
        return [topic for (profile, address) in self._entries for topic in ADAPTERS[profile].subscriptions(address)]

    def entry_of(self, topic: str) -> DeviceEntry | None:
        """The registered device that speaks on this topic, or None."""
        if topic not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            candidates = ((family, ADAPTERS[family].address_of(topic)) for family in self._families)
            found = (self._entries.get((family, address)) for family, address in candidates if address is not None)
            self._known[topic] = next((entry for entry in found if entry is not None), None)
        return self._known[topic]

    def translate(self, topic: str, payload: bytes, arrived: datetime) -> list[Reading]:
        """The readings in a device's message, none where it only repeats the one before.

        Raises UnknownDevice, or ValueError, saying why, where it cannot be understood.
        """
        entry = self.entry_of(topic)
        if entry is None:
            raise UnknownDevice("the registry knows no such device")
        if self._is_repeated(topic, payload, arrived):
            return []
        heard = DeviceMessage(topic, payload, entry.device, entry.address, arrived, entry.model, self._zone, self._max_age)
        return [reading for reading in ADAPTERS[entry.profile].translate(heard) if self._is_new(reading)]

    def _is_repeated(self, topic: str, payload: bytes, arrived: datetime) -> bool:
        words, at = self._last_words.get(topic, (b"", arrived))
        self._last_words[topic] = (payload, arrived)
        return words == payload and bool(payload) and timedelta(0) <= arrived - at < REPEAT

    def _is_new(self, reading: Reading) -> bool:
        """Whether it is not, by the device's own clock, the reading that was the last one already."""
        key, said = (reading.device, int(reading.metric)), (reading.at_ms, reading.value)
        if not reading.by_arrival and self._last_at.get(key) == said:
            return False
        self._last_at[key] = said
        return True
