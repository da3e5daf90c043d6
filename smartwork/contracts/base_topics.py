"""The base topics of a centre's devices besides the makers' default ones: `zigbee2mqtt=zigbee2mqtt-2,generic=knx`."""

import re
from collections.abc import Mapping

from smartwork.contracts.policy import Profile

BaseTopics = Mapping[Profile, tuple[str, ...]]
FAMILIES = (Profile.ZIGBEE2MQTT, Profile.HOMEASSISTANT, Profile.MILESIGHT, Profile.ELSYS, Profile.GENERIC)
"""Families whose owner chooses the base topic. The others have the topics of their makers."""
_BASE = re.compile(r"[\w.@-]+(?:/[\w.@-]+)*")
_RESERVED = ("sw", "smartwork", "cmnd", "homeassistant")
"""First levels of what edges and Home Assistant publish: a device that may publish there could command others."""


def parse_base_topics(text: str) -> BaseTopics:
    """The base topics in `text`, by family; none in an empty text. Raises ValueError that names the part that is wrong."""
    bases: dict[Profile, tuple[str, ...]] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, base = (each.strip() for each in part.partition("="))
        if not equals or name not in FAMILIES:
            raise ValueError(f"{part!r} is not FAMILY=BASE with one of the families {', '.join(FAMILIES)}")
        if not _BASE.fullmatch(base) or len(base) > 100:
            raise ValueError(f"the base topic in {part!r} is not made of letters, digits, '.', '-', '_', '@' and single '/'")
        if base.partition("/")[0] in _RESERVED:
            raise ValueError(f"the base topic in {part!r} begins with {base.partition('/')[0]!r}, which is not for devices")
        family = Profile(name)
        bases[family] = (*bases.get(family, ()), base)
    return bases
