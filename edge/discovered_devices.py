"""Discovered devices: which family a device that is in no registry probably belongs to, and when to report it."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.adapters import homeassistant, zigbee2mqtt
from edge.adapters.families import ADAPTERS
from edge.report_timing import REPUBLISH, interval_passed
from smartwork.contracts.base_topics import BaseTopics
from smartwork.contracts.edge_reports import DISCOVERED_DEVICES_LIMIT, DiscoveredDevice, DiscoveredDevices
from smartwork.contracts.policy import Profile

TOPIC_FILTERS = (
    "zigbee2mqtt/#",
    "tele/+/+",
    "stat/+/+",
    "+/events/rpc",
    "+/status/+",
    "+/online",
    "+/status",
    "+/+/+/state",
    "application/+/device/+/event/+",
    "v3/+/devices/+/up",
    "homeassistant/+/+/state",
    "shellies/#",
)
"""What to subscribe to on the centre's broker, so that devices of every family with topics of its own are discovered."""
_BELOW_BASE = {Profile.HOMEASSISTANT: "+/+/state"}
"""What to subscribe to below another base topic, by family; without an entry everything."""
MIN_INTERVAL = timedelta(seconds=10)
"""A report with new devices is published no more often than this."""
_BY_TOPIC = (
    Profile.ZIGBEE2MQTT,
    Profile.CHIRPSTACK,
    Profile.TTN,
    Profile.HOMEASSISTANT,
    Profile.TASMOTA,
    Profile.SHELLY,
    Profile.ESPHOME,
)
"""Families that are recognised by their topics, the most specific topics first."""
_NOT_DEVICES = {"homeassistant/status"}
"""Topics of programs that look like a device's."""
_LONGEST_ADDRESS, _LONGEST_TOPIC = 200, 500


@dataclass(frozen=True, slots=True)
class ProbableDevice:
    """A family, and the address under which the device would be registered."""

    profile: Profile
    address: str


def topic_filters(bases: BaseTopics) -> tuple[str, ...]:
    """What to subscribe to on the broker of a centre with these base topics besides the default ones."""
    own = [f"{base}/{_BELOW_BASE.get(profile, '#')}" for profile, names in bases.items() for base in names]
    return (*TOPIC_FILTERS, *own)


def identify(topic: str, bases: BaseTopics | None = None) -> ProbableDevice | None:
    """The device that probably publishes on a topic, or None if it is no device's."""
    if topic in _NOT_DEVICES:
        return None
    for profile, names in (bases or {}).items():
        if any(topic.startswith(f"{base}/") for base in names):
            address = ADAPTERS[profile].address_of(topic)
            return ProbableDevice(profile, address) if address else None
    for profile in _BY_TOPIC:
        address = ADAPTERS[profile].address_of(topic)
        if address and _is_typical(profile, topic):
            return ProbableDevice(profile, address)
    return None


def _is_typical(profile: Profile, topic: str) -> bool:
    """Whether a topic is probably of a family whose owners may choose any base topic."""
    if profile is Profile.ZIGBEE2MQTT:
        return zigbee2mqtt.is_typical(topic)
    return profile is not Profile.HOMEASSISTANT or topic.startswith(homeassistant.BASE)


class DeviceDiscovery:
    """The devices discovered most recently. They are reported soon after a new one appears, and again after REPUBLISH."""

    def __init__(self, bases: BaseTopics | None = None) -> None:
        self._bases = bases or {}
        self._devices: OrderedDict[tuple[str, str], DiscoveredDevice] = OrderedDict()
        self._published_at: datetime | None = None
        self._changed = False

    def add(self, topic: str, now: datetime) -> None:
        """Add the device of a message on `topic`, which belongs to no registered device."""
        identity = identify(topic, self._bases)
        if identity is None or len(identity.address) > _LONGEST_ADDRESS or len(topic) > _LONGEST_TOPIC:
            return
        key = (identity.profile.value, identity.address)
        self._changed = self._changed or key not in self._devices
        self._devices[key] = DiscoveredDevice(
            profile=identity.profile, address=identity.address, topic=topic, last_ms=_ms(now)
        )
        self._devices.move_to_end(key)
        if len(self._devices) > DISCOVERED_DEVICES_LIMIT:
            self._devices.popitem(last=False)

    def clear(self) -> None:
        """Forget all devices, because a new registry may contain them."""
        self._changed = self._changed or bool(self._devices)
        self._devices.clear()

    def pending_report(self, now: datetime) -> DiscoveredDevices | None:
        """The report to publish now, newest device first, or None."""
        interval = MIN_INTERVAL if self._changed else REPUBLISH
        if not (self._devices or self._changed) or not interval_passed(self._published_at, now, interval):
            return None
        self._changed, self._published_at = False, now
        return DiscoveredDevices(reported_ms=_ms(now), devices=list(reversed(self._devices.values())))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
