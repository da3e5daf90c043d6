"""What is said to Home Assistant so that a centre appears there by itself: device-based MQTT discovery.

Retained on `homeassistant/device/<id>/config`, as in Home Assistant's public documentation of its MQTT integration; the
states are said on topics of ours, `smartwork/<centre>/…`. No clock, no I/O.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smartwork.contracts.policy import DeviceEntry

STATUS = "homeassistant/status"
"""Where Home Assistant says `online` once it listens (its birth message)."""
CONFIGS = "homeassistant/device/+/config"
ONLINE, OFFLINE = b"online", b"offline"
BRIGHTEST = 255
_ORIGIN = "Smartwork"


@dataclass(frozen=True, slots=True)
class Place:
    """A desk or room that sensors watch, or a zone where a sensor watches nothing smaller."""

    kind: str
    slug: str
    zone: str | None
    sensors: tuple[DeviceEntry, ...]


def places(devices: Sequence[DeviceEntry]) -> list[Place]:
    """What the presence sensors watch, in the order of the registry; a sensor without resource and zone watches nothing."""
    found: dict[tuple[str, str], list[DeviceEntry]] = {}
    for entry in devices:
        if entry.role != "presence":
            continue
        if entry.resource:
            found.setdefault(("resource", entry.resource), []).append(entry)
        elif entry.zone:
            found.setdefault(("zone", entry.zone), []).append(entry)
    return [Place(kind, slug, sensors[0].zone, tuple(sensors)) for (kind, slug), sensors in found.items()]


def lamps(devices: Sequence[DeviceEntry]) -> list[DeviceEntry]:
    """The lights of the registry."""
    return [entry for entry in devices if entry.role == "light"]


class Topics:
    """The topics of one centre under our prefix."""

    def __init__(self, centre: str) -> None:
        self._root = f"smartwork/{centre}"
        self.availability = f"{self._root}/gateway/availability"
        self.gateway = f"{self._root}/gateway/state"
        self.commands = f"{self._root}/light/+/set"

    def place(self, place: Place) -> str:
        """Where the occupancy of a desk, room or zone is said."""
        return f"{self._root}/{place.kind}/{place.slug}/occupancy"

    def light(self, device: str) -> str:
        """Where a lamp's state is said."""
        return f"{self._root}/light/{device}/state"

    def command(self, device: str) -> str:
        """Where Home Assistant says what a person wants of a lamp."""
        return f"{self._root}/light/{device}/set"

    def commanded(self, topic: str) -> str | None:
        """The lamp that a command topic names, or None where it is none of ours."""
        before, after = f"{self._root}/light/", "/set"
        if not (topic.startswith(before) and topic.endswith(after)):
            return None
        return topic[len(before) : -len(after)]


def config_prefix(centre: str) -> str:
    """How the discovery topics of this centre begin, and no other's: a slug holds no underscore."""
    return f"homeassistant/device/smartwork_{centre}_"


def configs(centre: str, devices: Sequence[DeviceEntry], version: str) -> dict[str, bytes]:
    """Discovery topic to payload, for the gateway itself and every desk, room, zone and light of the registry.

    `version` is that of the software, which Home Assistant shows as the origin of the entities.
    """
    topics = Topics(centre)
    gateway = f"smartwork_{centre}_gateway"
    shared = {
        "origin": {"name": _ORIGIN, "sw_version": version},
        "availability": [{"topic": topics.availability}],
    }
    devices_of = [(gateway, _gateway(centre, gateway, topics, version))]
    for place in places(devices):
        name = f"smartwork_{centre}_{place.kind}_{place.slug}"
        occupancy = {
            "platform": "binary_sensor",
            "unique_id": f"{name}_occupancy",
            "default_entity_id": f"binary_sensor.{_object_id(name)}_occupancy",
            "device_class": "occupancy",
            "state_topic": topics.place(place),
        }
        devices_of.append((name, _part(name, place.slug, "Occupancy", place.zone, gateway, {"occupancy": occupancy})))
    for lamp in lamps(devices):
        name = f"smartwork_{centre}_light_{lamp.device}"
        light: dict[str, object] = {
            "platform": "light",
            "schema": "json",
            "unique_id": f"{name}_light",
            "default_entity_id": f"light.{_object_id(name)}",
            "name": None,
            "state_topic": topics.light(lamp.device),
            "command_topic": topics.command(lamp.device),
            "supported_color_modes": ["brightness"],
            "brightness": True,
            "brightness_scale": BRIGHTEST,
        }
        devices_of.append((name, _part(name, lamp.device, lamp.model or "Light", lamp.zone, gateway, {"light": light})))
    return {f"homeassistant/device/{name}/config": json.dumps(shared | config).encode() for name, config in devices_of}


def _gateway(centre: str, name: str, topics: Topics, version: str) -> dict[str, object]:
    def diagnostic(platform: str, what: str, said: Mapping[str, object]) -> dict[str, object]:
        return {
            "platform": platform,
            "unique_id": f"{name}_{what}",
            "default_entity_id": f"{platform}.{_object_id(name)}_{what}",
            "entity_category": "diagnostic",
            "state_topic": topics.gateway,
            **said,
        }

    yes_or_no = "{{{{ 'ON' if value_json.{} else 'OFF' }}}}"
    return {
        "device": {
            "identifiers": [name],
            "name": f"Gateway {_spoken(centre)}",
            "manufacturer": _ORIGIN,
            "model": "Gateway",
            "sw_version": version,
        },
        "components": {
            "online": diagnostic(
                "binary_sensor",
                "online",
                {
                    "name": "Online",
                    "device_class": "running",
                    "state_topic": topics.availability,
                    "payload_on": ONLINE.decode(),
                    "payload_off": OFFLINE.decode(),
                    "availability": [],  # that it is away is what it says: off, not unavailable
                },
            ),
            "network": diagnostic(
                "binary_sensor",
                "network",
                {"name": "Network", "device_class": "connectivity", "value_template": yes_or_no.format("network")},
            ),
            "outbox": diagnostic(
                "sensor",
                "outbox",
                {
                    "name": "Outbox",
                    "unit_of_measurement": "readings",
                    "state_class": "measurement",
                    "value_template": "{{ value_json.outbox }}",
                },
            ),
            "confirmed": diagnostic(
                "sensor",
                "confirmed",
                {
                    "name": "Last confirmation",
                    "device_class": "timestamp",
                    "value_template": "{{ value_json.confirmed }}",
                },
            ),
            "policy": diagnostic("sensor", "policy", {"name": "Policy version", "value_template": "{{ value_json.policy }}"}),
        },
    }


def _part(
    name: str, slug: str, model: str, zone: str | None, gateway: str, components: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    device: dict[str, object] = {
        "identifiers": [name],
        "name": _spoken(slug),
        "manufacturer": _ORIGIN,
        "model": model,
        "via_device": gateway,
    }
    if zone:
        device["suggested_area"] = _spoken(zone)
    return {"device": device, "components": components}


def _spoken(slug: str) -> str:
    """A slug as people read it: `desk-12` as `Desk 12`."""
    return slug.replace("-", " ").strip().capitalize()


def _object_id(name: str) -> str:
    return name.replace("-", "_")
