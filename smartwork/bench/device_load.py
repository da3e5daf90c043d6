"""Load from tens of thousands of devices in one process: `python -m smartwork.bench.device_load --devices 20000`.

Each device publishes once an interval, at its own offset, in the format of its family. The same seed gives the same messages.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from firmware_sim.dialects import ENCODERS
from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork import clock
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.errors import InputError, SmartworkError
from smartwork.settings import SimulatorSettings
from smartwork.transport.mqtt import MqttClient

PRESENT_SHARE = 0.4
LATE_S = 1.0
_TIMEOUT_S = 30.0
_REPORT_EVERY_S = 5.0
_WINDOW = 1_000
"""Messages after which the broker must have taken the latest one."""
_ADDRESSES: dict[Profile, str] = {
    Profile.ZIGBEE2MQTT: "zigbee2mqtt/desk-{}",
    Profile.TASMOTA: "desk-{}",
    Profile.ESPHOME: "desk-{}",
    Profile.CHIRPSTACK: "application/load/device/{:016x}",
    Profile.TTN: "v3/load@smartwork/devices/desk-{}",
    Profile.MILESIGHT: "milesight/{:016x}",
}


@dataclass(frozen=True, slots=True)
class DeviceSlot:
    """One device of the load: its family, its address, and its offset in each interval, in seconds."""

    profile: Profile
    address: str
    offset_s: float


def device_slots(devices: int, interval_s: float, seed: int) -> list[DeviceSlot]:
    """The slots of `devices` presence sensors of all families, in the order in which they publish."""
    random = Random(f"{seed}/slots")
    families = list(_ADDRESSES)
    slots = [
        DeviceSlot(family := families[i % len(families)], _ADDRESSES[family].format(i), random.random() * interval_s)
        for i in range(devices)
    ]
    return sorted(slots, key=lambda slot: (slot.offset_s, slot.address))


def schedule(
    slots: list[DeviceSlot], start: datetime, interval_s: float, seed: int
) -> Iterator[tuple[float, list[SimulatedMessage]]]:
    """The messages with the second after `start` at which they are due, in order of time, without end."""
    random = Random(f"{seed}/values")
    offset_s = 0.0
    while slots:
        for slot in slots:
            due = offset_s + slot.offset_s
            values = {Metric.PRESENCE: float(random.random() < PRESENT_SHARE), Metric.BATTERY_PCT: 80.0}
            yield due, ENCODERS[slot.profile](slot.address, start + timedelta(seconds=due), values)
        offset_s += interval_s


def main(arguments: list[str]) -> int:
    """Publish until stopped. Returns the exit status: 0 if stopped by a signal or done, 1 after printing an error."""
    parser = argparse.ArgumentParser(prog="python -m smartwork.bench.device_load", description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000, help="number of presence sensors (10000)")
    parser.add_argument("--interval", type=float, default=60.0, metavar="S", help="seconds between messages of a device (60)")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S", help="seconds after which to stop; 0: never (0)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same messages (1)")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        if options.devices < 1 or not options.interval > 0 or options.seconds < 0:
            raise InputError("--devices must be 1 or more, --interval above 0, --seconds 0 or more")
        slots = device_slots(options.devices, options.interval, options.seed)
        _publish(slots, options.interval, options.seconds or float("inf"), options.seed, stop)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _publish(slots: list[DeviceSlot], interval_s: float, seconds: float, seed: int, stop: threading.Event) -> None:
    url = SimulatorSettings.from_env(os.environ).broker_url
    with MqttClient(url, "device-load", report=lambda text: print(text, file=sys.stderr)) as client:
        client.wait_connected(_TIMEOUT_S)
        began, published, behind, reported_at = monotonic(), 0, 0.0, 0.0
        for due, messages in schedule(slots, clock.now(), interval_s, seed):
            at = monotonic() - began
            if at >= seconds or stop.is_set():
                break
            if due > at and stop.wait(due - at):
                break
            behind = max(behind, at - due)
            for message in messages:
                last = client.publish(message.topic, message.payload, retain=message.retain)
                published += 1
                if published % _WINDOW == 0:
                    last.wait_for_publish(_TIMEOUT_S)
            if at - reported_at >= _REPORT_EVERY_S:
                reported_at = at
                print(f"{len(slots):,} devices, {published / at:,.0f} messages/s", file=sys.stderr)
        took = monotonic() - began
        print(
            f"{len(slots):,} devices published {published:,} messages in {took:.1f} s, {published / took:,.0f} a second",
            file=sys.stderr,
        )
        if behind > LATE_S:
            print(f"Messages were up to {behind:.1f} s late: this machine publishes no faster.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
