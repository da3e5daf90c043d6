"""One module per device family: readings to device messages, light commands understood."""

from collections.abc import Callable, Mapping
from datetime import datetime

from firmware_sim.dialects import chirpstack, elsys, esphome, homeassistant, milesight, shelly, tasmota, ttn, zigbee2mqtt
from firmware_sim.dialects.said import Order, Said
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile

Speak = Callable[[str, datetime, Mapping[Metric, float]], list[Said]]

SPEAKERS: dict[Profile, Speak] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.speak,
    Profile.TASMOTA: tasmota.speak,
    Profile.SHELLY: shelly.speak,
    Profile.ESPHOME: esphome.speak,
    Profile.CHIRPSTACK: chirpstack.speak,
    Profile.TTN: ttn.speak,
    Profile.MILESIGHT: milesight.speak,
    Profile.ELSYS: elsys.speak,
    Profile.HOMEASSISTANT: homeassistant.speak,
}
EARS: dict[Profile, Callable[[str], list[str]]] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.ears,
    Profile.TASMOTA: tasmota.ears,
    Profile.SHELLY: shelly.ears,
    Profile.ESPHOME: esphome.ears,
}
OBEYS: dict[Profile, Callable[[str, str, bytes], Order | None]] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.obey,
    Profile.TASMOTA: tasmota.obey,
    Profile.SHELLY: shelly.obey,
    Profile.ESPHOME: esphome.obey,
}
