"""A centre simulated in real time: people come and go at any hour, and every device publishes what it measures.

`step` is a pure function: it takes the state, the time and a random generator, and returns the next state and the messages.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from firmware_sim.ambient_sensors import (
    CLEAR_SKY_LUX,
    DEGREES_PER_PERSON,
    LAMP_LUX,
    OUTDOOR_CO2_PPM,
    co2_ppm_per_person,
    sine_of_sun_elevation,
)
from firmware_sim.demo_network import light_of
from firmware_sim.dialects.simulated_message import LampCommand, SimulatedMessage
from firmware_sim.dialects.zigbee2mqtt import encode_state
from firmware_sim.light_meters import STANDBY_SHARE
from smartwork.contracts.metrics import Metric
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Resource, Zone

STAY_MIN = (30.0, 240.0)
ABSENCE_MIN = (20.0, 240.0)
OCCUPIED_AT_START = 0.4
SHORTEST_REPORT_INTERVAL = timedelta(seconds=20)
WINDOW_SHARE = 0.008
"""Share of the daylight outside that reaches the desks."""
AIR_TIME_CONSTANT = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class SimulatedSeat:
    """How many people are at a resource, until when, and when its sensor next reports without a change."""

    people: int
    until: datetime
    report_at: datetime


@dataclass(frozen=True, slots=True)
class Lamp:
    """A zone's light: its level (0 is off), its meter in Wh, and its next report."""

    level: float
    energy_wh: float
    report_at: datetime


@dataclass(frozen=True, slots=True)
class Air:
    """A zone's air, and the next report of its sensor."""

    co2_ppm: float
    report_at: datetime


@dataclass(frozen=True, slots=True)
class LiveState:
    """The state of a centre at an instant."""

    at: datetime
    seats: Mapping[str, SimulatedSeat]  # by resource
    lamps: Mapping[str, Lamp]  # by zone
    airs: Mapping[str, Air]  # by zone


@dataclass(slots=True)
class LiveCentre:
    """A simulated centre; `speed` shortens stays, absences and the settling of the air: at 60 an hour takes a minute."""

    centre: Centre
    random: Random
    speed: float

    def start(self, now: datetime) -> LiveState:
        """A state in which some places are occupied already; the first step makes every device report."""
        seats = {}
        for resource in self.centre.resources:
            seat = self._next_seat(resource, self.random.random() < OCCUPIED_AT_START, now)
            elapsed = timedelta(seconds=self.random.random() * (seat.until - now).total_seconds())
            seats[resource.slug] = replace(seat, until=seat.until - elapsed, report_at=now)
        lamps = {zone.slug: Lamp(level=0.0, energy_wh=0.0, report_at=now) for zone in self.centre.zones}
        airs = {zone.slug: Air(OUTDOOR_CO2_PPM, now) for zone in self.centre.zones}
        return LiveState(now, seats, lamps, airs)

    def step(
        self, state: LiveState, now: datetime, commands: Mapping[str, LampCommand] | None = None
    ) -> tuple[LiveState, list[SimulatedMessage]]:
        """The state at `now` and the Zigbee2MQTT messages of its devices.

        `commands` are the newest commands to lamps since the last step, by zone. Presence is published on each change and
        at the sensor's interval; a light's state and meter on each command and at the light's interval.
        """
        seats, messages = self._step_seats(state, now)
        lamps, airs = dict(state.lamps), dict(state.airs)
        zones = {zone.slug: zone for zone in self.centre.zones}
        for device in self.centre.devices:
            zone = zones.get(device.zone) if device.zone is not None else None
            if zone is None:
                continue
            people = sum(seats[r.slug].people for r in self.centre.resources if r.zone == zone.slug)
            if device.slug == light_of(zone.slug):
                command = (commands or {}).get(zone.slug)
                lamps[zone.slug], reports = self._step_lamp(device, zone, state, now, command)
                if reports:
                    messages.append(_light_message(device, zone, now, lamps[zone.slug]))
            else:
                airs[zone.slug], reports = self._step_air(device, zone, state, now, people)
                if reports:
                    messages.append(self._ambient_message(device, now, airs[zone.slug], people, lamps[zone.slug]))
        return LiveState(now, seats, lamps, airs), messages

    def _step_seats(self, state: LiveState, now: datetime) -> tuple[dict[str, SimulatedSeat], list[SimulatedMessage]]:
        sensor_of = {device.resource: device for device in self.centre.devices if device.resource}
        seats = dict(state.seats)
        messages: list[SimulatedMessage] = []
        for resource in self.centre.resources:
            seat = seats[resource.slug]
            changed = now >= seat.until
            if changed:
                seat = self._next_seat(resource, seat.people == 0, now)
            if changed or now >= seat.report_at:
                sensor = sensor_of[resource.slug]
                seat = replace(seat, report_at=now + timedelta(seconds=sensor.interval_s))
                messages.append(self._presence_message(sensor, now, seat))
            seats[resource.slug] = seat
        return seats, messages

    def _next_seat(self, resource: Resource, occupied: bool, now: datetime) -> SimulatedSeat:
        minutes = self.random.uniform(*(STAY_MIN if occupied else ABSENCE_MIN)) / self.speed
        people = 0 if not occupied else 1 if resource.kind == "desk" else self.random.randint(2, resource.seats)
        return SimulatedSeat(people, now + timedelta(minutes=minutes), now)

    def _report_interval(self, device: Device) -> timedelta:
        return max(SHORTEST_REPORT_INTERVAL, timedelta(seconds=device.interval_s) / max(self.speed, 1.0))

    def _step_lamp(
        self, device: Device, zone: Zone, state: LiveState, now: datetime, command: LampCommand | None
    ) -> tuple[Lamp, bool]:
        """The lamp after `command`, with the energy used since the last step, and whether it reports now."""
        lamp = state.lamps[zone.slug]
        used_wh = _power_w(zone, lamp.level) * (now - state.at).total_seconds() / 3600
        level = lamp.level if command is None else command.commanded_level
        reports = command is not None or now >= lamp.report_at
        report_at = now + self._report_interval(device) if reports else lamp.report_at
        return Lamp(level, lamp.energy_wh + used_wh, report_at), reports

    def _step_air(self, device: Device, zone: Zone, state: LiveState, now: datetime, people: int) -> tuple[Air, bool]:
        """The air at `now`, nearer to its equilibrium with `people` in the zone, and whether its sensor reports now."""
        air = state.airs[zone.slug]
        equilibrium_ppm = OUTDOOR_CO2_PPM + people * co2_ppm_per_person(zone)
        settled = 1 - math.exp(-(now - state.at) * self.speed / AIR_TIME_CONSTANT)
        co2_ppm = air.co2_ppm + (equilibrium_ppm - air.co2_ppm) * settled
        reports = now >= air.report_at
        return Air(co2_ppm, now + self._report_interval(device) if reports else air.report_at), reports

    def _presence_message(self, device: Device, now: datetime, seat: SimulatedSeat) -> SimulatedMessage:
        of_device = Random(device.address)
        values = {
            Metric.PRESENCE: float(seat.people > 0),
            Metric.LINK_QUALITY: float(min(255, of_device.randint(60, 200) + self.random.randint(0, 30))),
            Metric.BATTERY_PCT: float(of_device.randint(55, 100)),
        }
        return encode_state(device.address, now, values)

    def _ambient_message(self, device: Device, now: datetime, air: Air, people: int, lamp: Lamp) -> SimulatedMessage:
        sun = sine_of_sun_elevation(round(now.timestamp() * 1000), self.centre.latitude, self.centre.longitude)
        daylight = max(0.0, sun) * CLEAR_SKY_LUX * WINDOW_SHARE * self.random.uniform(0.4, 0.5)
        values = {
            Metric.ILLUMINANCE_LUX: float(round(daylight + LAMP_LUX * lamp.level)),
            Metric.CO2_PPM: float(round(air.co2_ppm + self.random.uniform(-5, 5))),
            Metric.TEMPERATURE_C: round(20.5 + people * DEGREES_PER_PERSON + self.random.uniform(-0.1, 0.1), 1),
            Metric.HUMIDITY_PCT: round(43 + people * 0.3 + self.random.uniform(-1, 1), 1),
        }
        return encode_state(device.address, now, values)


def _power_w(zone: Zone, level: float) -> float:
    return round(zone.light_power_w * max(level, STANDBY_SHARE), 1)


def _light_message(device: Device, zone: Zone, now: datetime, lamp: Lamp) -> SimulatedMessage:
    values = {
        Metric.LIGHT_ON: float(lamp.level > 0),
        Metric.LIGHT_LEVEL: lamp.level,
        Metric.POWER_W: _power_w(zone, lamp.level),
        Metric.ENERGY_WH: round(lamp.energy_wh, 3),
    }
    return encode_state(device.address, now, values)
