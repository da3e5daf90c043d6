"""Home Assistant's device-based MQTT discovery: the retained messages by which a centre appears there by itself.

They are published on `homeassistant/device/<id>/config`, as the documentation of its MQTT integration says; states are
published on our own topics, `smartwork/<centre>/…`. No clock, no I/O.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smartwork.contracts.policy import DeviceEntry

STATUS_TOPIC = "homeassistant/status"
"""Home Assistant publishes `online` here when it has started (its birth message)."""
CONFIG_FILTER = "homeassistant/device/+/config"
ONLINE, OFFLINE = b"online", b"offline"
BRIGHTEST = 255
_ORIGIN = "Smartwork"


@dataclass(frozen=True, slots=True)
class WatchedPlace:
    """A desk or room that sensors watch, or a zone with sensors that watch no single desk or room."""

    kind: str
    slug: str
    zone: str | None
    sensors: tuple[DeviceEntry, ...]


def watched_places(devices: Sequence[DeviceEntry]) -> list[WatchedPlace]:
    """What the presence sensors watch, in the registry's order. Sensors without resource and zone are left out."""
    sensors_by_place: dict[tuple[str, str], list[DeviceEntry]] = {}
    for entry in devices:
        if entry.role != "presence":
            continue
        if entry.resource:
            sensors_by_place.setdefault(("resource", entry.resource), []).append(entry)
        elif entry.zone:
            sensors_by_place.setdefault(("zone", entry.zone), []).append(entry)
    return [WatchedPlace(kind, slug, sensors[0].zone, tuple(sensors)) for (kind, slug), sensors in sensors_by_place.items()]


def lights(devices: Sequence[DeviceEntry]) -> list[DeviceEntry]:
    """The lights of the registry."""
    return [entry for entry in devices if entry.role == "light"]


class CentreTopics:
    """The topics of one centre's entities."""

    def __init__(self, centre: str) -> None:
        self._root = f"smartwork/{centre}"
        self.availability = f"{self._root}/gateway/availability"
        self.gateway = f"{self._root}/gateway/state"
        self.not_understood = f"{self._root}/gateway/not-understood"
        self.commands = f"{self._root}/light/+/set"

    def place(self, place: WatchedPlace) -> str:
        """The topic of a place's occupancy."""
        return f"{self._root}/{place.kind}/{place.slug}/occupancy"

    def light(self, device: str) -> str:
        """The topic of a light's state."""
        return f"{self._root}/light/{device}/state"

    def command(self, device: str) -> str:
        """The topic on which Home Assistant commands a light."""
        return f"{self._root}/light/{device}/set"

    def commanded_device(self, topic: str) -> str | None:
        """The light that a command topic names, or None if it is not one of this centre's command topics."""
        before, after = f"{self._root}/light/", "/set"
        if not (topic.startswith(before) and topic.endswith(after)):
            return None
        return topic[len(before) : -len(after)]


def config_prefix(centre: str) -> str:
    """The prefix of this centre's discovery topics. No other centre has it, because a slug contains no underscore."""
    return f"homeassistant/device/smartwork_{centre}_"


def configs(centre: str, devices: Sequence[DeviceEntry], version: str) -> dict[str, bytes]:
    """Discovery topic to payload, for the gateway and for each desk, room, zone and light of the registry.

    `version` is the software's; Home Assistant shows it as the origin of the entities.
    """
    topics = CentreTopics(centre)
    gateway = f"smartwork_{centre}_gateway"
    shared = {
        "origin": {"name": _ORIGIN, "sw_version": version},
        "availability": [{"topic": topics.availability}],
    }
    by_id = {gateway: _gateway_config(centre, gateway, topics, version)}
    for place in watched_places(devices):
        name = f"smartwork_{centre}_{place.kind}_{place.slug}"
        components = {"occupancy": _occupancy_component(name, topics.place(place))}
        by_id[name] = _device_config(name, place.slug, "Occupancy", place.zone, gateway, components)
    for light in lights(devices):
        name = f"smartwork_{centre}_light_{light.device}"
        components = {"light": _light_component(name, topics.light(light.device), topics.command(light.device))}
        by_id[name] = _device_config(name, light.device, light.model or "Light", light.zone, gateway, components)
    return {f"homeassistant/device/{name}/config": json.dumps(shared | config).encode() for name, config in by_id.items()}


def _occupancy_component(name: str, state_topic: str) -> dict[str, object]:
    return {
        "platform": "binary_sensor",
        "unique_id": f"{name}_occupancy",
        "default_entity_id": f"binary_sensor.{_object_id(name)}_occupancy",
        "device_class": "occupancy",
        "state_topic": state_topic,
    }


def _light_component(name: str, state_topic: str, command_topic: str) -> dict[str, object]:
    return {
        "platform": "light",
        "schema": "json",
        "unique_id": f"{name}_light",
        "default_entity_id": f"light.{_object_id(name)}",
        "name": None,
        "state_topic": state_topic,
        "command_topic": command_topic,
        "supported_color_modes": ["brightness"],
        "brightness": True,
        "brightness_scale": BRIGHTEST,
    }


_GATEWAY_COMPONENTS: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    (
        "binary_sensor",
        "network",
        {
            "name": "Network",
            "device_class": "connectivity",
            "value_template": "{{ 'ON' if value_json.network else 'OFF' }}",
        },
    ),
    (
        "sensor",
        "outbox",
        {
            "name": "Outbox",
            "unit_of_measurement": "readings",
            "state_class": "measurement",
            "value_template": "{{ value_json.outbox }}",
        },
    ),
    (
        "sensor",
        "confirmed",
        {"name": "Last confirmation", "device_class": "timestamp", "value_template": "{{ value_json.confirmed }}"},
    ),
    ("sensor", "policy", {"name": "Policy version", "value_template": "{{ value_json.policy }}"}),
)
"""Platform, field of the gateway's state (see GatewayHealth), and configuration of each diagnostic entity."""


def _gateway_config(centre: str, name: str, topics: CentreTopics, version: str) -> dict[str, object]:
    components = {"online": _online_component(name, topics.availability)}
    for platform, field, config in _GATEWAY_COMPONENTS:
        components[field] = _diagnostic_component(name, platform, field, topics.gateway, config)
    components["not_understood"] = _not_understood_component(name, topics.not_understood)
    return {
        "device": {
            "identifiers": [name],
            "name": f"Gateway {_display_name(centre)}",
            "manufacturer": _ORIGIN,
            "model": "Gateway",
            "sw_version": version,
        },
        "components": components,
    }


def _online_component(name: str, availability_topic: str) -> dict[str, object]:
    """Whether the gateway runs. It has no availability itself: a gateway that is away is off, not unavailable."""
    config = {
        "name": "Online",
        "device_class": "running",
        "payload_on": ONLINE.decode(),
        "payload_off": OFFLINE.decode(),
        "availability": [],
    }
    return _diagnostic_component(name, "binary_sensor", "online", availability_topic, config)


def _not_understood_component(name: str, topic: str) -> dict[str, object]:
    """How many fields of devices are not understood; the attributes have the counts by device and field."""
    config = {
        "name": "Not understood",
        "unit_of_measurement": "fields",
        "state_class": "measurement",
        "value_template": "{{ value_json.fields }}",
        "json_attributes_topic": topic,
        "json_attributes_template": "{{ value_json.devices | tojson }}",
    }
    return _diagnostic_component(name, "sensor", "not_understood", topic, config)


def _diagnostic_component(
    name: str, platform: str, field: str, state_topic: str, config: Mapping[str, object]
) -> dict[str, object]:
    return {
        "platform": platform,
        "unique_id": f"{name}_{field}",
        "default_entity_id": f"{platform}.{_object_id(name)}_{field}",
        "entity_category": "diagnostic",
        "state_topic": state_topic,
        **config,
    }


def _device_config(
    name: str, slug: str, model: str, zone: str | None, gateway: str, components: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    device: dict[str, object] = {
        "identifiers": [name],
        "name": _display_name(slug),
        "manufacturer": _ORIGIN,
        "model": model,
        "via_device": gateway,
    }
    if zone:
        device["suggested_area"] = _display_name(zone)
    return {"device": device, "components": components}


def _display_name(slug: str) -> str:
    """A slug as people read it: `desk-12` as `Desk 12`."""
    return slug.replace("-", " ").strip().capitalize()


def _object_id(name: str) -> str:
    return name.replace("-", "_")
